import { isDeepStrictEqual } from 'node:util';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { messageOf } from '../shared/errors';
import { type FeedTiming, readFeeds } from './feed/feeds';
import type { FeedReading } from './feed/reading';
import { type CurrentEntry, type DesiredEntry, desireRanges } from './plan/plan';
import { formatRange } from './ranges/range';
import { hasChanges, reconcile, type Survey, type SurveyContext, survey } from './reconcile';
import { failuresOf, SyncFailedError, type SyncReport, type TargetOutcome, toReport } from './report';
import type { Settings, SyncMode } from './settings';
import { acquireLease, type LeaseOptions } from './state/lease';
import { type OwnedRange, type State, StateStore, sameOwned } from './state/store';
import { discoverTargets } from './targets/discover';
import type { Target } from './targets/target';

/** What a run stands on. */
export interface SyncEnvironment {
  readonly settings: Settings;
  readonly client: DynamoDBDocumentClient;
  readonly runId: string;
  readonly now: Date;
  /** Receives the record of the run, also of one that failed. */
  readonly log: (report: SyncReport) => void;
  readonly timing?: { readonly feed?: FeedTiming; readonly lease?: LeaseOptions };
}

/** Everything read and planned; nothing written. */
interface Preparation {
  readonly state: State;
  readonly feeds: readonly FeedReading[];
  readonly outcomes: readonly TargetOutcome[];
  readonly context: SurveyContext;
}

/**
 * One run over all targets: read the feeds, read the targets, plan; then, unless there is nothing to do or it is only a plan,
 * take the lease and apply. A run with nothing to do writes nothing anywhere.
 *
 * @throws SyncFailedError after everything that could be done was done. @throws LeaseHeldError @throws StateUnavailableError
 */
export async function sync(mode: SyncMode, environment: SyncEnvironment): Promise<SyncReport> {
  const { settings, client, runId, log, timing } = environment;
  const store = new StateStore(client, settings.stateTable);
  let prepared = await prepare(store, environment);
  let unsaved: unknown;
  if (mode === 'apply' && !isSettled(prepared)) {
    const lease = await acquireLease(client, settings.stateTable, runId, timing?.lease);
    try {
      // Nobody else applies now. If somebody did since this run looked, its plan is old.
      if (!isDeepStrictEqual(await store.load(), prepared.state)) prepared = await prepare(store, environment);
      prepared = await applyAll(prepared, store);
      unsaved = await saveFeeds(prepared.feeds, store);
    } finally {
      // A lease that can't be given up expires by itself; the run's own result matters more.
      await lease.release().catch(() => undefined);
    }
  }
  const report = toReport(runId, mode, prepared.feeds, prepared.outcomes);
  log(report);
  if (failuresOf(report).length > 0) throw new SyncFailedError(report);
  if (unsaved) throw unsaved;
  return report;
}

async function prepare(store: StateStore, { settings, now, timing }: SyncEnvironment): Promise<Preparation> {
  const state = await store.load();
  const today = now.toISOString().slice(0, 10);
  const [feeds, { targets, unusable }] = await Promise.all([
    readFeeds(settings.feedBaseUrl, settings.regions, state.feeds, today, timing?.feed),
    discoverTargets(settings),
  ]);
  const context = {
    desired: desireRanges(feeds),
    policy: {
      regions: settings.regions,
      doubts: new Map(feeds.flatMap(({ region, doubt }) => (doubt === undefined ? [] : [[region, doubt]]))),
    },
    now: now.toISOString(),
    describe: describer(feeds),
  };
  const outcomes = await Promise.all(targets.map((target) => surveyOne(target, state.owned.get(target.id), context)));
  return {
    state,
    feeds,
    context,
    outcomes: [...outcomes, ...unusable.map((target) => ({ kind: 'failed' as const, target }))],
  };
}

function isSettled({ state, feeds, outcomes }: Preparation): boolean {
  const feedsSettled = feeds.every(({ accept }) => accept === undefined);
  return feedsSettled && outcomes.every((outcome) => outcome.kind === 'failed' || isTargetSettled(outcome.last, state));
}

function isTargetSettled(surveyed: Survey, state: State): boolean {
  const owned = state.owned.get(surveyed.target.id) ?? [];
  return !hasChanges(surveyed) && sameOwned(owned, surveyed.ownedAfter);
}

async function applyAll(prepared: Preparation, store: StateStore): Promise<Preparation> {
  const outcomes: TargetOutcome[] = [];
  for (const outcome of prepared.outcomes) {
    const settled = outcome.kind === 'failed' || isTargetSettled(outcome.last, prepared.state);
    outcomes.push(settled ? outcome : await applyOne(outcome.first, outcome.owned, prepared.context, store));
  }
  return { ...prepared, outcomes };
}

/** After the targets: a feed that is not remembered is read anew by the next run. @returns what went wrong, if anything did */
async function saveFeeds(feeds: readonly FeedReading[], store: StateStore): Promise<unknown> {
  try {
    for (const { accept } of feeds) if (accept) await store.saveFeed(accept);
    return undefined;
  } catch (error) {
    return error;
  }
}

async function surveyOne(
  target: Target,
  owned: readonly OwnedRange[] | undefined,
  context: SurveyContext,
): Promise<TargetOutcome> {
  try {
    const first = await survey(target, owned ?? [], context);
    return { kind: 'surveyed', first, last: first, owned };
  } catch (error) {
    return failed(target, error);
  }
}

/** One target's failure is kept to itself. */
async function applyOne(
  first: Survey,
  owned: readonly OwnedRange[] | undefined,
  context: SurveyContext,
  store: StateStore,
): Promise<TargetOutcome> {
  let remembered = owned ?? [];
  const remember = async (next: readonly OwnedRange[]) => {
    if (!sameOwned(remembered, next)) await store.saveOwned(first.target.id, next);
    remembered = next;
  };
  try {
    const last = await reconcile(first, remembered, { ...context, remember });
    return { kind: 'surveyed', first, last, owned };
  } catch (error) {
    const after = await readAfterFailure(first.target, remembered, remember);
    return { ...failed(first.target, error), ...(after && { before: first.snapshot.entries, after }) };
  }
}

/** What was done before it failed belongs into the record, and what was not is not ours. */
async function readAfterFailure(
  target: Target,
  mayBeOurs: readonly OwnedRange[],
  remember: (owned: readonly OwnedRange[]) => Promise<void>,
): Promise<readonly CurrentEntry[] | undefined> {
  try {
    const { entries } = await target.read(mayBeOurs);
    const there = new Set(entries.map((entry) => formatRange(entry.range)));
    await remember(mayBeOurs.filter((entry) => there.has(formatRange(entry.range))));
    return entries;
  } catch {
    return undefined;
  }
}

function failed({ id, kind, apiCalls }: Target, error: unknown): TargetOutcome {
  return { kind: 'failed', target: { id, kind, error: messageOf(error), apiCalls } };
}

/** A rule's description: which regions, from which feed. */
function describer(feeds: readonly FeedReading[]): (entry: DesiredEntry) => string {
  const dates = new Map(feeds.map(({ region, date }) => [region, date]));
  return ({ regions }) => {
    const names = regions.map((region) => region.toUpperCase()).join('+');
    const newest = regions
      .map((region) => dates.get(region) ?? '')
      .sort()
      .at(-1);
    return `Intercom ${names} webhooks, ${newest ? `feed of ${newest}` : 'undated feed'}`;
  };
}
