import { Command, InvalidArgumentError } from 'commander';
import { PLAN_ID } from '../../lambda/core/plan/approval';
import { parseRange, type Range } from '../../lambda/core/ranges/range';
import { DEFAULT_STACK_NAME } from '../../lambda/shared/constants';
import { escapeControlChars } from '../../lambda/shared/text';
import { explain } from './commands/explain';
import { history } from './commands/history';
import { runSync } from './commands/run';
import { sendTest } from './commands/send-test';
import { status } from './commands/status';
import { type Deployment, type DeploymentOptions, openDeployment } from './deployment';
import { formatError } from './errors';
import { ExitCode, type Result } from './result';
import { terminalOptionsOf } from './terminal';

const EXIT_CODES = `
Exit codes: 0 fine, 1 error, 2 a plan has changes, 3 something awaits approval.
Credentials and AWS Region come from the usual AWS environment. \`--json\` prints the same as JSON.`;

interface GlobalOptions extends DeploymentOptions {
  readonly json?: boolean;
}

/** Runs the command line to its end. Whatever goes wrong is one message on standard error. */
export async function main(argv: readonly string[]): Promise<void> {
  // `allowlist history | head` closes the pipe early, which is no error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  await makeProgram().parseAsync(argv);
}

function makeProgram(): Command {
  const program = new Command('allowlist')
    .description("Shows and operates a deployed stack that keeps AWS allowlists equal to Intercom's published ranges.")
    .option('--stack <name>', 'the CloudFormation stack', DEFAULT_STACK_NAME)
    .option('--region <region>', 'the AWS Region (default: AWS_REGION or that of the profile)')
    .option('--profile <profile>', 'a profile of the AWS configuration (default: AWS_PROFILE)')
    .option('--json', 'print JSON')
    .configureHelp({ showGlobalOptions: true })
    .addHelpText('afterAll', EXIT_CODES);

  const add = (nameAndArgs: string, description: string) => program.command(nameAndArgs).description(description);
  add('status', 'show the ranges in force, pending removals, plans that await approval, and the last run').action(
    action(({ deployment, now }) => status(deployment, now)),
  );
  add(
    'plan',
    'show what a sync would do now, and write nothing. Exit code 2 if there are changes, 3 if something awaits approval',
  ).action(action(({ deployment }) => runSync(deployment, { mode: 'plan' })));
  add('sync', 'read the feeds and update every target now').action(
    action(({ deployment }) => runSync(deployment, { mode: 'apply' })),
  );
  add('approve', 'sync, and apply the plan that awaits approval')
    .argument('<planId>', 'as `status` or `plan` shows it', parsePlanId)
    .action(action(({ deployment }, approve: string) => runSync(deployment, { approve })));
  add('decline', 'sync, leave the plan that awaits approval alone, and silence its alarm')
    .argument('<planId>', 'as `status` or `plan` shows it', parsePlanId)
    .action(action(({ deployment }, decline: string) => runSync(deployment, { decline })));
  add('explain', 'show whether an address is allowed, by which entry and since when; or why not')
    .argument('<address>', 'an address or CIDR', parseAddress)
    .action(action(({ deployment, now }, range: Range) => explain(deployment, range, now)));
  add('history', 'show what changed, is pending or awaits approval')
    .option('--days <days>', 'how far to look back', parseDays, 30)
    .action(action(({ deployment, now }, { days }: { days: number }) => history(deployment, days, now)));
  add('send-test', 'send a correctly signed test notification to the webhook')
    .option('--topic <topic>', 'any but `ping` reaches the event bus and what listens there', 'ping')
    .option('--url <url>', 'another URL than WebhookUrl, such as that of the local emulator', parseUrl)
    .action(action(({ deployment }, options: { topic: string; url?: string }) => sendTest(deployment, options)));
  return program;
}

interface Context {
  readonly deployment: Deployment;
  readonly now: Date;
}

/**
 * Wraps a command: opens the deployment, prints what the command found, and sets the exit code. Commander passes the argument,
 * if there is one, then the command's own options, then the command.
 */
function action<T>(run: (context: Context, argument: T) => Promise<Result>) {
  return async (...args: [...unknown[], Command]): Promise<void> => {
    const { json, ...options } = (args.at(-1) as Command).optsWithGlobals<GlobalOptions>();
    try {
      const result = await run({ deployment: await openDeployment(options), now: new Date() }, args[0] as T);
      print(result, json === true);
    } catch (error) {
      fail(formatError(error));
    }
  };
}

/** Never ends the process by itself: what is written to a pipe must get through. */
function print({ data, text, exitCode = ExitCode.fine, problem }: Result, json: boolean): void {
  console.log(json ? JSON.stringify(data, undefined, 2) : text(terminalOptionsOf(process.stdout, process.env)));
  process.exitCode = exitCode;
  if (problem !== undefined) fail(problem);
}

function fail(message: string): void {
  console.error(message.split('\n').map(escapeControlChars).join('\n'));
  process.exitCode = ExitCode.error;
}

function parsePlanId(text: string): string {
  if (!PLAN_ID.test(text))
    throw new InvalidArgumentError('Allowed: the id of a plan that awaits approval, 12 hexadecimal digits.');
  return text;
}

function parseAddress(text: string): Range {
  try {
    return parseRange(text);
  } catch {
    throw new InvalidArgumentError('Allowed: dotted IPv4 or IPv6, with or without /prefix.');
  }
}

function parseDays(text: string): number {
  const days = /^[1-9]\d{0,2}$/.test(text) ? Number(text) : Number.NaN;
  // The log keeps a year.
  if (!(days <= 366)) throw new InvalidArgumentError('Allowed: a whole number of days, 1 to 366.');
  return days;
}

function parseUrl(text: string): string {
  if (!/^https?:/.test(text) || !URL.canParse(text)) throw new InvalidArgumentError('Allowed: an http: or https: URL.');
  return text;
}
