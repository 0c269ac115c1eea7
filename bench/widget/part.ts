import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { marshall } from '@aws-sdk/util-dynamodb';
import type { OwnedRange } from '../../lambda/sync/plan/ownership';
import { parseRange } from '../../lambda/sync/ranges/range';
import type { SyncReport } from '../../lambda/sync/report';
import { feedItem, targetItem } from '../../lambda/sync/state/items';
import { freshFeed, quietTarget, reportOf } from '../../test/sync/report-builders';
import { bundle, ENTRIES } from '../bundles';
import { figureOf, table, withSpread } from '../figures';
import { inScratchFolder } from '../fresh-process';
import { functionEnvironment } from '../function-environment';
import type { BenchOptions, Part, PartResult } from '../part';
import { addresses } from '../sync/account';
import { type Invocation, invoke } from '../sync/invoke';

const SIZES = [12, 500];
const RUNS_A_DAY = 34;
const REACH = { milliseconds: 300, kilobytes: 100 } as const;

/** What a person waits for who opens the dashboard: the first answer of a new process, AWS answering at once. */
export const widget: Part = {
  name: 'widget',
  title: 'What the widget takes',
  run: (options) => inScratchFolder((home) => measureAll(home, options)),
};

async function measureAll(home: string, { short, progress }: BenchOptions): Promise<PartResult> {
  const file = join(home, 'widget.js');
  bundle(ENTRIES.widget, file);
  const results: { size: number; calls: Invocation[] }[] = [];
  for (const size of SIZES) {
    progress(`${size} ranges`);
    const calls = await answering(answersFor(addresses(size)), async (endpoint) => {
      const env = functionEnvironment(endpoint, home);
      const these: Invocation[] = [];
      for (let run = 0; run < (short ? 1 : 11); run++) these.push(await invoke(file, {}, env));
      return these;
    });
    results.push({ size, calls });
  }
  return resultOf(results);
}

function resultOf(results: readonly { size: number; calls: readonly Invocation[] }[]): PartResult {
  const rows = results.map(({ size, calls }) => ({
    size,
    milliseconds: figureOf(calls.map(({ seconds }) => seconds * 1000)),
    kilobytes: Buffer.byteLength(String(calls[0]?.answer)) / 1000,
  }));
  const slowest = Math.max(...rows.map(({ milliseconds }) => milliseconds.median));
  const largest = Math.max(...rows.map(({ kilobytes }) => kilobytes));
  return {
    text: `The first answer of a new process with ${RUNS_A_DAY} runs of the last day, AWS's answers coming at once from a stub on this machine;
loading the bundle is with the cold starts.

${table(
  ['ranges', 'answer, ms', 'KB'],
  rows.map(({ size, milliseconds, kilobytes }) => [String(size), withSpread(milliseconds), kilobytes.toFixed(1)]),
)}`,
    reaches: [
      { text: `under ${REACH.milliseconds} ms: ${slowest.toFixed(0)} ms`, reached: slowest < REACH.milliseconds },
      { text: `under ${REACH.kilobytes} KB: ${largest.toFixed(0)} KB`, reached: largest < REACH.kilobytes },
    ],
  };
}

/** What AWS answers of a stack that allows these ranges. */
function answersFor(ranges: readonly string[]): Readonly<Record<string, object>> {
  const now = new Date();
  const owned: OwnedRange[] = ranges.map((range) => ({
    range: parseRange(range),
    regions: ['us'],
    addedAt: now.toISOString(),
  }));
  const day = now.toISOString().slice(0, 10);
  const source = 'https://static.intercomcdn.com/intercom-ips/us/intercom-ip-ranges.json';
  const feed = { region: 'us', source, etag: undefined, date: day, newestDate: day } as const;
  const items = [feedItem({ ...feed, ranges: owned.map(({ range }) => range) }), targetItem('set', owned)];
  const events = Array.from({ length: RUNS_A_DAY }, (_, i) => ({
    timestamp: now.getTime() - i * 3_600_000,
    message: JSON.stringify({ record: 'run', level: 'INFO', message: 'Sync in-sync', ...runOf(ranges, day) }),
  }));
  return {
    'DynamoDB_20120810.Scan': {
      Items: items.map((item) => marshall({ ...item, version: 1 }, { removeUndefinedValues: true })),
    },
    'Logs_20140328.FilterLogEvents': { events },
  };
}

function runOf(ranges: readonly string[], date: string): SyncReport {
  const nothing = { added: [], removed: [], pendingRemoval: [], refused: { added: [], removed: [] } };
  return reportOf({
    feeds: [freshFeed({ ranges, date })],
    targets: [quietTarget({ regions: [{ ...nothing, region: 'us', inForce: ranges.length }] })],
  });
}

/** Answers AWS's JSON calls by their names for as long as the work takes. */
async function answering<T>(answers: Readonly<Record<string, object>>, work: (endpoint: string) => Promise<T>) {
  const server = createServer(async (request, response) => {
    await text(request);
    response.end(JSON.stringify(answers[String(request.headers['x-amz-target'])] ?? {}));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    return await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}
