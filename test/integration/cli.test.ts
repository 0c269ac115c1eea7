import { execFile } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify, stripVTControlCharacters } from 'node:util';
import { CreateTagsCommand, EC2Client } from '@aws-sdk/client-ec2';
import { PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { HistoryEntry } from '../../bin/allowlist/commands/history';
import type { Explanation } from '../../bin/allowlist/explanation';
import type { Status } from '../../bin/allowlist/status';
import { clientConfig } from '../../dev/closed-environment';
import { bootstrap, deploy, invokeUrl, type Outputs, readSyncRuns } from '../../dev/deployment';
import type { Emulator } from '../../dev/emulator';
import { editFeed, type FeedServer, serveFeeds, writePublishedFeeds } from '../../dev/feeds';
import type { RunRecord } from '../../lambda/core/report/run-record';
import { DISCOVERY_TAG } from '../../lambda/shared/constants';
import { startCheckedEmulator } from './checked-emulator';
import { TODAY, YESTERDAY } from './days';
import { type FaultProxy, startFaultProxy } from './fault-proxy';
import { Account, permission } from './fixtures';
import { PUBLISHED } from './harness';
import { type Ended, runAllowlist, runInTerminal } from './terminal';

const ROOT = join(__dirname, '..', '..');
const SECRET = '5e0c1f7a9b3d2e4c6f8a';
const ARRIVES = '34.195.12.34/32';
const LEAVES = '34.231.68.152/32';
const TOO_MANY = '3.248.180.0/22';
const COLUMNS = 100;

let emulator: Emulator;
let proxy: FaultProxy;
let feeds: FeedServer;
let outputs: Outputs;
let account: Account;
let group: string;
/** All that any command wrote, and the calls of AWS that it made. */
const written: string[] = [];
const made = new Set<string>();

type Environment = Readonly<Record<string, string | undefined>>;

const environment = (more: Environment = {}) => ({
  ...emulator.environment,
  AWS_ENDPOINT_URL: proxy.endpoint,
  ...more,
});

/** Runs a command into pipes. */
async function allowlist(args: string, more?: Environment): Promise<Ended> {
  return record(await runAllowlist(args.split(' '), environment(more)));
}

async function inTerminal(args: string, more?: Environment): Promise<Ended> {
  return record(await runInTerminal(COLUMNS, args.split(' '), environment(more)));
}

/** Runs a command that ends well with `--json`. */
async function json<T>(args: string): Promise<T> {
  const { code, stdout, stderr } = await allowlist(`${args} --json`);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout);
}

/** What `status` shows, whatever its exit code is: that is 3 while a plan awaits approval, and 1 after a failed run. */
async function statusNow(): Promise<Status> {
  return JSON.parse((await allowlist('status --json')).stdout);
}

function record(ended: Ended): Ended {
  written.push(ended.stdout, ended.stderr);
  return ended;
}

/** The rows of a table, without its head: the cells as they were separated by two spaces or more. */
function rowsOf(text: string): string[][] {
  return text.split('\n').map((line) => line.trim().split(/ {2,}/));
}

/** The IAM action of a call: those of Lambda and API Gateway are known by their paths. */
function actionOf(call: string): string {
  if (call.endsWith('/invocations')) return 'InvokeFunction';
  if (call.startsWith('GET /restapis/')) return 'GET';
  return call.endsWith('/configuration') ? 'GetFunctionConfiguration' : call;
}

const servers: Server[] = [];
async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const outbound = (range: string, region: string) => ({ range, region, service: 'INTERCOM-OUTBOUND' });
const publish = (region: 'us' | 'eu', ranges: readonly string[], without: readonly string[] = []) =>
  editFeed(feeds.directory, region, (feed) => ({
    date: TODAY,
    ip_ranges: [
      ...feed.ip_ranges.filter(({ range }) => !without.includes(range)),
      ...ranges.map((range) => outbound(range, region.toUpperCase())),
    ],
  }));

beforeAll(async () => {
  emulator = await startCheckedEmulator();
  proxy = await startFaultProxy(emulator.endpoint);
  account = new Account(clientConfig(emulator.endpoint));
  feeds = await serveFeeds(join(emulator.home, 'feeds'));
  await writePublishedFeeds(feeds.directory, YESTERDAY);
  group = await account.makeGroup('my-own', [{ Key: DISCOVERY_TAG, Value: '443,8443' }]);
  await account.allow(group, permission(443, '34.197.76.0/24', 'by hand'));
  await bootstrap(emulator);
  outputs = await deploy(emulator, { feedBaseUrl: feeds.baseUrl, intercomRegions: 'us,eu' });
  await new SecretsManagerClient(clientConfig(emulator.endpoint)).send(
    new PutSecretValueCommand({ SecretId: outputs.ClientSecretArn, SecretString: SECRET }),
  );
});
afterEach(() => {
  for (const call of proxy.calls) made.add(call);
  proxy.clear();
});
afterAll(async () => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  await feeds?.stop();
  await proxy?.stop();
  await emulator?.stop();
});

