import { join } from 'node:path';
import { CloudWatchLogsClient, DeleteLogGroupCommand } from '@aws-sdk/client-cloudwatch-logs';
import { DeleteTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { GetFunctionConfigurationCommand, InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { clientConfig } from '../../dev/closed-environment';
import { bootstrap, deploy, invokeDeployedSync, type Outputs, readSyncRuns } from '../../dev/deployment';
import type { Emulator } from '../../dev/emulator';
import { editFeed, type FeedServer, serveFeeds, writePublishedFeeds } from '../../dev/feeds';
import { invokeWidget, pressButton } from '../../dev/widget-page';
import { Env } from '../../lambda/shared/constants';
import { startCheckedEmulator } from './checked-emulator';
import { anyDayOfTests, TODAY, YESTERDAY } from './days';
import { Account } from './fixtures';
import { PUBLISHED } from './harness';

const ARRIVES = '34.195.12.34/32';
const LEAVES = '34.231.68.152/32';
const FLOOD = '34.196.0.0/22';

let emulator: Emulator;
let feeds: FeedServer;
let outputs: Outputs;
const client = <T>(Client: new (config: ReturnType<typeof clientConfig>) => T) =>
  new Client(clientConfig(emulator.endpoint));
const look = () => invokeWidget(emulator, outputs);
const press = (parameters: object) => pressButton(emulator, outputs, parameters);
const inForce = async () =>
  (await new Account(clientConfig(emulator.endpoint)).ipSet(outputs.Ipv4IpSetArn ?? '')).addresses;

beforeAll(async () => {
  emulator = await startCheckedEmulator();
  feeds = await serveFeeds(join(emulator.home, 'feeds'));
  await writePublishedFeeds(feeds.directory, YESTERDAY);
  await bootstrap(emulator);
  outputs = await deploy(emulator, { feedBaseUrl: feeds.baseUrl });
});
afterAll(async () => {
  await feeds?.stop();
  await emulator?.stop();
});

/** The buttons in some HTML, as CloudWatch finds them: which function each calls, with which parameters. */
function buttonsIn(widget: string): { label: string; endpoint: string; parameters: object }[] {
  const pattern = /<button[^>]*>([^<]+)<\/button><cwdb-action action="call"[^>]* endpoint="([^"]+)"[^>]*>([^<]+)</g;
  return [...widget.matchAll(pattern)].map(([, label = '', endpoint = '', parameters = '']) => ({
    label,
    endpoint,
    parameters: JSON.parse(parameters),
  }));
}

async function invokeRaw(payload: object): Promise<unknown> {
  const invoke = new InvokeCommand({ FunctionName: outputs.WidgetFunctionName, Payload: JSON.stringify(payload) });
  const { Payload } = await client(LambdaClient).send(invoke);
  return JSON.parse(Payload?.transformToString() ?? '');
}

async function environmentOf(FunctionName: string | undefined): Promise<Record<string, string>> {
  const { Environment } = await client(LambdaClient).send(new GetFunctionConfigurationCommand({ FunctionName }));
  return Environment?.Variables ?? {};
}

/** Publishes the US feed of today with one more range, and one fewer unless it stays. */
async function publish(...more: string[]): Promise<void> {
  await writePublishedFeeds(feeds.directory, TODAY);
  await editFeed(feeds.directory, 'us', (feed) => ({
    ...feed,
    ip_ranges: [
      ...feed.ip_ranges.filter(({ range }) => range !== LEAVES),
      ...more.map((range) => ({ range, region: 'US', service: 'INTERCOM-OUTBOUND' })),
    ],
  }));
}

