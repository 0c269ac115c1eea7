import * as v from 'valibot';
import { isIntercomRegion } from '../../shared/intercom-regions';
import { targetName } from '../../shared/target-name';
import { whyUndone } from './awaiting';
import { RegionResult, RunRecord, TargetResult } from './run-record';

const Ranges = v.pipe(v.array(v.string()), v.readonly());

/** One log record per target and region: what changed, would change, is pending or awaits approval. */
export const ChangeRecord = v.object({
  /** The record in one line. */
  message: v.string(),
  record: v.literal('diff'),
  runId: v.string(),
  mode: RunRecord.entries.mode,
  /** Who asked for the run, as the caller said. */
  by: RunRecord.entries.by,
  /** The target's id. */
  target: v.string(),
  kind: TargetResult.entries.kind,
  outcome: TargetResult.entries.outcome,
  region: RegionResult.entries.region,
  added: Ranges,
  removed: Ranges,
  /** The added and removed ranges that repair changes of others. */
  drift: Ranges,
  pending: Ranges,
  awaitingApprovalAdded: Ranges,
  awaitingApprovalRemoved: Ranges,
  /** How many ranges of the region are in force in the target. */
  inForce: v.number(),
  /** `YYYY-MM-DD` as published. A log line omits null fields. */
  feedDate: v.optional(v.nullable(v.string()), null),
  planId: v.optional(v.nullable(v.string()), null),
  /** The id of the plan that was declined, and who declined it, as the caller said. */
  declined: v.optional(v.nullable(v.string()), null),
  declinedBy: v.optional(v.nullable(v.string()), null),
  /** The number of this part of a long list, from 1, and how many parts there are. */
  part: v.number(),
  parts: v.number(),
});

export type ChangeRecord = v.InferOutput<typeof ChangeRecord>;

/** About 50 KB of JSON: a log event can have 256 KB, and a query result shows the whole record in one row. */
const RANGES_PER_RECORD = 1000;
/** A message with more ranges than this counts them instead of listing them. The record always lists them. */
const RANGES_PER_MESSAGE = 6;

type Lists = Pick<ChangeRecord, 'added' | 'removed' | 'pending' | 'awaitingApprovalAdded' | 'awaitingApprovalRemoved'>;

/**
 * The records of one run. There are none for a target that is in sync with nothing pending, and none for a target that was planned by a
 * run that ended before it applied anything.
 */
export function changeRecords(report: RunRecord): ChangeRecord[] {
  const dates = new Map<string, string | null>(report.feeds.map(({ region, date }) => [region, date]));
  const targets = report.targets.filter(({ outcome }) => report.mode === 'plan' || outcome !== 'planned');
  return targets.flatMap((target) =>
    target.byRegion.flatMap((share) => recordsOf(report, target, share, dates.get(share.region) ?? null)),
  );
}

function recordsOf(
  { runId, mode, by }: RunRecord,
  { id, kind, outcome, planId, declined, declinedBy, drift }: TargetResult,
  { region, inForce, added, removed, pendingRemoval, awaitingApproval }: RegionResult,
  feedDate: string | null,
): ChangeRecord[] {
  const lists = {
    added,
    removed,
    pending: pendingRemoval,
    awaitingApprovalAdded: awaitingApproval.added,
    awaitingApprovalRemoved: awaitingApproval.removed,
  };
  const pages = split(lists);
  const drifted = new Set(drift);
  const isAny = awaitingApproval.added.length + awaitingApproval.removed.length > 0;
  const plan = isAny ? { planId, declined, declinedBy } : { planId: null, declined: null, declinedBy: null };
  return pages.map((page, i) => {
    const record = {
      record: 'diff',
      runId,
      mode,
      by,
      target: id,
      kind,
      outcome,
      region,
      ...page,
      drift: [...page.added, ...page.removed].filter((range) => drifted.has(range)),
      inForce,
      feedDate,
    } as const;
    const numbered = { ...record, ...plan, part: i + 1, parts: pages.length };
    return { message: messageOf(numbered), ...numbered };
  });
}

/** Splits the lists into pages of at most `RANGES_PER_RECORD` ranges, in the order of the lists. No page if all lists are empty. */
function split(lists: Lists): Lists[] {
  const items = (Object.keys(lists) as (keyof Lists)[]).flatMap((list) =>
    lists[list].map((range) => ({ list, range })),
  );
  const pages = Array.from({ length: Math.ceil(items.length / RANGES_PER_RECORD) }, (_, i) =>
    items.slice(i * RANGES_PER_RECORD, (i + 1) * RANGES_PER_RECORD),
  );
  return pages.map((page) => {
    const of = (list: keyof Lists) => page.filter((item) => item.list === list).map(({ range }) => range);
    return {
      added: of('added'),
      removed: of('removed'),
      pending: of('pending'),
      awaitingApprovalAdded: of('awaitingApprovalAdded'),
      awaitingApprovalRemoved: of('awaitingApprovalRemoved'),
    };
  });
}

/** `US: +1 -0 in IP set IntercomAllowlist-v4, now 7 ranges; 3.5.7.9/32 added; feed of 2026-11-23` */
function messageOf(record: Omit<ChangeRecord, 'message'>): string {
  const { mode, target, kind, region, added, removed, inForce, feedDate, part, parts } = record;
  const undone = whyUndone({ ...record, declinedAt: null });
  const would = mode === 'plan' ? 'would be ' : '';
  const what = [
    listed(added, `${would}added`),
    listed(removed, `${would}removed`),
    listed(record.drift, 'had drifted'),
    listed(record.pending, 'to be removed when the grace period ends'),
    listed(record.awaitingApprovalAdded, `not added: ${undone}`),
    listed(record.awaitingApprovalRemoved, `not removed: ${undone}`),
  ].filter((text) => text !== '');
  const head = `${region.toUpperCase()}: +${added.length} -${removed.length} in ${targetName({ id: target, kind })}, now ${inForce} ranges`;
  const page = parts > 1 ? [`part ${part} of ${parts}`] : [];
  const feed = !isIntercomRegion(region) ? [] : [feedDate ? `feed of ${feedDate}` : 'undated feed'];
  return [head, ...what, ...feed, ...page].join('; ');
}

function listed(ranges: readonly string[], done: string): string {
  if (ranges.length === 0) return '';
  const text = ranges.length > RANGES_PER_MESSAGE ? `${ranges.length} ranges` : ranges.join(', ');
  return `${text} ${done}`;
}