const kept = PUBLISHED.filter((range) => !['3.104.68.152/32', '52.63.36.185/32', '52.64.2.165/32'].includes(range));

describe('status', () => {
  it('status in a pipe is plain text, also in CI: the feeds, and what each target allows by region', async () => {
    const { code, stdout, stderr } = await allowlist('status', { CI: 'true' });
    expect({ code, stderr, plain: stripVTControlCharacters(stdout) === stdout }).toEqual({
      code: 0,
      stderr: '',
      plain: true,
    });
    expect(stdout).toMatch(/^IntercomAllowlist in account 000000000000, us-east-1\nLast run .* UTC, .*: changed\n/);
    const rows = rowsOf(stdout);
    // The tests may have run past the end of the day.
    expect(rows).toContainEqual(['US', 'fresh', YESTERDAY, expect.stringMatching(/^(1 day|2 days)$/), '6']);
    expect(rows).toContainEqual([
      'IP set IntercomAllowlist-v4',
      'EU',
      '3',
      '54.216.9.3/32 54.217.125.63/32 54.246.173.113/32',
    ]);
    expect(rows).toContainEqual(['IP set IntercomAllowlist-v6', '0', 'nothing']);
    expect(rows.filter(([name]) => name === `security group ${group} (443,8443)`).map((row) => row[1])).toEqual([
      '34.197.76.0/24',
      'EU',
    ]);
  });

  it('status on a terminal is colored and wrapped', async () => {
    const { code, stdout } = await inTerminal('status');
    const text = stripVTControlCharacters(stdout);
    expect(code).toBe(0);
    expect(stdout).not.toBe(text);
    expect(Math.max(...text.split(/\r?\n/).map((line) => line.length))).toBeLessThanOrEqual(COLUMNS);
    for (const range of kept) expect(text).toContain(range);
  });

  it('status has no color with NO_COLOR, and has color in a pipe with FORCE_COLOR', async () => {
    const { stdout } = await inTerminal('status', { NO_COLOR: '1' });
    expect(stripVTControlCharacters(stdout)).toBe(stdout);
    const forced = await allowlist('status', { FORCE_COLOR: '1' });
    expect(stripVTControlCharacters(forced.stdout)).not.toBe(forced.stdout);
  });

  it('status --json prints everything that is in force in AWS', async () => {
    const { targets, ...status } = await json<Status>('status');
    expect(Object.keys(status)).toEqual([
      'stack',
      'lastRun',
      'feeds',
      'guards',
      'pending',
      'waiting',
      'blocked',
      'declined',
    ]);
    expect(status).toMatchObject({
      stack: { name: 'IntercomAllowlist', account: '000000000000', region: 'us-east-1' },
      lastRun: { outcome: 'changed', failures: [] },
      feeds: [
        { region: 'us', status: 'fresh', date: YESTERDAY, rejected: [], error: null },
        { region: 'eu', status: 'fresh' },
      ],
      pending: [],
      waiting: [],
    });
    expect(targets.map(({ id }) => id)).toEqual([outputs.Ipv4IpSetArn, outputs.Ipv6IpSetArn, group]);
    // Of the group, what the sync added: what somebody let in by hand covers one at one of its ports.
    expect(targets[0]?.ranges.map(({ range }) => range).sort()).toEqual(kept);
    expect(targets[2]?.ranges.find(({ range }) => range === '34.197.76.213/32')).toMatchObject({
      ports: [8443],
      intercomRegions: ['us'],
    });
  });

  it('status shows a target that cannot be read, and all others, and exits with 1', async () => {
    proxy.fault = (call) => (call === 'GetIPSet' ? { code: 'AccessDeniedException' } : undefined);
    const { code, stdout, stderr } = await allowlist('status');
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^IP set IntercomAllowlist-v4 could not be read, so what it allows is not known\. These credentials may not call GetIPSet of WAFV2: injected\. .*\nIP set IntercomAllowlist-v6 .*\n$/,
    );
    expect(stdout).toMatch(/IP set IntercomAllowlist-v4 +These credentials may not call GetIPSet of WAFV2: injected/);
    expect(stdout).toContain(`security group ${group}`);
  });
});