describe('the widget', () => {
  it('answers describe with its documentation in Markdown', async () => {
    expect(await invokeRaw({ describe: true })).toMatch(/^## Intercom allowlist\n[^<]*### Buttons/);
  });

  it('shows the ranges of the first run, since when they are in force, and that everything is healthy', async () => {
    const widget = await look();
    expect(widget).toContain('✓ Healthy');
    const day = anyDayOfTests();
    for (const range of PUBLISHED) expect(widget).toMatch(RegExp(`<bdi>${range}</bdi></td><td class="day">${day}`));
    expect(widget).toMatch(RegExp(`<title>US ${day}: 6 added</title>`));
    expect(widget).toContain('6 US, 3 EU, 3 AU');
  });

  it('adapts to theme and width', async () => {
    const dark = await invokeWidget(emulator, outputs, { theme: 'dark', width: 400 });
    expect(dark).toContain('color-scheme:dark');
    expect(dark).toContain(
      '<svg role="img" aria-label="Timeline of changes; the list below says the same" width="352"',
    );
  });

  it('has buttons that call the action function', async () => {
    const buttons = buttonsIn(await look());
    expect(buttons.map(({ label, parameters }) => [label, parameters])).toEqual([
      ['Plan', { mode: 'plan' }],
      ['Sync now', { mode: 'apply' }],
    ]);
    for (const { endpoint } of buttons) expect(endpoint.split(':').at(-1)).toBe(outputs.WidgetActionFunctionName);
  });
});

describe('the buttons', () => {
  it('Plan shows the changes of a sync, and writes nothing', async () => {
    await publish(ARRIVES);
    const result = await press({ mode: 'plan' });
    expect(result).toContain('A sync would make these changes; 1 range to be removed later');
    expect(result).toContain(`1 range would be added: <bdi>${ARRIVES}</bdi>`);
    expect(await inForce()).toEqual(PUBLISHED);
    expect(await look()).toContain('plan: planned');
  });

  it('Sync now applies them, and the widget then shows the added range and the pending removal', async () => {
    expect(await press({ mode: 'apply' })).toContain(`1 range added: <bdi>${ARRIVES}</bdi>`);
    expect(await inForce()).toEqual([...PUBLISHED, ARRIVES].sort());
    const widget = await look();
    expect(widget).toMatch(RegExp(`<bdi>${ARRIVES}</bdi></td><td class="day">${anyDayOfTests()}`));
    const [record] = (await readSyncRuns(emulator, outputs)).reverse();
    const [pending] = record?.targets.flatMap(({ pendingRemoval }) => pendingRemoval) ?? [];
    const after = pending?.removeAfter.slice(0, 16).replace('T', ' ');
    expect(pending?.range).toBe(LEAVES);
    expect(widget).toContain(
      `<bdi>${LEAVES}</bdi><div class="wait">no longer published; removed after ${after} unless published again`,
    );
    expect(widget).toContain('1 to be removed, unless published again');
  });

  it('Approve this plan applies the plan', async () => {
    await publish(ARRIVES, FLOOD);
    const awaitingApproval = await press({ mode: 'apply' });
    expect(awaitingApproval).toContain('Nothing was changed: an approval is needed');
    const approve = buttonsIn(await look()).find(({ label }) => label === 'Approve this plan');
    expect(buttonsIn(awaitingApproval)).toContainEqual(approve);
    expect(await inForce()).not.toContain(FLOOD);
    expect(await press(approve?.parameters ?? {})).toContain(`<bdi>${FLOOD}</bdi>`);
    expect(await inForce()).toContain(FLOOD);
    expect(buttonsIn(await look()).map(({ label }) => label)).toEqual(['Plan', 'Sync now']);
  });

  it('an approval of an unknown plan says so, and changes nothing', async () => {
    const before = await inForce();
    expect(await press({ approve: 'ffffffffffff' })).toContain('No plan ffffffffffff awaits approval');
    expect(await inForce()).toEqual(before);
  });

  it('the action function does nothing without a button', async () => {
    const runs = (await readSyncRuns(emulator, outputs)).length;
    expect(await press({})).toContain('Nothing was done');
    expect(await readSyncRuns(emulator, outputs)).toHaveLength(runs);
  });
});

describe('in case of failures', () => {
  it('a feed that tries to inject HTML is shown as text', async () => {
    await publish(ARRIVES, FLOOD, '<script>pwned()</script>');
    await invokeDeployedSync(emulator, outputs);
    const widget = await look();
    expect(widget).not.toContain('<script');
    expect(widget).toContain('Rejected in the US feed: &#x3c;script&#x3e;pwned()&#x3c;/script&#x3e; (');
    expect(widget).toContain('The US feed is untrusted: none of its ranges are removed');
    expect(widget).toMatch(/no longer published; not removed: <bdi class="prose">the us feed is untrusted/);
  });

  it('a failed sync says why, in the window and in the widget', async () => {
    for (const region of ['us', 'eu', 'au'] as const) {
      await editFeed(feeds.directory, region, () => ({ ip_ranges: [], date: TODAY }));
    }
    expect(await press({ mode: 'apply' })).toMatch(/The run failed<\/h2>.*No feed could be used/s);
    const widget = await look();
    expect(widget).toContain('The EU feed is not usable: the present ranges stay in force');
    expect(widget).toContain('<td class="outcome bad">failed</td>');
  });

  it("the widget shows the ranges without the sync's log, and says what is missing", async () => {
    const { [Env.syncLogGroup]: logGroupName } = await environmentOf(outputs.WidgetFunctionName);
    await client(CloudWatchLogsClient).send(new DeleteLogGroupCommand({ logGroupName }));
    const widget = await look();
    expect(widget).toContain('the sync&#x27;s log could not be read: ');
    expect(widget).toContain(`<bdi>${ARRIVES}</bdi>`);
  });

  it('the widget says what it means if the state table is missing as well', async () => {
    const { [Env.stateTable]: TableName } = await environmentOf(outputs.WidgetFunctionName);
    await client(DynamoDBClient).send(new DeleteTableCommand({ TableName }));
    const widget = await look();
    expect(widget).toContain('The ranges in force can&#x27;t be shown. Could not read state table');
    expect(widget).toContain('✗ Needs attention: 2 warnings');
  });

  it('a sync without its state table says why it failed', async () => {
    expect(await press({ mode: 'apply' })).toContain('Could not read state table');
  });
});
