import { Command, InvalidArgumentError } from 'commander';
import { PLAN_ID } from '../../lambda/core/plan/approval';
import { parseRange, type Range } from '../../lambda/core/ranges/range';
import { DEFAULT_STACK_NAME } from '../../lambda/shared/constants';
import { INTERCOM_REGIONS, type IntercomRegion, isIntercomRegion } from '../../lambda/shared/intercom-regions';
import { escapeControlChars } from '../../lambda/shared/text';
import { DAY_MS } from '../../lambda/shared/time';
import { explain } from './commands/explain';
import { type HistoryOptions, history } from './commands/history';
import { runSync } from './commands/run';
import { sendTest } from './commands/send-test';
import { status } from './commands/status';
import { type Deployment, type DeploymentOptions, openDeployment } from './deployment';
import { formatError } from './errors';
import { reportMarkdown } from './report-markdown';
import { ExitCode, type Result } from './result';
import { terminalOptionsOf } from './terminal';

const EXIT_CODES = `
Exit codes: 0 success, 1 error, 2 a plan has changes, 3 something awaits approval or is blocked, 4 a
target is exposed or a guard has a problem; the first of 1, 4, 3 and 2 that applies. Code 1 of status
also means that a target could not be read or that the last run failed.
Credentials and AWS Region come from the usual AWS environment.`;

interface GlobalOptions extends DeploymentOptions {
  readonly json?: boolean;
}

/** Runs the command line. Any failure is one message on standard error. */
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
    .option('--json', 'print the result as JSON')
    .configureHelp({ showGlobalOptions: true })
    .addHelpText('afterAll', EXIT_CODES);

  const add = (nameAndArgs: string, description: string) => program.command(nameAndArgs).description(description);
  add(
    'status',
    'show exposures, the ranges in force, guards, pending removals, plans that await approval, and the last run',
  ).action(action(({ deployment, now }) => status(deployment, now)));
  add('plan', 'show what a sync would change now, without writing anything')
    .option('--markdown', 'print Markdown, for a ticket or a pull request')
    .action(
      action(({ deployment }, { markdown }: { markdown?: boolean }) =>
        runSync(deployment, { mode: 'plan' }, markdown ? reportMarkdown : undefined),
      ),
    );
  add('sync', 'read the feeds and update every target now').action(
    action(({ deployment }) => runSync(deployment, { mode: 'apply' })),
  );
  add('approve', 'sync, and also apply the plan with this id, which awaits approval or was declined')
    .argument('<planId>', 'as `status` or `plan` shows it', parsePlanId)
    .action(action(({ deployment }, approve: string) => runSync(deployment, { approve })));
  add('decline', 'sync, leave the plan with this id unapplied from now on, and silence its alarm')
    .argument('<planId>', 'as `status` or `plan` shows it', parsePlanId)
    .action(action(({ deployment }, decline: string) => runSync(deployment, { decline })));
  add(
    'explain',
    'show whether an address is allowed, by which entry and since when; or why not; and what the web ACL does with it',
  )
    .argument('<address>', 'an address or CIDR', parseAddress)
    .action(action(({ deployment, now }, range: Range) => explain(deployment, range, now)));
  add('history', 'show what changed, was pending or awaited approval, and who asked for it')
    .option('--days <days>', 'how many days before --until to show (default: 30)', parseDays)
    .option('--since <time>', 'from this day or time on, in UTC, such as 2026-11-01 or 2026-11-01T09:05Z', parseTime)
    .option('--until <time>', 'up to this time, or to the end of this day, in UTC (default: now)', parseUntil)
    .option('--intercom-region <region>', 'only this Intercom region: us, eu or au', parseRegion)
    .option('--target <target>', 'only the target with this id or name')
    .option('--csv', 'print as CSV when each range was allowed in each target, also of removed ranges')
    .action(action(({ deployment, now }, options: HistoryOptions) => history(deployment, options, now)));
  add('send-test', 'send a correctly signed test notification to the webhook')
    .option('--topic <topic>', 'any topic except `ping` reaches the event bus and its consumers', 'ping')
    .option('--url <url>', 'a URL other than WebhookUrl, such as that of the local emulator', parseUrl)
    .action(action(({ deployment }, options: { topic: string; url?: string }) => sendTest(deployment, options)));
  return program;
}

interface Context {
  readonly deployment: Deployment;
  readonly now: Date;
}

/**
 * Wraps a command: opens the deployment, prints the result, and sets the exit code. Commander passes the argument,
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

/** Sets the exit code without ending the process, so that all output reaches a pipe. */
function print({ data, text, exitCode = ExitCode.success, problem }: Result, json: boolean): void {
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

/** The longest that a log can be kept. */
const MAX_DAYS = 3653;

function parseDays(text: string): number {
  const days = /^[1-9]\d{0,3}$/.test(text) ? Number(text) : Number.NaN;
  if (!(days <= MAX_DAYS)) throw new InvalidArgumentError(`Allowed: a whole number of days, 1 to ${MAX_DAYS}.`);
  return days;
}

const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** A time without a zone is in UTC, like all that the commands print. */
function parseTime(text: string): Date {
  const isTime = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?Z?$/.test(text);
  const time = new Date(DAY.test(text) || text.endsWith('Z') ? text : `${text}Z`);
  // A 30th of February would become a 2nd of March.
  const isDay = !Number.isNaN(time.getTime()) && time.toISOString().startsWith(text.slice(0, 10));
  if (!(DAY.test(text) || isTime) || !isDay)
    throw new InvalidArgumentError('Allowed: a day or time in UTC, such as 2026-11-01 or 2026-11-01T09:05Z.');
  return time;
}

/** A day is meant to its end. */
function parseUntil(text: string): Date {
  const time = parseTime(text);
  return DAY.test(text) ? new Date(time.getTime() + DAY_MS - 1) : time;
}

function parseRegion(text: string): IntercomRegion {
  const region = text.toLowerCase();
  if (!isIntercomRegion(region)) throw new InvalidArgumentError(`Allowed: ${INTERCOM_REGIONS.join(', ')}.`);
  return region;
}

function parseUrl(text: string): string {
  if (!/^https?:/.test(text) || !URL.canParse(text)) throw new InvalidArgumentError('Allowed: an http: or https: URL.');
  return text;
}