describe('plan and sync', () => {
  it('plan exits with 0 if nothing would change', async () => {
    const { code, stdout, stderr } = await allowlist('plan');
    expect({ code, stdout, stderr }).toEqual({
      code: 0,
      stdout: 'No changes: 2 feeds and 3 targets read.\n',
      stderr: '',
    });
  });

  it('plan exits with 2 if there are changes, describes each one, and writes nothing', async () => {
    await publish('us', [ARRIVES], [LEAVES]);
    const { code, stdout, stderr } = await allowlist('plan');
    expect({ code, stderr }).toEqual({ code: 2, stderr: '' });
    const [head, ...rows] = rowsOf(stdout);
    expect(head).toEqual(['TARGET', 'REGION', 'CHANGE', 'RANGE', 'NOTE']);
    const pending = expect.stringMatching(
      /^removed after \d{4}-\d\d-\d\d \d\d:\d\d UTC, unless it is published again$/,
    );
    expect(rows.slice(0, 4)).toEqual(
      ['IP set IntercomAllowlist-v4', `security group ${group}`].flatMap((name) => [
        [name, 'US', '+ add', ARRIVES, `feed of ${TODAY}`],
        [name, 'US', '~ pending', LEAVES, pending],
      ]),
    );
    expect(stdout).toContain(
      'Would change 2 targets: 2 feeds and 3 targets read; nothing was written. Apply it: npx intercom-allowlist sync',
    );
    expect((await account.ipSet(outputs.Ipv4IpSetArn ?? '')).addresses).toEqual(kept);
  });

  it('plan --json prints the run record and has the same exit code', async () => {
    const { code, stdout } = await allowlist('plan --json');
    expect(code).toBe(2);
    const report: RunRecord = JSON.parse(stdout);
    expect((await readSyncRuns(emulator, outputs)).at(-1)).toMatchObject(report);
    expect(report).toMatchObject({ mode: 'plan', outcome: 'planned' });
    expect(report.targets[0]).toMatchObject({ id: outputs.Ipv4IpSetArn, added: [ARRIVES], removed: [] });
  });

  it('explain says that a published range is allowed with the next run', async () => {
    const { stdout } = await allowlist(`explain ${ARRIVES}`);
    const [why, next, webAcl] = stdout.split('\n');
    expect(why).toBe(`34.195.12.34 is not allowed yet: the US feed of ${TODAY} publishes it; the next run adds it.`);
    expect(next).toBe('  npx intercom-allowlist sync');
    expect(webAcl).toMatch(/^Web ACL IntercomAllowlist in front of .* blocks it: its default action blocks it\.$/);
  });

  it('sync applies the changes and exits with 0, and status then shows pending removals', async () => {
    const { code, stdout } = await allowlist('sync');
    expect(code).toBe(0);
    expect(rowsOf(stdout)).toContainEqual([`security group ${group}`, 'US', '+ added', ARRIVES, `feed of ${TODAY}`]);
    expect(stdout).toContain('Changed 2 targets: 2 feeds and 3 targets read.');
    expect((await account.ipSet(outputs.Ipv4IpSetArn ?? '')).addresses).toEqual([...kept, ARRIVES].sort());

    const { pending } = await json<Status>('status');
    expect(pending.map(({ range, target }) => [range, target])).toEqual([
      [LEAVES, outputs.Ipv4IpSetArn],
      [LEAVES, group],
    ]);
    const [{ absentSince = '', removeAfter = '' } = {}] = pending;
    expect(Date.parse(removeAfter) - Date.parse(absentSince)).toBe(24 * 60 * 60 * 1000);
    expect((await allowlist('status')).stdout).toMatch(
      /PENDING REMOVAL +REGION +REMOVED AFTER +TARGET\n34\.231\.68\.152\/32 +US/,
    );
  });

  it('status shows what the last run found of a guard that the operator may not read, and exits with 0', async () => {
    proxy.fault = (call) => (call === 'GetSecretValue' ? { code: 'AccessDeniedException' } : undefined);
    const { code, stdout, stderr } = await allowlist('status');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(rowsOf(stdout)).toContainEqual([
      expect.stringMatching(/^receiver with event bus /),
      'guarding',
      expect.stringMatching(/^as of .* UTC, by the sync; your credentials may not read it$/),
    ]);
    expect(stdout).not.toContain('PROBLEM: ');
  });

  it('an untrusted feed is shown, and its text cannot control the terminal', async () => {
    await publish('eu', ['10.0.0.0/8\u001b]0;owned\u0007\u009b2J']);
    const { code, stdout } = await inTerminal('plan', { NO_COLOR: '1' });
    expect(code).toBe(0);
    expect(stripVTControlCharacters(stdout)).toBe(stdout);
    expect(stdout.replace(/\s+/g, '')).toContain('rejected10.0.0.0/8\\u{1b}]0;owned\\u{7}\\u{9b}2J:notanaddressorCIDR');
    await publish('eu', [], ['10.0.0.0/8\u001b]0;owned\u0007\u009b2J']);
  });
});

