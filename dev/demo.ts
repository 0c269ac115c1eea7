import './loopback-only.cjs';
import { randomBytes } from 'node:crypto';
import {
  AuthorizeSecurityGroupIngressCommand,
  DescribeSecurityGroupRulesCommand,
  EC2Client,
} from '@aws-sdk/client-ec2';
import { PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { GetIPSetCommand, WAFV2Client } from '@aws-sdk/client-wafv2';
import { Command } from 'commander';
import pc from 'picocolors';
import { notification, post } from '../bin/allowlist/intercom';
import { terminalOptionsOf } from '../bin/allowlist/terminal';
import { dayAndTime } from '../bin/allowlist/time';
import { exposedTargets, faultyGuards, findingLines } from '../lambda/core/report/findings';
import type { RunRecord } from '../lambda/core/report/run-record';
import { parseIpSetArn } from '../lambda/shared/ip-set-arn';
import { clientConfig } from './closed-environment';
import { invokeDeployedSync, invokeUrl, type Outputs, readSyncRuns } from './deployment';
import type { Emulator } from './emulator';
import { dayFromToday, editFeed } from './feeds';
import { type LocalRun, parsePort, runCommand, step, withLocalRun } from './local-run';
import { readReview, reviewText } from './review';
import { type Received, Subscriber } from './subscriber';
import { makeTaggedGroup } from './tagged-group';

/** The ranges that the US feed of the next day adds and removes. */
const ARRIVES = '34.195.12.34/32';
const LEAVES = '34.231.68.152/32';

interface DemoResult {
  readonly outputs: Outputs;
  readonly firstSync: RunRecord;
  readonly nextDaySync: RunRecord;
  readonly unchangedSync: RunRecord;
  readonly webhook: { readonly head: number; readonly signed: number; readonly forged: number };
}

/** The ranges in each target after the first sync, read from the emulator. By target id. */
type InForce = ReadonlyMap<string, readonly string[]>;

interface Shown {
  /** The output of `--json`. */
  readonly result: DemoResult;
  readonly inForce: InForce;
  /** The record of the sync after another principal opened the group to everyone. */
  readonly exposedSync: RunRecord;
  /** What a subscriber of the changes received of the next day and of the sync after it. */
  readonly messages: readonly Received[];
}

const program = new Command('npm run demo --')
  .description(
    'Deploys the stack into an AWS emulator on this machine and shows its main job. Never reaches a real account.',
  )
  .option('--json', 'end with the whole result as one line of JSON on standard output')
  .option(
    '--port <port>',
    'port of a new emulator (default: the emulator that AWS_ENDPOINT_URL names on this machine, or a free port)',
    parsePort,
  )
  .parse();
const options = program.opts<{ json?: boolean; port?: number }>();

runCommand(async () => {
  const setup = { port: options.port, feedDate: dayFromToday(-1), prepare: makeTaggedGroup };
  await withLocalRun(setup, async (run) => {
    const shown = await showMainJob(run);
    const { result } = shown;
    const diffs = await step('Query CloudWatch for the changes, and render the widget', () => readReview(run));
    const terminal = terminalOptionsOf(process.stdout, process.env);
    console.log(
      options.json
        ? JSON.stringify(result)
        : `${summary(shown)}\n${messageText(shown)}\n${reviewText(diffs, terminal)}\n`,
    );
    assertShown(shown);
    if (diffs.length === 0) throw new Error('The saved query found no change record; the changes are above');
  });
});

async function showMainJob(run: LocalRun): Promise<Shown> {
  const { emulator, outputs } = run;
  const [firstSync] = await step('Read the record of the sync that the deployment ran', () =>
    readSyncRuns(emulator, outputs),
  );
  if (!firstSync) throw new Error('The log holds no record of a sync');
  const inForce = await step('Read the ranges in force from the IP sets and the security group', async () => {
    const { targets } = firstSync;
    return new Map(
      await Promise.all(targets.map(async (target) => [target.id, await rangesIn(target, emulator)] as const)),
    );
  });
  const webhook = await step('Call the webhook as Intercom does, and with a forged signature', () => callWebhook(run));
  const subscriber = await Subscriber.of(outputs.ChangesTopicArn ?? '', clientConfig(emulator.endpoint), 'demo');
  const nextDaySync = await step("Publish the next day's feed and sync", async () => {
    await publishNextDay(run);
    return syncOnce(run);
  });
  const unchangedSync = await step('Sync again', () => syncOnce(run));
  const messages = await subscriber.receive();
  const exposedSync = await step('Open the tagged security group to everyone, and sync', async () => {
    await openToEveryone(emulator, firstSync);
    return syncOnce(run);
  });
  return { result: { outputs, firstSync, nextDaySync, unchangedSync, webhook }, inForce, exposedSync, messages };
}

/** The ranges in a target according to the emulator, because the run record only contains what the sync reported. */
async function rangesIn({ id, kind }: RunRecord['targets'][number], { endpoint }: Emulator): Promise<string[]> {
  if (kind === 'ip-set') {
    const { IPSet } = await new WAFV2Client(clientConfig(endpoint)).send(new GetIPSetCommand(parseIpSetArn(id)));
    return [...(IPSet?.Addresses ?? [])].sort();
  }
  const filter = { Filters: [{ Name: 'group-id', Values: [id] }] };
  const ec2 = new EC2Client(clientConfig(endpoint));
  const { SecurityGroupRules = [] } = await ec2.send(new DescribeSecurityGroupRulesCommand(filter));
  return SecurityGroupRules.flatMap(({ IsEgress, CidrIpv4 }) => (IsEgress || !CidrIpv4 ? [] : [CidrIpv4])).sort();
}

async function callWebhook({ emulator, outputs }: LocalRun): Promise<DemoResult['webhook']> {
  const secret = randomBytes(20).toString('hex');
  const secrets = new SecretsManagerClient(clientConfig(emulator.endpoint));
  await secrets.send(new PutSecretValueCommand({ SecretId: outputs.ClientSecretArn, SecretString: secret }));
  const url = invokeUrl(emulator, outputs);
  const { status: head } = await fetch(url, { method: 'HEAD' });
  const signed = await post(url, notification('notif_demo'), secret);
  const forged = await post(url, notification('notif_forged'), 'not-the-secret');
  return { head, signed, forged };
}

async function publishNextDay({ feeds }: LocalRun): Promise<void> {
  await editFeed(feeds.directory, 'us', (feed) => ({
    date: dayFromToday(0),
    ip_ranges: [
      ...feed.ip_ranges.filter(({ range }) => range !== LEAVES),
      { range: ARRIVES, region: 'US', service: 'INTERCOM-OUTBOUND' },
    ],
  }));
}

async function openToEveryone({ endpoint }: Emulator, { targets }: RunRecord): Promise<void> {
  const GroupId = targets.find(({ kind }) => kind === 'security-group')?.id;
  const IpRanges = [{ CidrIp: '0.0.0.0/0', Description: 'for a test' }];
  const IpPermissions = [{ IpProtocol: 'tcp', FromPort: 443, ToPort: 443, IpRanges }];
  const ec2 = new EC2Client(clientConfig(endpoint));
  await ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions }));
}

