import type { FeedAssessment } from '../core/feed/assess';
import type { CurrentEntry, DesiredEntry, OwnershipRecord } from '../core/plan/entries';
import { desireRanges } from '../core/plan/plan';
import { formatRange } from '../core/ranges/range';
import { failedRecord, type TargetOutcome, toReport } from '../core/report/report';
import type { RunRecord } from '../core/report/run-record';
import { NoSuchPlanError, SyncFailedError } from '../core/report/summary';
import { messageOf } from '../shared/errors';
import { AWS_CLIENT, type AwsClients, type AwsConfig, makeClients, stateClient } from './clients';
import { type Deadline, NO_DEADLINE } from './deadline';
import { type Acquire, createRateLimiter } from './rate-limit';
import { type FeedTiming, readFeeds } from './read-feeds';
import { hasChanges, lastOf, type PlanContext, planTarget, reconcile, type TargetPlan } from './reconcile';
import type { Settings, SyncRequest } from './settings';
import { type State, sameOwned } from './state/items';
import { acquireLease, isUntouched, type LeaseOptions } from './state/lease';
import { StateStore } from './state/store';
import { discoverTargets } from './targets/discover';
import type { Target } from './targets/target';

/** What a run stands on. */
export interface SyncEnvironment {
  readonly settings: Settings;
  readonly runId: string;
  /** Receives the record of the run, also of one that failed. */
  readonly log: (report: RunRecord) => void;
  /** @default - the system's clock */
  readonly clock?: () => Date;
  /** When the run must end. @default - never */
  readonly deadline?: Deadline;
  /** How AWS is called. @default AWS_CLIENT */
  readonly aws?: AwsConfig;
  readonly timing?: {
    readonly feed?: FeedTiming;
    readonly lease?: LeaseOptions;
    readonly conflictBackoffMs?: number;
    readonly intervalMs?: number;
  };
}

/** What one run works with. */
interface Run extends Required<Pick<SyncEnvironment, 'settings' | 'deadline'>> {
  readonly approve: string | undefined;
  readonly now: Date;
  readonly clients: AwsClients;
  readonly store: StateStore;
  readonly feedTiming: FeedTiming | undefined;
  readonly conflictBackoffMs: number | undefined;
  /** See `turnsAt`. */
  readonly intervalMs: number | undefined;
}

/** Everything read and planned; nothing written. */
interface Preparation {
  readonly state: State;
  readonly feeds: readonly FeedAssessment[];
  readonly outcomes: readonly TargetOutcome[];
  readonly context: PlanContext;
}

/**
 * One run over all targets: read the feeds, read the targets, plan; then, unless there is nothing to do or it is only a plan,
 * take the lease and apply. A run with nothing to do writes nothing anywhere.
 *
 * @throws SyncFailedError after everything that could be done was done
 * @throws NoSuchPlanError when the plan that is approved does not wait, or no longer
 * @throws LeaseHeldError @throws StateUnavailableError
 */
export async function sync({ mode, approve }: SyncRequest, environment: SyncEnvironment): Promise<RunRecord> {
  const { settings, runId, log, aws = AWS_CLIENT, clock = () => new Date(), timing } = environment;
  const { deadline = NO_DEADLINE } = environment;
  const clients = makeClients(aws, deadline);
  const store = new StateStore(clients.state, settings.stateTable);
  const { feed: feedTiming, conflictBackoffMs, intervalMs } = timing ?? {};
  const run: Run = {
    settings,
    deadline,
    approve,
    now: clock(),
    clients,
    store,
    feedTiming,
    conflictBackoffMs,
    intervalMs,
  };
  const report = ({ feeds, outcomes }: Preparation) => toReport(runId, mode, feeds, outcomes);

  let prepared = await prepare(run);
  if (approve) assertWaits(approve, prepared, report);
  if (mode === 'plan' || isSettled(prepared)) return conclude(report(prepared), log);

  const lease = await acquireLease(stateClient(aws), settings.stateTable, runId, { clock, ...timing?.lease });
  try {
    // Nobody else applies now. If somebody did since this run looked, its plan is old.
    if (!isUntouched(store.lease, lease.before)) prepared = await prepare(run);
    if (approve) assertWaits(approve, prepared, report);
    prepared = await applyAll(prepared, run);
    const unsaved = await saveFeeds(prepared.feeds, store);
    const applied = report(prepared);
    const concluded = conclude(unsaved ? failedRecord(applied, messageOf(unsaved)) : applied, log);
    // A target that changed under our hands was planned anew, and then another plan may have come out.
    if (approve) assertWaits(approve, prepared, report);
    return concluded;
  } finally {
    // A lease that can't be given up expires by itself; the run's own result matters more.
    await lease.release().catch(() => undefined);
  }
}

function conclude(report: RunRecord, log: SyncEnvironment['log']): RunRecord {
  log(report);
  if (report.outcome === 'failed') throw new SyncFailedError(report);
  return report;
}

function assertWaits(approve: string, prepared: Preparation, report: (prepared: Preparation) => RunRecord): void {
  const applies = prepared.outcomes.some(
    (outcome) => outcome.kind === 'planned' && lastOf(outcome.attempts).decision.approved,
  );
  if (!applies) throw new NoSuchPlanError(approve, report(prepared));
}