describe('a plan that awaits approval', () => {
  const plansThatWait = async () => (await statusNow()).waiting;

  it('plan and sync exit with 3 and say how to approve the plan', async () => {
    await publish('eu', [TOO_MANY]);
    const plan = await allowlist('plan');
    expect(plan.code).toBe(3);
    expect(rowsOf(plan.stdout)).toContainEqual([
      'IP set IntercomAllowlist-v4',
      'EU',
      '! not added',
      TOO_MANY,
      expect.stringMatching(/^plan [0-9a-f]{12} awaits approval$/),
    ]);
    expect(plan.stdout).toMatch(/\n {2}Approve it: npx intercom-allowlist approve [0-9a-f]{12}\n/);
    expect((await allowlist('sync')).code).toBe(3);
  });

  it('status and explain name the plan that would allow the range', async () => {
    const waiting = await plansThatWait();
    expect(waiting.map(({ target }) => target)).toEqual([outputs.Ipv4IpSetArn, group]);
    const [first, second] = waiting.map(({ planId }) => planId);
    const { stdout } = await allowlist('explain 3.248.181.5');
    const sentence = `3.248.181.5 is not allowed: the EU feed of ${TODAY} publishes it, but it is blocked until plan ${first}, ${second} is approved.`;
    const [why, ...commands] = stdout.split('\n');
    expect(why).toBe(sentence);
    expect(commands.slice(0, 2)).toEqual([
      `  npx intercom-allowlist approve ${first}`,
      `  npx intercom-allowlist approve ${second}`,
    ]);
    const status = await allowlist('status');
    expect({ code: status.code, stderr: status.stderr }).toEqual({ code: 3, stderr: '' });
    expect(status.stdout).toContain(`Plan ${first} awaits approval in IP set IntercomAllowlist-v4.`);
  });

  it('plan --markdown prints a table, with the ids of the plans and the commands to answer them', async () => {
    const { code, stdout } = await allowlist('plan --markdown');
    const [first] = await plansThatWait();
    expect(code).toBe(3);
    expect(stdout).toContain('| target | region | change | range | note |\n| --- | --- | --- | --- | --- |\n');
    expect(stdout).toContain(`| EU | ! not added | ${TOO_MANY} | plan ${first?.planId} awaits approval |`);
    expect(stdout).toContain(`Decline it: \`npx intercom-allowlist decline ${first?.planId}\``);
  });

  it('decline leaves the plan alone, with who declined it; status and explain say so, and another plan still waits', async () => {
    const [first, second] = await plansThatWait();
    const { code, stdout } = await allowlist(`decline ${second?.planId}`);
    expect(code).toBe(3);
    const by = 'arn:aws:\\S+';
    expect(stdout).toMatch(new RegExp(`plan ${second?.planId} was declined by ${by} on .* UTC, and is not applied`));
    const { waiting, declined } = await statusNow();
    expect(waiting.map(({ planId }) => planId)).toEqual([first?.planId]);
    expect(declined).toMatchObject([{ planId: second?.planId, target: group, added: [TOO_MANY], removed: [] }]);
    expect((await allowlist('status')).stdout).toMatch(/Plan [0-9a-f]{12} was declined by .*: 1 range not added/);
    expect((await allowlist(`decline ${second?.planId}`)).stderr).toMatch(/^Plan .* was declined already, by arn:aws:/);
  });

  it('approve applies the plan; it exits with 0 when no other plan awaits approval, and applies a declined plan too', async () => {
    const { waiting, declined } = await statusNow();
    const [first, second] = [...waiting, ...declined];
    const { code, stdout } = await allowlist(`approve ${first?.planId}`);
    expect(code).toBe(0);
    expect(rowsOf(stdout)).toContainEqual([
      'IP set IntercomAllowlist-v4',
      'EU',
      '+ added',
      TOO_MANY,
      `feed of ${TODAY}`,
    ]);
    expect((await allowlist(`approve ${second?.planId}`)).code).toBe(0);
    expect(await json<Status>('status')).toMatchObject({ waiting: [], declined: [] });
  });

  it("approve exits with 1 for a plan that does not await approval, with the function's error", async () => {
    const { code, stdout, stderr } = await allowlist('approve ffffffffffff');
    expect(code).toBe(1);
    expect(stdout).toContain('The run failed. No changes');
    expect(stderr).toMatch(/^No plan ffffffffffff awaits approval: it was applied already.*\n$/);
    expect(await allowlist('status')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^The last run, .* UTC, failed\. No plan ffffffffffff awaits approval/),
    });
  });
});