async function syncOnce({ emulator, outputs }: LocalRun): Promise<RunRecord> {
  const { answer, error } = await invokeDeployedSync(emulator, outputs, { by: 'npm run demo' });
  if (error || answer.error) throw new Error(error ?? answer.error ?? '');
  return answer;
}

function summary({ result, inForce, exposedSync }: Shown): string {
  const { outputs, firstSync, nextDaySync, unchangedSync, webhook } = result;
  const title = (text: string) => `\n${pc.bold(text)}`;
  return [
    title('The webhook to paste into Intercom'),
    `  ${outputs.WebhookUrl}`,
    title('The deployment read the published feeds'),
    ...firstSync.feeds.map(({ region, date, ranges }) => `  ${region}  feed of ${date}  ${ranges.join(' ')}`),
    title('Ranges in force after the deployment, read from the emulator'),
    ...firstSync.targets.map(
      (target) => `  ${nameOf(target)}  ${inForce.get(target.id)?.join(' ') || pc.dim('nothing')}`,
    ),
    title('Next day: the US feed gains one address and loses one'),
    ...nextDaySync.targets.map((target) => `  ${nameOf(target)}  ${diffOf(target)}`),
    title('Nothing new after that'),
    `  ${unchangedSync.outcome.replace('-', ' ')} (${unchangedSync.targets.reduce((sum, { apiCalls }) => sum + apiCalls, 0)} API calls, ${unchangedSync.targets.length} targets)`,
    title('After someone opens the security group to everyone, the next sync says so'),
    ...findingLines(exposedSync).map((line) => `  ${pc.red(line)}`),
    title('The webhook answers'),
    `  HEAD, as when the URL is saved   ${webhook.head}`,
    `  POST, signed with the secret     ${webhook.signed}`,
    `  POST, forged                     ${webhook.forged}`,
    '',
  ].join('\n');
}

