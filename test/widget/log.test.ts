import { text } from 'node:stream/consumers';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { clientConfig } from '../../dev/closed-environment';
import { changeRecords } from '../../lambda/core/report/change-records';
import { readRecentActivity } from '../../lambda/widget/log';
import { quietTarget, reportOf } from '../core/report/builders';
import { type LocalServer, serve } from '../serve';

const NOW = new Date('2026-11-25T12:00:00Z');
const DAY_MS = 24 * 60 * 60 * 1000;

/** A page of the log, as CloudWatch Logs answers FilterLogEvents, latest first. */
interface Page {
  readonly events: { timestamp: number; message: string }[];
  readonly nextToken?: string;
}

let server: LocalServer;
let asked: Record<string, unknown>[];
let answer: (request: Record<string, unknown>) => Page;

beforeAll(async () => {
  server = await serve(async (request, response) => {
    const body = JSON.parse(await text(request));
    asked.push(body);
    response.setHeader('content-type', 'application/x-amz-json-1.1').end(JSON.stringify(answer(body)));
  });
});
beforeEach(() => {
  asked = [];
});
afterAll(() => server.stop());

function read() {
  const logs = new CloudWatchLogsClient(clientConfig(server.url));
  return readRecentActivity(logs, 'the-log', NOW, new AbortController().signal);
}

const isForRuns = ({ filterPattern }: Record<string, unknown>) => String(filterPattern).includes('"run"');
const runAt = (timestamp: number) => ({
  timestamp,
  message: JSON.stringify({ record: 'run', level: 'INFO', message: '', ...reportOf() }),
});
const ADDED = {
  added: ['34.0.0.1/32'],
  removed: [],
  pendingRemoval: [],
  awaitingApproval: { added: [], removed: [] },
};
const CHANGED = quietTarget({ byRegion: [{ region: 'us', inForce: 7, ...ADDED }] });
const changeAt = (timestamp: number) => ({
  timestamp,
  message: JSON.stringify(changeRecords(reportOf({ runId: String(timestamp), targets: [CHANGED] }))[0]),
});

it('the widget reads the runs of 26 hours and the changes of 30 days, latest first', async () => {
  answer = () => ({ events: [] });
  expect(await read()).toEqual({ runs: [], changes: [], changesSince: undefined });
  const search = { logGroupName: 'the-log', endTime: NOW.getTime(), startFromHead: false };
  expect(asked.sort((a, b) => Number(a.startTime) - Number(b.startTime))).toEqual([
    {
      ...search,
      startTime: NOW.getTime() - 30 * DAY_MS,
      filterPattern: '{ ($.record = "diff") && ($.mode = "apply") && (($.added[0] = "*") || ($.removed[0] = "*")) }',
    },
    { ...search, startTime: NOW.getTime() - 26 * 60 * 60 * 1000, filterPattern: '{ $.record = "run" }' },
  ]);
});

it('the widget continues after each page of the log, also an empty one', async () => {
  answer = (request) => {
    if (!isForRuns(request)) return { events: [] };
    if (!request.nextToken) return { events: [runAt(2)], nextToken: 'a' };
    return request.nextToken === 'a' ? { events: [], nextToken: 'b' } : { events: [runAt(1)] };
  };
  expect((await read()).runs.map(({ at }) => at)).toEqual(['1970-01-01T00:00:00.002Z', '1970-01-01T00:00:00.001Z']);
});

it('the widget reads the latest part of a log that is too long, and says how far back', async () => {
  const latest = Date.parse('2026-11-25T11:00:00Z');
  let page = 0;
  answer = (request) =>
    isForRuns(request) ? { events: [] } : { events: [changeAt(latest - page++ * 1000)], nextToken: 'more' };
  const log = await read();
  expect(log.changes).toHaveLength(5);
  expect(log.changesSince).toBe('2026-11-25T10:59:56.000Z');
  expect(asked).toHaveLength(6);
});

it('the widget says that it read nothing if it found nothing in that many pages', async () => {
  answer = (request) => (isForRuns(request) ? { events: [] } : { events: [], nextToken: 'more' });
  expect(await read()).toEqual({ runs: [], changes: [], changesSince: NOW.toISOString() });
});

it('the widget does not say that no run was recorded if the log was not read to its end', async () => {
  answer = (request) => ({ events: [], ...(isForRuns(request) && { nextToken: 'more' }) });
  await expect(read()).rejects.toThrow(/^CloudWatch Logs answered 5 pages without a run/);
});
