import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { FUNCTIONS, ROOT } from '../../bin/bundle';
import type { FunctionName } from '../../lib/functions';
import { functionsIn, NAMES, type Resources } from './our-functions';
import type { Context } from './template';

/** IAM's prefix of the actions of each client, where it is not the client's own name. */
const PREFIXES: Readonly<Record<string, string>> = {
  'elastic-load-balancing-v2': 'elasticloadbalancing',
  'cloudwatch-logs': 'logs',
  eventbridge: 'events',
  'resource-groups-tagging-api': 'tag',
  'secrets-manager': 'secretsmanager',
};

/** The operation of DynamoDB behind each command of the document client. */
const DOCUMENT_COMMANDS: Readonly<Record<string, string>> = {
  Put: 'PutItem',
  Get: 'GetItem',
  Update: 'UpdateItem',
  Delete: 'DeleteItem',
  Query: 'Query',
  Scan: 'Scan',
};

/** Actions that are not named like the operation. */
const ACTIONS: Readonly<Record<string, string>> = {
  'api-gateway:GetRestApi': 'apigateway:GET',
  'api-gateway:GetStages': 'apigateway:GET',
  'lambda:Invoke': 'lambda:InvokeFunction',
};

/** The source files whose code is in a bundle. */
function sourcesOf(name: FunctionName): string[] {
  const { metafile } = buildSync({
    absWorkingDir: ROOT,
    entryPoints: [FUNCTIONS[name]],
    bundle: true,
    platform: 'node',
    mainFields: ['module', 'main'],
    outdir: 'none',
    write: false,
    metafile: true,
  });
  const inputs = Object.values(metafile.outputs).flatMap((output) => Object.entries(output.inputs));
  return inputs.flatMap(([file, { bytesInOutput }]) => (file.startsWith('lambda/') && bytesInOutput > 0 ? [file] : []));
}

/** The actions that a source file needs: of the commands that it sends and the paginators that it uses. */
function actionsOf(file: string): string[] {
  const text = readFileSync(join(ROOT, file), 'utf8');
  const clients = [...text.matchAll(/'@aws-sdk\/client-([\w-]+)'/g)].map(([, client = '']) => client);
  const names = [...text.matchAll(/\bnew (\w+)Command\(|\bpaginate(\w+)\(/g)].map(
    ([, command, page]) => command ?? page,
  );
  return names.map((name = '') => actionOf(name, clients, text.includes('@aws-sdk/lib-dynamodb'), file));
}

function actionOf(name: string, clients: readonly string[], documents: boolean, file: string): string {
  const document = documents ? DOCUMENT_COMMANDS[name] : undefined;
  if (document) return `dynamodb:${document}`;
  const client = clients.find((one) =>
    existsSync(join(ROOT, 'node_modules', '@aws-sdk', `client-${one}`, 'dist-es', 'commands', `${name}Command.js`)),
  );
  if (!client) throw new Error(`${file} sends ${name}Command, which no AWS client that it imports has`);
  const action = `${PREFIXES[client] ?? client}:${name}`;
  return ACTIONS[action] ?? action;
}

/** The actions that each function needs, by its bundle. */
export function neededActions(): Record<FunctionName, Set<string>> {
  return Object.fromEntries(NAMES.map((name) => [name, new Set(sourcesOf(name).flatMap(actionsOf))])) as Record<
    FunctionName,
    Set<string>
  >;
}

/** The actions that each of our functions is allowed in a variant. */
export function allowedActions(context: Context): { name: FunctionName; allowed: Set<string> }[] {
  return functionsIn(context).map(({ name, role, resources }) => ({ name, allowed: actionsOfRole(resources, role) }));
}

function actionsOfRole(resources: Resources, role: string): Set<string> {
  const ofRole = ({ Type, Properties }: Resources[string]) =>
    /^AWS::IAM::(Managed)?Policy$/.test(Type) && Properties.Roles?.some(({ Ref }: { Ref: string }) => Ref === role);
  const policies = [
    ...Object.values(resources).filter(ofRole),
    ...(resources[role]?.Properties.Policies ?? []).map((Properties: object) => ({ Properties })),
  ];
  // biome-ignore lint/suspicious/noExplicitAny: as above
  const statements = policies.flatMap(({ Properties }: any) => Properties.PolicyDocument.Statement);
  return new Set(statements.flatMap(({ Action }: { Action: string | string[] }) => Action));
}