describe('a run in which a target fails', () => {
  const tag = (Value: string) =>
    new EC2Client(clientConfig(emulator.endpoint)).send(
      new CreateTagsCommand({ Resources: [group], Tags: [{ Key: DISCOVERY_TAG, Value }] }),
    );

  it('a run in which a target fails shows what it did and what failed, and exits with 1', async () => {
    await tag('https');
    await publish('us', ['34.195.12.40/32']);
    const { code, stdout, stderr } = await allowlist('sync');
    expect(code).toBe(1);
    expect(stderr).toMatch(/^Target sg-.* is not allowed\. .*\n$/);
    expect(rowsOf(stdout)).toContainEqual([
      'IP set IntercomAllowlist-v4',
      'US',
      '+ added',
      '34.195.12.40/32',
      `feed of ${TODAY}`,
    ]);
    expect(stdout).toMatch(new RegExp(`security group ${group} +x failed +tag intercom-allowlist`));
    expect(stdout).toContain('The run failed. Changed 1 target');
    const status = await allowlist('status');
    expect(status.code).toBe(1);
    expect(status.stdout).toMatch(/Last run .*: failed\. Target sg-/);
    expect(status.stderr).toMatch(/^security group sg-.*\nThe last run, .* UTC, failed\. Target sg-.*\n$/);
    await tag('443,8443');
    expect((await allowlist('sync')).code).toBe(0);
  });

  it("a full security group and the changes to other targets are shown from the function's response, not from its log", async () => {
    const full = await account.makeGroup('full', [{ Key: DISCOVERY_TAG, Value: '443' }]);
    for (let i = 0; i < 60; i++) await account.allow(full, permission(22, `198.51.100.${i}/32`, 'others'));
    await publish('us', ['34.195.12.44/32']);
    proxy.fault = (call) => (/Query|Logs|FilterLogEvents/.test(call) ? { code: 'AccessDeniedException' } : undefined);
    const { code, stdout, stderr } = await allowlist('sync');
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^Target sg-\w+: \d+ entries would be needed, and 60 are allowed \(rules per security group.*Nothing was written.*\n$/,
    );
    expect(rowsOf(stdout)).toContainEqual([
      'IP set IntercomAllowlist-v4',
      'US',
      '+ added',
      '34.195.12.44/32',
      `feed of ${TODAY}`,
    ]);
    expect(stdout).toMatch(new RegExp(`security group ${full} +x failed +\\d+ entries would be needed`));
    await account.deleteGroup(full);
  });
});

