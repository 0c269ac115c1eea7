import { fallbackRanges } from '../../lambda/core/feed/fallback';
import { formatRange, parseRange } from '../../lambda/core/ranges/range';
import type { RegionResult, TargetResult } from '../../lambda/core/report/run-record';
import { INTERCOM_REGIONS, type IntercomRegion } from '../../lambda/shared/intercom-regions';
import { NO_MESSAGES, type State } from '../../lambda/sync/state/items';
import { type Overview, overviewOf } from '../../lambda/widget/overview';
import type { Change, RunEntry } from '../../lambda/widget/records';
import { freshFeed, quietTarget, reportOf } from '../core/report/builders';

/** When the samples are viewed. */
export const NOW = '2026-11-25T09:20:00.000Z';
/** The function that the buttons of the samples call. */
export const ACTIONS = 'arn:aws:lambda:eu-west-1:111122223333:function:IntercomAllowlist-WidgetAction';

const SET = 'arn:aws:wafv2:eu-west-1:111122223333:regional/ipset/IntercomAllowlist-v4/0f1e2d3c-4b5a';
const FIRST_DAY = '2026-11-02T09:05:12.000Z';
const ARRIVED = '2026-11-18T09:05:10.000Z';
const LEAVING = '2026-11-25T09:05:11.000Z';
const DAY_MS = 24 * 60 * 60 * 1000;

type Owned = State['owned'] extends ReadonlyMap<string, readonly (infer T)[]> ? T : never;

/** What the widget shows in important situations, the same at every run. */
export const SAMPLES = {
  /** A fresh table and no run yet. */
  empty: () => sample({ owned: [], runs: [] }),
  /** The twelve published ranges, nothing to do. */
  calm: () => sample({ owned: published() }),
  /** The same with a range that was added, one that expires, and a plan that awaits approval. */
  busy: () => busy(),
  /** Five hundred ranges, of both families. */
  many: () => sample({ owned: [...many(430), ...many(70, 6)] }),
  /** Every text from outside tries to inject something, or is written from right to left. */
  hostile: () => hostile(),
} as const satisfies Record<string, () => Overview>;

/** Texts that would do harm if they were interpreted as HTML, a script, a style or an instruction. */
export const HOSTILE = [
  '<script>pwned()</script>',
  '"><img src=x onerror=pwned()>',
  "'><svg onload=pwned()>",
  '</style><script>pwned()</script>',
  '</cwdb-action><cwdb-action action="call" endpoint="arn:evil" event="mouseenter">{}</cwdb-action>',
  '<a href="javascript:pwned()">34.0.0.1/32</a>',
  '{{pwned()}}',
  '\u202e23/1.0.0.43\u202c',
  'مرحبا بالعالم 34.0.0.1/32 שלום',
  '\u0000\u001b[31m\ud800',
  'x'.repeat(3000),
] as const;

interface Situation {
  readonly owned: readonly Owned[];
  readonly runs?: readonly RunEntry[];
  readonly changes?: readonly Change[];
}

function sample({ owned, runs = [run()], changes = [] }: Situation): Overview {
  const state: State = {
    feeds: new Map(),
    owned: new Map([[SET, owned]]),
    declines: [],
    messages: NO_MESSAGES,
  };
  const log = { runs, changes, changesSince: undefined };
  return overviewOf(
    { state: { value: state }, log: { value: log } },
    { intercomRegions: INTERCOM_REGIONS, removalGraceHours: 24 },
    new Date(NOW),
  );
}

function busy(): Overview {
  const [leaves = ''] = fallbackRanges('us').map(formatRange);
  const owned = published().map((entry) =>
    formatRange(entry.range) === leaves ? { ...entry, absentSince: LEAVING } : entry,
  );
  const arrived = { range: parseRange('34.195.12.34'), intercomRegions: ['us' as const], addedAt: ARRIVED };
  const latest = run({ outcome: 'awaiting-approval', targets: [waiting('9f2c41d07a6e', leaves)] });
  const before = [
    { ...latest, at: minutesAgo(15) },
    ...[75, 135, 195].map((minutes) => run({ at: minutesAgo(minutes) })),
  ];
  const changes = [
    change(ARRIVED, 'us', ['34.195.12.34/32']),
    change('2026-11-12T10:05:09.000Z', 'eu', [], ['54.78.14.2/32']),
    change('2026-11-11T09:15:09.000Z', 'eu', ['54.216.9.3/32']),
    ...INTERCOM_REGIONS.map((region) => change(FIRST_DAY, region, fallbackRanges(region).map(formatRange))),
  ];
  return sample({ owned: [...owned, arrived], runs: [latest, ...before], changes });
}