function nameOf({ id, kind }: RunRecord['targets'][number]): string {
  const name = kind === 'ip-set' ? id.split('/').at(-2) : id;
  return `${kind.padEnd(14)} ${name?.padEnd(22)}`;
}

function diffOf({ added, removed, pendingRemoval, outcome }: RunRecord['targets'][number]): string {
  const pending = pendingRemoval.map(
    ({ range, removeAfter }) =>
      `${pc.yellow(`- ${range}`)} ${pc.dim(`removed after ${dayAndTime(removeAfter)}, unless it is published again`)}`,
  );
  const lines = [
    ...added.map((range) => pc.green(`+ ${range}`)),
    ...removed.map((range) => pc.red(`- ${range}`)),
    ...pending,
  ];
  return lines.length > 0 ? lines.join('  ') : pc.dim(outcome);
}

function messageText({ messages }: Shown): string {
  const lines = messages.flatMap(({ subject, body }) => [`Subject: ${subject}`, '', ...body.split('\n'), '']);
  return [pc.bold('The message about the next day, as it would arrive'), ...lines.map((line) => `  ${line}`)].join(
    '\n',
  );
}

/** One message for the day on which something happened, and none for the run after it. */
function isTold([message, ...more]: readonly Received[]): boolean {
  const hasBoth = message?.event.includes('changed') && message.body.includes(ARRIVES) && message.body.includes(LEAVES);
  return hasBoth === true && more.length === 0;
}

/** Fails the demo if its result differs from its description. */
function assertShown({ result, inForce, exposedSync, messages }: Shown): void {
  const { webhook, firstSync, nextDaySync, unchangedSync } = result;
  const published = firstSync.feeds.flatMap(({ ranges }) => ranges).sort();
  const [group] = nextDaySync.targets.filter(({ kind }) => kind === 'security-group');
  const filled = [...inForce.values()].filter((ranges) => ranges.length > 0);
  const shown =
    webhook.head === 200 &&
    webhook.signed === 200 &&
    webhook.forged === 401 &&
    filled.length >= 2 &&
    filled.every((ranges) => ranges.join() === published.join()) &&
    group?.added.join() === ARRIVES &&
    group.pendingRemoval.map(({ range }) => range).join() === LEAVES &&
    unchangedSync.outcome === 'in-sync' &&
    isTold(messages) &&
    findingLines(unchangedSync).length === 0 &&
    faultyGuards(exposedSync.guards).length === 0 &&
    exposedTargets(exposedSync.targets)
      .map(({ id }) => id)
      .join() === group.id;
  if (!shown) throw new Error('The demo did not show what it should; its result is above');
}
