import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Template } from 'aws-cdk-lib/assertions';
import { FUNCTIONS } from '../../bin/bundle';
import { bundleOf, type FunctionName } from '../../lib/functions';
import { resolve } from './arns';
import { addStack, type Context, newApp } from './template';

export const NAMES = Object.keys(FUNCTIONS) as FunctionName[];

// biome-ignore lint/suspicious/noExplicitAny: resources are of all shapes
export type Resources = Record<string, { readonly Type: string; readonly Properties: any }>;

/** A function of a variant that runs one of our bundles. */
export interface OurFunction {
  readonly name: FunctionName;
  readonly handler: string;
  readonly environment: Readonly<Record<string, string>>;
  /** The logical id of its role. */
  readonly role: string;
  readonly resources: Resources;
}

/** The functions of a variant, by the code that is deployed. Those of the CDK itself are left out. */
export function functionsIn(context: Context): OurFunction[] {
  const app = newApp(context);
  const stack = addStack(app);
  const { directory } = app.synth();
  const template = Template.fromStack(stack);
  const resources = template.toJSON().Resources as Resources;
  const functions = Object.values(resources).filter(({ Type }) => Type === 'AWS::Lambda::Function');
  return functions.flatMap(({ Properties: { Code, Handler, Environment, Role } }) => {
    const name = nameOf(join(directory, `asset.${String(Code.S3Key).replace(/\.zip$/, '')}`, 'index.js'));
    if (!name) return [];
    const environment = resolve(template, Environment?.Variables ?? {}) as OurFunction['environment'];
    return [{ name, handler: Handler, environment, role: Role['Fn::GetAtt'][0], resources }];
  });
}

const CODE = NAMES.map((name) => [name, readFileSync(join(bundleOf(name), 'index.js'))] as const);

function nameOf(file: string): FunctionName | undefined {
  if (!existsSync(file)) return undefined;
  const deployed = readFileSync(file);
  return CODE.find(([, code]) => code.equals(deployed))?.[0];
}