async function prepare({
  settings,
  now,
  clients,
  store,
  deadline,
  approve,
  feedTiming,
  conflictBackoffMs,
  intervalMs,
}: Run): Promise<Preparation> {
  const state = await store.load();
  const today = now.toISOString().slice(0, 10);
  const [feeds, { targets, unusable }] = await Promise.all([
    readFeeds(settings.feedBaseUrl, settings.intercomRegions, state.feeds, today, feedTiming),
    discoverTargets(settings, clients, conflictBackoffMs),
  ]);
  const { intercomRegions, removalGraceHours, maxRemovalShare } = settings;
  const context: PlanContext = {
    desired: desireRanges(feeds),
    policy: {
      intercomRegions,
      removalGraceHours,
      maxRemovalShare,
      distrustReasons: new Map(
        feeds.flatMap(({ region, distrustReason }) => (distrustReason === undefined ? [] : [[region, distrustReason]])),
      ),
      missedUpdates: new Set(feeds.flatMap(({ region, missedUpdates }) => (missedUpdates ? [region] : []))),
      now: now.toISOString(),
      approved: approve,
    },
    describe: describer(feeds),
  };
  const acquire = createRateLimiter('reads', deadline, intervalMs);
  const outcomes = await Promise.all(
    targets.map((target) => planOne(target, state.owned.get(target.id), context, acquire, deadline)),
  );
  return {
    state,
    feeds,
    context,
    outcomes: [...outcomes, ...unusable.map((target) => ({ kind: 'failed' as const, target }))],
  };
}

function isSettled({ state, feeds, outcomes }: Preparation): boolean {
  const feedsSettled = feeds.every(({ accept }) => accept === undefined);
  return (
    feedsSettled &&
    outcomes.every((outcome) => outcome.kind === 'failed' || isTargetSettled(outcome.attempts[0], state))
  );
}

function isTargetSettled(planned: TargetPlan, state: State): boolean {
  const owned = state.owned.get(planned.target.id) ?? [];
  return !hasChanges(planned) && sameOwned(owned, planned.ownedAfter);
}

async function applyAll(prepared: Preparation, run: Run): Promise<Preparation> {
  const acquire = createRateLimiter('writes', run.deadline, run.intervalMs);
  const outcomes = await Promise.all(
    prepared.outcomes.map((outcome) => {
      const settled = outcome.kind === 'failed' || isTargetSettled(outcome.attempts[0], prepared.state);
      return settled ? outcome : applyOne(outcome.attempts[0], outcome.owned, prepared.context, acquire, run);
    }),
  );
  return { ...prepared, outcomes };
}

/** After the targets: a feed that is not remembered is read anew by the next run. @returns what went wrong, if anything did */
async function saveFeeds(feeds: readonly FeedAssessment[], store: StateStore): Promise<unknown> {
  try {
    for (const { accept } of feeds) if (accept) await store.saveFeed(accept);
    return undefined;
  } catch (error) {
    return error;
  }
}

async function planOne(
  target: Target,
  owned: readonly OwnershipRecord[] | undefined,
  context: PlanContext,
  acquire: Acquire,
  deadline: Deadline,
): Promise<TargetOutcome> {
  try {
    await deadline.race(acquire(target.kind));
    return { kind: 'planned', attempts: [await deadline.race(planTarget(target, owned, context))], owned };
  } catch (error) {
    return failed(target, error);
  }
}

/** One target's failure is kept to itself. */
async function applyOne(
  first: TargetPlan,
  owned: readonly OwnershipRecord[] | undefined,
  context: PlanContext,
  acquire: Acquire,
  { store, deadline, conflictBackoffMs }: Run,
): Promise<TargetOutcome> {
  let recorded = owned;
  const record = async (next: readonly OwnershipRecord[]) => {
    if (!recorded || !sameOwned(recorded, next)) await store.saveOwned(first.target.id, next);
    recorded = next;
  };
  try {
    await deadline.race(acquire(first.target.kind));
    const attempts = await deadline.race(reconcile(first, owned, { ...context, record, backoffMs: conflictBackoffMs }));
    return { kind: 'planned', attempts, owned };
  } catch (error) {
    const after = await deadline.race(readAfterFailure(first.target, recorded, record)).catch(() => undefined);
    return { ...failed(first.target, error), ...(after && { before: first.snapshot.entries, after }) };
  }
}

/**
 * What was done before it failed belongs into the record, and what was not is not ours. Where nothing is remembered nothing is
 * written: to remember that there is nothing would make strangers of all that is there.
 */
async function readAfterFailure(
  target: Target,
  possiblyManaged: readonly OwnershipRecord[] | undefined,
  record: (owned: readonly OwnershipRecord[]) => Promise<void>,
): Promise<readonly CurrentEntry[]> {
  const { entries } = await target.read(possiblyManaged ?? []);
  if (possiblyManaged === undefined) return entries;
  const there = new Set(entries.map((entry) => formatRange(entry.range)));
  await record(possiblyManaged.filter((entry) => there.has(formatRange(entry.range))));
  return entries;
}

function failed({ id, kind, apiCalls }: Target, error: unknown): TargetOutcome {
  return { kind: 'failed', target: { id, kind, error: messageOf(error), apiCalls } };
}

/** A rule's description: which regions, from which feed. */
function describer(feeds: readonly FeedAssessment[]): (entry: DesiredEntry) => string {
  const dates = new Map(feeds.map(({ region, date }) => [region, date]));
  return ({ intercomRegions }) => {
    const names = intercomRegions.map((region) => region.toUpperCase()).join('+');
    const newest = intercomRegions
      .map((region) => dates.get(region) ?? '')
      .sort()
      .at(-1);
    return `Intercom ${names} webhooks, ${newest ? `feed of ${newest}` : 'undated feed'}`;
  };
}
