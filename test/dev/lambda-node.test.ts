import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { ensureLambdaNode } from '../../dev/lambda-node';
import { bundleOf } from '../../lib/functions';
import { functionsIn } from '../lib/our-functions';
import { ALB_EVERY_KEY, EXISTING } from '../lib/template';

/** Prints the version, and fails if the file has no such function. */
const LOAD = `
  const [file, name] = process.argv.slice(1);
  if (typeof require(file)[name] !== 'function') throw new Error(name + ' is no function');
  console.log(process.versions.node);
`;

const FUNCTIONS = [ALB_EVERY_KEY, EXISTING].flatMap(functionsIn);

test.each(FUNCTIONS.map((one) => [one.name, one.handler, one] as const))(
  'on the Node.js that Lambda runs, the bundle %s loads and exports %s',
  async (name, handler, { environment }) => {
    const node = (await ensureLambdaNode()) ?? process.execPath;
    const [, exported = ''] = handler.split('.');
    const env = { ...environment, AWS_REGION: 'us-east-1', AWS_LAMBDA_FUNCTION_NAME: name };
    const output = execFileSync(node, ['-e', LOAD, join(bundleOf(name), 'index.js'), exported], { env });
    expect(output.toString()).toMatch(/^24\./);
  },
);
