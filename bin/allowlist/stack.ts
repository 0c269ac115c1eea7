import { DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { GetCallerIdentityCommand, type STSClient } from '@aws-sdk/client-sts';
import { commandLine } from '../../lambda/shared/command';
import { CommandError } from './errors';
import type { Session } from './session';

/** A deployed stack of this project. */
export interface Stack {
  readonly name: string;
  readonly account: string;
  /** The AWS Region. */
  readonly region: string;
  /** @throws CommandError when the stack has no such output */
  output(key: string): string;
}

/**
 * Finds a stack by its name.
 *
 * @throws CommandError with the searched account and Region, if there is none
 */
export async function findStack(name: string, { cloudFormation, sts }: Session): Promise<Stack> {
  const { Stacks } = await cloudFormation
    .send(new DescribeStacksCommand({ StackName: name }))
    .catch(async (error: unknown) => {
      if (!isMissing(error)) throw error;
      throw new CommandError(await formatMissing(name, sts, await cloudFormation.config.region()));
    });
  const { StackId = '', StackStatus, Outputs = [] } = Stacks?.[0] ?? {};
  const [, , , region = '', account = ''] = StackId.split(':');
  const outputs = new Map(Outputs.map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue]));
  const output = (key: string) => {
    const value = outputs.get(key);
    if (value) return value;
    throw new CommandError(
      `Stack ${name} (${StackStatus}) has no output ${key}. Nothing was done. If it is a stack of this project, deploy it ` +
        'again with this version; if not, pass the right one with --stack',
    );
  };
  return { name, account, region, output };
}

/** The command to type: `npx intercom-allowlist sync`. */
export function commandFor({ name }: Stack, command: string): string {
  return commandLine(name, command);
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && error.name === 'ValidationError' && error.message.includes('does not exist');
}

async function formatMissing(name: string, sts: STSClient, region: string): Promise<string> {
  const identity = await sts.send(new GetCallerIdentityCommand({})).catch(() => undefined);
  return (
    `No stack ${name} in account ${identity?.Account ?? 'of these credentials'}, AWS Region ${region}. Nothing was done. ` +
    'Pass another --stack, --region or --profile, or deploy the stack first'
  );
}