describe('explain', () => {
  it.each([
    [
      'an allowed address, whoever added the entry',
      '34.197.76.213',
      () =>
        new RegExp(
          '^34\\.197\\.76\\.213 is allowed by 34\\.197\\.76\\.213/32 of the US feed since .* UTC, in IP set IntercomAllowlist-v4 and ' +
            `security group ${group} \\(port 8443\\); and by 34\\.197\\.76\\.0/24, which this stack does not manage \\(rule sgr-\\w+ \\(tcp 443\\)\\), in security group ${group} \\(port 443\\)\\.\n`,
        ),
    ],
    [
      'an address whose removal is pending',
      LEAVES,
      () =>
        /^34\.231\.68\.152 is still allowed by .*, and will be removed after .* UTC unless it is published again\.\n/,
    ],
    [
      'a CIDR',
      '54.216.9.0/24',
      () =>
        /^54\.216\.9\.0\/24 is not allowed as a whole, only 54\.216\.9\.3\/32 of it\.\nWeb ACL IntercomAllowlist in front of arn:\S+ blocks it: its default action blocks it\.\n/,
    ],
    [
      'a region that is not configured',
      '52.64.2.165',
      () => /the AU feed of .* publishes it, but this stack is configured for US\+EU/,
    ],
    [
      'another service',
      '18.97.36.9',
      () => /publishes 18\.97\.36\.0\/25 for INTERCOM-ENDPOINTS, which sends no webhooks/,
    ],
    [
      'an address that no feed publishes',
      '2600:1f18::7',
      () => /^2600:1f18::7 is not allowed: no feed publishes it \(US .*, EU .*, AU .*\)\.\n/,
    ],
  ])('%s', async (_what, address, sentence) => {
    const { code, stdout, stderr } = await allowlist(`explain ${address}`);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(sentence());
  });

  it('explain --json prints the status of the range and the entries that allow it', async () => {
    const explanation = await json<Explanation>('explain 54.216.9.3');
    expect(explanation).toMatchObject({ address: '54.216.9.3', allowed: true, status: 'allowed', planIds: [] });
    expect(explanation.entries).toMatchObject([
      {
        range: '54.216.9.3/32',
        target: outputs.Ipv4IpSetArn,
        ports: [],
        managed: true,
        intercomRegions: ['eu'],
        removeAfter: null,
      },
      { range: '54.216.9.3/32', target: group, ports: [443, 8443], managed: true, intercomRegions: ['eu'] },
    ]);
  });

  it('explain reads AWS, not the recorded state: a range that was removed by hand is not allowed', async () => {
    const { addresses } = await account.ipSet(outputs.Ipv4IpSetArn ?? '');
    await account.setAddresses(
      outputs.Ipv4IpSetArn ?? '',
      addresses.filter((range) => range !== '54.217.125.63/32'),
    );
    await account.revoke(group, '54.217.125.63/32');
    expect(await json('explain 54.217.125.63')).toMatchObject({ allowed: false, status: 'not-yet' });
    expect((await allowlist('sync')).code).toBe(0);
    expect(await json('explain 54.217.125.63')).toMatchObject({ allowed: true });
  });

  it('explain calls nothing blocked if no target could be read', async () => {
    proxy.fault = (call) =>
      /^(GetIPSet|Describe(SecurityGroups|SecurityGroupRules))$/.test(call)
        ? { code: 'AccessDenied', status: 403 }
        : undefined;
    const { code, stdout, stderr } = await allowlist('explain 54.216.9.3');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^No target could be read\. These credentials may not call GetIPSet of WAFV2/);
  });
});

describe('history', () => {
  it('history has a line per change, oldest first, and mentions a pending removal once', async () => {
    const { code, stdout } = await allowlist('history');
    expect(code).toBe(0);
    const messages = rowsOf(stdout).map(([, message = '']) => message);
    const about = (text: string) => messages.filter((message) => message.includes(text));
    expect(messages[1]).toMatch(/^US: \+6 -0 in IP set IntercomAllowlist-v4, now 6 ranges; 6? ?.* added; feed of /);
    expect(about(`${ARRIVES} added`)).toHaveLength(2);
    expect(about(`${TOO_MANY} not added: plan`).filter((message) => /awaits approval/.test(message))).toHaveLength(2);
    expect(about(`${TOO_MANY} added`)).toHaveLength(2);
    expect(
      about('to be removed when the grace period ends').some((message) => /reported by \d+ runs until/.test(message)),
    ).toBe(true);
    // A plan changed nothing.
    expect(about('would be')).toEqual([]);
  });

  it('history --json prints the records', async () => {
    const [first] = await json<HistoryEntry[]>('history --days 1');
    expect(first).toMatchObject({
      record: 'diff',
      mode: 'apply',
      target: outputs.Ipv4IpSetArn,
      region: 'us',
      times: 1,
    });
    expect(first?.added).toHaveLength(6);
  });

  it('history says who asked for a change', async () => {
    const { stdout } = await allowlist('history');
    expect(stdout).toMatch(new RegExp(`${TOO_MANY} added; feed of ${TODAY}; by arn:aws:`));
    expect(stdout).toContain('; by deployment');
  });

  it('history is limited to a time, an Intercom region and a target', async () => {
    const entries = await json<HistoryEntry[]>(`history --intercom-region eu --target ${group}`);
    expect(new Set(entries.map(({ region, target }) => `${region} ${target}`))).toEqual(new Set([`eu ${group}`]));
    expect(await json<HistoryEntry[]>('history --target IntercomAllowlist-v4')).not.toEqual([]);
    expect(await json<HistoryEntry[]>('history --since 2020-01-01 --until 2020-12-31')).toEqual([]);
    const { code, stderr } = await allowlist('history --since 2026-01-02 --until 2026-01-01');
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr:
        '--since 2026-01-02T00:00:00.000Z is after --until 2026-01-01T23:59:59.999Z. Nothing was read. Give an earlier --since\n',
    });
    const past = await allowlist('history --until 2020-12-31');
    expect(past).toMatchObject({ code: 0, stderr: '' });
  });

  it('history --csv has one row per range and target, also of removed ranges, with who added and removed it', async () => {
    const { code, stdout } = await allowlist(`history --csv --target ${group}`);
    const [head, ...rows] = stdout.trimEnd().split('\n');
    expect(code).toBe(0);
    expect(head).toBe(
      'target,range,intercom_regions,allowed_from,allowed_until,added_by,added_in_run,removed_by,removed_in_run',
    );
    const rowOf = (range: string) => rows.filter((row) => row.split(',')[1] === range).map((row) => row.split(','));
    expect(rows.map((row) => row.split(',')[0])).toEqual(rows.map(() => group));
    const run = expect.stringMatching(/^[0-9a-f-]{36}$/);
    expect(rowOf(TOO_MANY)).toEqual([
      [group, TOO_MANY, 'eu', expect.any(String), '', expect.stringMatching(/^arn:/), run, '', ''],
    ]);
    expect(rowOf('34.197.76.213/32')).toMatchObject([{ 2: 'us', 4: '', 5: 'deployment' }]);
  });

  it('a closed pipe is no error', async () => {
    const { stdout, stderr } = await allowlist('history --json', {
      NODE_OPTIONS: `${emulator.environment.NODE_OPTIONS} --require ${JSON.stringify(join(__dirname, 'closed-pipe.cjs'))}`,
    });
    expect({ stdout, stderr }).toEqual({ stdout: '', stderr: '' });
  });
});

