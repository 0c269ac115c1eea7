import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { ensureVenv } from '../../../dev/python';

/** A member of a structure, or of a list or map, as botocore describes it. */
export interface Reference {
  readonly shape: string;
  readonly location?: 'uri' | 'querystring' | 'header' | 'headers' | 'statusCode';
  readonly locationName?: string;
  readonly queryName?: string;
}

export interface Shape {
  readonly type: string;
  readonly members?: Readonly<Record<string, Reference>>;
  readonly required?: readonly string[];
  readonly payload?: string;
  readonly member?: Reference;
  readonly key?: Reference;
  readonly value?: Reference;
  readonly flattened?: boolean;
  readonly min?: number;
  readonly max?: number;
  readonly pattern?: string;
  readonly enum?: readonly string[];
}

export interface Operation {
  readonly name: string;
  readonly http: { readonly method: string; readonly requestUri: string };
  readonly input?: { readonly shape: string };
}

/** botocore's description of a service, in the part that is about requests. */
export interface Model {
  readonly metadata: { readonly protocol: string };
  readonly operations: Readonly<Record<string, Operation>>;
  readonly shapes: Readonly<Record<string, Shape>>;
}

export type Models = (signingName: string) => Model | undefined;

/** Folders of botocore's that are not named as requests are signed. */
const FOLDERS: Readonly<Record<string, string>> = {
  elasticloadbalancing: 'elbv2',
  monitoring: 'cloudwatch',
  tagging: 'resourcegroupstaggingapi',
};

/** Reads the models of the installed botocore, each when it is needed first. */
export async function installedModels(): Promise<Models> {
  const lib = join(dirname(await ensureVenv('checks')), '..', 'lib');
  const [python = ''] = readdirSync(lib).filter((name) => name.startsWith('python3'));
  const data = join(lib, python, 'site-packages', 'botocore', 'data');
  const models = new Map<string, Model | undefined>();
  return (signingName) => {
    if (!models.has(signingName)) models.set(signingName, readModel(join(data, FOLDERS[signingName] ?? signingName)));
    return models.get(signingName);
  };
}

function readModel(folder: string): Model | undefined {
  if (!existsSync(folder)) return undefined;
  const newest = readdirSync(folder).sort().at(-1) ?? '';
  return JSON.parse(gunzipSync(readFileSync(join(folder, newest, 'service-2.json.gz'))).toString());
}