/** A target in which one range is in its grace period, and others await approval. */
function waiting(planId: string, leaves: string): TargetResult {
  const error =
    'Awaiting approval: adding 1024 new addresses of EU, over 256 in a day. The current entries stay in force: ' +
    `notifications from the new ranges are blocked until then. Check the feed; if it is correct, invoke the sync with {"approve":"${planId}"}`;
  return target({
    outcome: 'awaiting-approval',
    pendingRemoval: [
      { range: leaves, absentSince: LEAVING, removeAfter: new Date(Date.parse(LEAVING) + DAY_MS).toISOString() },
    ],
    awaitingApproval: { added: ['54.72.0.0/22'], removed: [] },
    planId,
    error,
    byRegion: INTERCOM_REGIONS.map((region) => inForce(region, region === 'us' ? 7 : 3)),
  });
}

function hostile(): Overview {
  const targets = HOSTILE.map((text) =>
    target({
      id: text,
      outcome: 'failed',
      added: [text],
      removed: [text],
      deferred: [{ range: '34.195.12.34/32', reason: text }],
      pendingRemoval: [{ range: text, absentSince: text, removeAfter: text }],
      awaitingApproval: { added: [text], removed: [text] },
      planId: text,
      error: text,
    }),
  );
  const feeds = HOSTILE.map((text) =>
    freshFeed({ region: 'eu', status: 'invalid', date: text, rejected: [{ range: text, reason: text }], error: text }),
  );
  const deferred = { range: parseRange('34.195.12.34'), intercomRegions: ['us' as const], addedAt: HOSTILE[0] };
  const runs = HOSTILE.map((text) => run({ runId: text, message: text, outcome: 'failed', feeds, targets }));
  const changes = HOSTILE.map((text) => ({
    at: text,
    runId: text,
    region: 'us' as const,
    added: [text],
    removed: [text],
  }));
  return sample({ owned: [...published(), deferred], runs, changes });
}

function published(): Owned[] {
  return INTERCOM_REGIONS.flatMap((region) =>
    fallbackRanges(region).map((range) => ({ range, intercomRegions: [region], addedAt: FIRST_DAY })),
  );
}

function many(count: number, family: 4 | 6 = 4): Owned[] {
  return Array.from({ length: count }, (_, i) => ({
    range: parseRange(family === 4 ? `34.${i >> 8}.${i & 255}.7` : `2600:1f18:${i.toString(16)}00::/44`),
    intercomRegions: [i % 5 === 0 ? 'eu' : 'us'],
    addedAt: i % 3 === 0 ? ARRIVED : FIRST_DAY,
  }));
}

function change(at: string, region: IntercomRegion, added: readonly string[], removed: readonly string[] = []): Change {
  return { at, runId: at, region, added, removed };
}

function run(overrides: Partial<RunEntry> = {}): RunEntry {
  const feeds = INTERCOM_REGIONS.map((region) => freshFeed({ region, date: '2026-11-25' }));
  const message = 'Sync in-sync: all 1 targets in sync';
  return { ...reportOf({ feeds, targets: [target()] }), at: minutesAgo(5), message, ...overrides };
}

function target(overrides: Partial<TargetResult> = {}): TargetResult {
  return quietTarget({
    id: SET,
    byRegion: INTERCOM_REGIONS.map((region) => inForce(region, region === 'us' ? 6 : 3)),
    ...overrides,
  });
}

function inForce(region: IntercomRegion, ranges: number): RegionResult {
  const nothing = { added: [], removed: [], pendingRemoval: [], awaitingApproval: { added: [], removed: [] } };
  return { region, inForce: ranges, ...nothing };
}

function minutesAgo(minutes: number): string {
  return new Date(Date.parse(NOW) - minutes * 60_000).toISOString();
}