describe('send-test', () => {
  it('send-test sends a ping that the deployed receiver answers with 200', async () => {
    const url = invokeUrl(emulator, outputs);
    expect(await json(`send-test --url ${url}`)).toMatchObject({ url, topic: 'ping', status: 200 });
  });

  it('send-test with a topic reaches the event bus', async () => {
    const { code, stdout } = await allowlist(
      `send-test --topic conversation.user.created --url ${invokeUrl(emulator, outputs)}`,
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /: 200 in \d+ ms\. The signature is valid, and the notification is on its way to the event bus IntercomAllowlist-notifications\.\n$/,
    );
  });

  it.each([
    [401, /The receiver uses a different secret/],
    [403, /The web ACL blocked this machine, as it blocks/],
    [503, /The receiver could not verify or store the notification/],
    [500, /Intercom treats this as a failure/],
  ])('%d -> 1, and what it means', async (status, meaning) => {
    const bodies: { body: string; signature: unknown; agent: unknown }[] = [];
    const url = await serve(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      bodies.push({ body, signature: request.headers['x-hub-signature'], agent: request.headers['user-agent'] });
      response.writeHead(status).end();
    });
    const { code, stdout, stderr } = await allowlist(`send-test --url ${url}/hook`);
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    expect(stdout).toMatch(meaning);
    const [{ body = '', signature, agent } = {}] = bodies;
    expect(signature).toBe(`sha1=${createHmac('sha1', SECRET).update(body).digest('hex')}`);
    expect(agent).toBe('intercom-parrot-service-client/1.0');
    expect(JSON.parse(body)).toMatchObject({
      type: 'notification_event',
      topic: 'ping',
      data: { item: { type: 'ping' } },
    });
  });

  it('send-test exits with 1 if the webhook cannot be reached', async () => {
    const { code, stderr } = await allowlist('send-test --url http://127.0.0.1:1/hook');
    expect(code).toBe(1);
    expect(stderr).toMatch(/^Could not reach http:\/\/127\.0\.0\.1:1\/hook: .*\. Check the URL and the network\n$/);
  });

  it('send-test sends nothing to the host name of an emulated stack', async () => {
    const { code, stdout, stderr } = await allowlist('send-test');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^AWS_ENDPOINT_URL points to this machine, .*Nothing was sent\..*--url\n$/);
    expect(proxy.calls).not.toContain('GetSecretValue');
  });
});

describe('what goes wrong is one line on standard error, without a trace, and 1', () => {
  const noCredentials = { AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined };

  test.each<[what: string, args: string, environment: Environment, message: RegExp]>([
    [
      'no such stack',
      'status --stack Elsewhere',
      {},
      /^No stack Elsewhere in account 000000000000, AWS Region us-east-1\. .*--stack, --region or --profile/,
    ],
    [
      'another Region',
      'plan --region eu-west-1',
      {},
      /^No stack IntercomAllowlist in account 000000000000, AWS Region eu-west-1\. /,
    ],
    [
      'no Region',
      'plan',
      { AWS_REGION: undefined, AWS_DEFAULT_REGION: undefined },
      /^No AWS Region is set\. .*--region or set AWS_REGION$/,
    ],
    ['no credentials', 'plan', noCredentials, /^No AWS credentials: .*aws sso login.*--profile$/],
    ['no such profile', 'plan --profile nobody', {}, /^No AWS credentials for profile nobody: /],
    [
      'nobody there',
      'plan',
      { AWS_ENDPOINT_URL: 'http://127.0.0.1:1' },
      /^Could not reach AWS for DescribeStacks of CloudFormation: .*AWS_ENDPOINT_URL/,
    ],
    ['another stack', 'status --stack CDKToolkit', {}, /^Stack CDKToolkit \(.*\) has no output SyncFunctionName\. /],
  ])('%s', async (_what, args, more, message) => {
    const { code, stdout, stderr } = await allowlist(args, more);
    expect({ code, stdout, lines: stderr.trimEnd().split('\n').length }).toEqual({ code: 1, stdout: '', lines: 1 });
    expect(stderr.trimEnd()).toMatch(message);
  });

  it('without any permission the error names the call', async () => {
    const text =
      '<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>User: arn:aws:iam::000000000000:user/eve is not authorized to perform: cloudformation:DescribeStacks</Message></Error></ErrorResponse>';
    const endpoint = await serve((_request, response) =>
      response.writeHead(403, { 'content-type': 'text/xml' }).end(text),
    );
    const { code, stdout, stderr } = await allowlist('status', { AWS_ENDPOINT_URL: endpoint });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toBe(
      'These credentials may not call DescribeStacks of CloudFormation: User: arn:aws:iam::000000000000:user/eve is not authorized to ' +
        'perform: cloudformation:DescribeStacks. Nothing was done. Ask for the permission: docs/command-line.md lists all permissions\n',
    );
  });

  test.each([
    ['status', 'Scan', 'DynamoDB'],
    ['history', 'FilterLogEvents', 'CloudWatchLogs'],
    ['send-test --url http://127.0.0.1:1', 'GetSecretValue', 'SecretsManager'],
  ])('no permission for one call: %s names %s of %s', async (args, call, service) => {
    proxy.fault = (name) => (name === call ? { code: 'AccessDeniedException' } : undefined);
    const { code, stdout, stderr } = await allowlist(args);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(new RegExp(`^These credentials may not call ${call} of ${service}: injected\\. .*\n$`));
  });

  it('expired credentials are one line of error', async () => {
    proxy.fault = (call) => (call === 'Scan' ? { code: 'ExpiredTokenException' } : undefined);
    const { code, stderr } = await allowlist('status');
    expect(code).toBe(1);
    expect(stderr).toMatch(/^AWS does not accept these credentials for Scan of DynamoDB: .*Sign in again\n$/);
  });
});

describe('the usual AWS environment', () => {
  it('a named profile decides credentials and Region, whatever the environment holds', async () => {
    const config = join(emulator.home, 'config');
    await writeFile(
      config,
      '[profile ops]\nregion = us-east-1\naws_access_key_id = AKIAOPS\naws_secret_access_key = x\n',
    );
    const { code, stderr } = await allowlist('explain 54.216.9.3 --profile ops', {
      AWS_CONFIG_FILE: config,
      AWS_REGION: undefined,
      AWS_DEFAULT_REGION: undefined,
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect([...proxy.accessKeys]).toContain('AKIAOPS');
  });

  it('AWS_DEFAULT_REGION is a sufficient Region', async () => {
    const { code } = await allowlist('explain 54.216.9.3', { AWS_REGION: undefined, AWS_DEFAULT_REGION: 'us-east-1' });
    expect(code).toBe(0);
  });
});

describe('as the documentation says', () => {
  it('`npx intercom-allowlist` runs the command line without a network', async () => {
    const { stdout } = await promisify(execFile)('npx', ['allowlist', 'explain', '54.216.9.3'], {
      cwd: ROOT,
      env: environment(),
    });
    expect(stdout).toMatch(/^54\.216\.9\.3 is allowed by /);
  });

  it('an operator needs only the permissions that the documentation lists', async () => {
    const readme = await readFile(join(ROOT, 'docs', 'command-line.md'), 'utf8');
    const [, section = ''] = /## Permissions\n(.*?)(\n## |$)/s.exec(readme) ?? [];
    const listed = [...section.matchAll(/\b[a-z0-9]+:([A-Z][A-Za-z]+)/g)].map(([, action]) => action);
    // Everybody may ask who they are.
    const used = [...made].map(actionOf).filter((action) => action !== 'GetCallerIdentity');
    expect(used).toContain('FilterLogEvents');
    expect(listed).toEqual(expect.arrayContaining(used));
  });
});

test('no command ever wrote the secret', () => {
  expect(written.length).toBeGreaterThan(60);
  expect(written.filter((text) => text.includes(SECRET))).toEqual([]);
});
