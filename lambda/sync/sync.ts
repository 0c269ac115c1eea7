import { isDeepStrictEqual } from 'node:util';
import type { FeedAssessment } from '../core/feed/assess';
import type { DeliveryProblem } from '../core/message/delivery';
import type { OwnershipRecord } from '../core/plan/entries';
import { type Decline, declinesAfter, markDeclined } from '../core/report/declines';
import { RequestError } from '../core/report/errors';
import { toRecord } from '../core/report/report';
import type { GuardResult, RunRecord, TargetResult } from '../core/report/run-record';
import { plannedResult, unreadResult } from '../core/report/target-result';
import { callerOf } from '../shared/caller';
import { AllowlistError, messageOf } from '../shared/errors';
import { assertAnswered, assertDeclinedOnce, assertNotDeclined, declinesOf } from './answers';
import { AWS_CLIENT, type AwsClients, type AwsConfig, makeClients, stateClient } from './clients';
import { NO_DEADLINE, type RunDeadline } from './deadline';
import type { DenialRetry } from './denial-retry';
import { checkGuards, unreadInRun } from './guards/check';
import { makeGuardClients } from './guards/guard';
import { notifierOf } from './notify';
import { planContext } from './plan-context';
import { type Acquire, createRateLimiter } from './rate-limit';
import { type FeedTiming, readFeeds } from './read-feeds';
import { hasChanges, type PlanContext, planTarget, reconcile, type TargetPlan } from './reconcile';
import { sendMessages } from './send-messages';
import type { Settings, SyncRequest } from './settings';
import { type State, sameOwned } from './state/items';
import { acquireLease, isUntouched, type Lease, LeaseHeldError, type LeaseOptions } from './state/lease';
import { StateStore } from './state/store';
import { discoverTargets } from './targets/discover';
import type { Target } from './targets/target';
import { contextFor, isSaved, unplannedState } from './unplanned';

/** The environment of a run. */
export interface SyncEnvironment {
  readonly settings: Settings;
  readonly runId: string;
  /** Receives the record of the run, whether it succeeded or failed. */
  readonly log: (record: RunRecord) => void;
  /** Receives errors other than `AllowlistError`, with their stack. @default - the record contains only their message */
  readonly trace?: (error: unknown) => void;
  /** Receives what went wrong when the messages of the run were sent. @default - nothing is said */
  readonly unsent?: (problem: DeliveryProblem) => void;
  /** @default - the system's clock */
  readonly clock?: () => Date;
  /** When the run must end. @default - never */
  readonly deadline?: RunDeadline;
  /** The configuration of the AWS clients. @default AWS_CLIENT */
  readonly aws?: AwsConfig;
  /** Retries calls that IAM denies. @default - a denied call fails */
  readonly denials?: DenialRetry;
  readonly timing?: {
    readonly feed?: FeedTiming;
    readonly lease?: LeaseOptions;
    readonly conflictBackoffMs?: number;
    readonly intervalMs?: number;
  };
}

/** The inputs and dependencies of one run. */
interface Run extends Required<Pick<SyncEnvironment, 'settings' | 'runId' | 'deadline' | 'clock' | 'aws' | 'timing'>> {
  readonly request: SyncRequest;
  readonly now: Date;
  readonly clients: AwsClients;
  readonly store: StateStore;
  /** The text of an error for the operator. */
  readonly explain: (error: unknown) => string;
}

/** The progress of a run, from which its record is made even if the run fails. */
interface Progress {
  feeds: readonly FeedAssessment[];
  targets: readonly TargetResult[];
  /** Undefined until it was read. */
  state?: State;
  lease?: Lease;
  /** Whether the plans were applied, as far as they could be. */
  isApplied?: boolean;
}

/** The state, feeds and targets as read and planned. Nothing has been written. */
interface Preparation {
  readonly state: State;
  readonly feeds: readonly FeedAssessment[];
  /** A plan for each target, or the result of a target that could not be planned. */
  readonly targets: readonly (TargetPlan | TargetResult)[];
  readonly context: PlanContext;
  /** The declined plans, that of the request among them. */
  readonly declines: readonly Decline[];
}

/**
 * One run over all targets. It reads the feeds and the targets, and plans. Unless there is nothing to do or the mode is `plan`, it then
 * takes the lease and applies the plans. A run with nothing to do writes nothing.
 *
 * @returns the record of the run, even if it failed: this function never throws
 */
export async function sync(request: SyncRequest, environment: SyncEnvironment): Promise<RunRecord> {
  const { settings, runId, log, trace, aws = AWS_CLIENT, deadline = NO_DEADLINE, timing = {} } = environment;
  const { clock = () => new Date(), denials } = environment;
  const clients = makeClients(aws, deadline, denials);
  const store = new StateStore(clients.state, settings.stateTable);
  const explain = (error: unknown) => {
    if (!(error instanceof AllowlistError)) trace?.(error);
    return messageOf(error);
  };
  const run: Run = { request, settings, runId, deadline, clock, now: clock(), aws, clients, store, explain, timing };
  const progress: Progress = { feeds: [], targets: [] };
  const done = perform(run, progress).then(
    () => undefined,
    (error: unknown) => ({ error, text: explain(error) }),
  );
  const [failure, guards] = await Promise.all([done, checkAll(run)]);
  const by = callerOf(request.by);
  const { feeds, targets } = progress;
  const record = toRecord({ runId, mode: request.mode, by, feeds, targets, guards, error: failure?.text });
  // Logs first: what follows can take longer than the time that the function has left.
  log(record);
  const unsent = await notifySubscribers(run, progress, record, failure?.error);
  if (unsent !== undefined) environment.unsent?.(unsent);
  // A lease that cannot be released expires. The result of the run matters more.
  await progress.lease?.release().catch(() => undefined);
  return record;
}

/** Checks what makes the allowlist effective, while the targets are read and changed: a run that fails says it too. */
async function checkAll({ settings: { guards }, aws, clients, deadline, now }: Run): Promise<GuardResult[]> {
  if (guards.length === 0) return [];
  return checkGuards(guards, { clients: makeGuardClients(aws, clients), now }, unreadInRun, deadline);
}

/**
 * @throws NoSuchPlanError when the plan that the request approves or declines does not await approval, or not anymore
 * @throws UncheckedPlanError when a target failed, so that the plan could not be checked
 * @throws AlreadyDeclinedError @throws DeclinedMeanwhileError @throws LeaseHeldError @throws StateUnavailableError
 */
async function perform(run: Run, progress: Progress): Promise<void> {
  const { request, settings, runId, aws, clock, store, timing } = run;
  let prepared = await prepare(run, progress);
  if (request.mode === 'plan' || isSettled(prepared, progress.targets)) return;

  progress.lease = await acquireLease(stateClient(aws), settings.stateTable, runId, { clock, ...timing.lease });
  // No other run can apply changes now. If one did after this run read, the plan is outdated.
  if (!isUntouched(store.lease, progress.lease.before)) {
    const { declines } = prepared.state;
    prepared = await prepare(run, progress);
    assertNotDeclined(request.approve, declines, prepared.state.declines);
  }
  await saveDeclines(prepared, progress, store);
  const { results, planned } = await applyAll(prepared, run);
  progress.targets = results;
  progress.isApplied = true;
  await saveUnplanned(prepared, planned, store);
  await saveFeeds(prepared.feeds, store);
  // A target that changed in the meantime was planned again, perhaps with another plan id. A failed target may be the requested one.
  if (progress.targets.every(({ outcome }) => outcome !== 'failed')) assertAnswered(request, progress.targets);
}

/** How often a run tries to take the lease only to send messages: the next run sends them too. */
const TRIES_TO_NOTIFY = 3;

/** @returns what went wrong; undefined if all messages were sent, or if there are none */
async function notifySubscribers(
  run: Run,
  progress: Progress,
  record: RunRecord,
  error: unknown,
): Promise<DeliveryProblem | undefined> {
  const { settings, runId, aws, clock, timing, request } = run;
  const { state, isApplied = false } = progress;
  // Without the state nobody knows what was sent, and a run that another one keeps from its work has no news.
  const hasNoNews = error instanceof RequestError ? !isApplied : error instanceof LeaseHeldError;
  if (!settings.changes || !state || request.mode === 'plan' || hasNoNews) return undefined;
  // No deadline: a run whose time is up sends its message too.
  const client = stateClient(aws);
  const store = new StateStore(client, settings.stateTable);
  const options = { clock, ...timing.lease, tries: TRIES_TO_NOTIFY };
  const notifiableRun = { record, endedEarly: error !== undefined && !(error instanceof RequestError) };
  return sendMessages(notifiableRun, state.messages, {
    owner: settings.owner,
    changes: settings.changes,
    notify: notifierOf(settings.changes.topicArn, aws),
    holdsLease: progress.lease !== undefined,
    takeLease: async () => {
      progress.lease = await acquireLease(client, settings.stateTable, runId, options);
      return (await store.load()).messages;
    },
    save: (messages) => store.saveMessages(messages),
  });
}

/** Before the targets: what was declined stays so even if the run fails. @throws StateUnavailableError */
async function saveDeclines(prepared: Preparation, { targets }: Progress, store: StateStore): Promise<void> {
  const after = declinesIn(prepared, targets);
  if (!isDeepStrictEqual(after, prepared.state.declines)) await store.saveDeclines(after);
}

function declinesIn({ declines, feeds }: Preparation, targets: readonly TargetResult[]): Decline[] {
  return declinesAfter(
    declines,
    targets,
    feeds.map(({ region, distrustReason = null }) => ({ region, error: distrustReason })),
  );
}

/** @throws StateUnavailableError @throws NoSuchPlanError @throws UncheckedPlanError @throws AlreadyDeclinedError */
async function prepare(run: Run, progress: Progress): Promise<Preparation> {
  const { settings, now, clients, store, deadline, request, timing } = run;
  const state = await store.load();
  progress.state = state;
  const today = now.toISOString().slice(0, 10);
  const [feeds, { targets: found, unusable }] = await Promise.all([
    readFeeds(settings.feedBaseUrl, settings.intercomRegions, state.feeds, today, timing.feed),
    discoverTargets(settings, clients, timing.conflictBackoffMs),
  ]);
  const context = planContext(feeds, settings, now, request.approve);
  const declines = declinesOf(state, request, now);
  const acquire = createRateLimiter('reads', deadline, timing.intervalMs);
  const planned = await Promise.all(found.map((target) => planOne(target, state, context, acquire, run)));
  const targets = [...planned, ...unusable.map((target) => unreadResult(target, target.error))];
  Object.assign(progress, { feeds, targets: targets.map((target) => resultOf(target, declines)) });
  // Only now, so that the record of the run has its targets.
  assertAnswered(request, progress.targets);
  assertDeclinedOnce(request, state);
  return { state, feeds, context, targets, declines };
}

function isPlan(target: TargetPlan | TargetResult): target is TargetPlan {
  return 'decision' in target;
}

function resultOf(target: TargetPlan | TargetResult, declines: readonly Decline[]): TargetResult {
  return markDeclined(isPlan(target) ? plannedResult(target) : target, declines);
}

function isSettled(prepared: Preparation, results: readonly TargetResult[]): boolean {
  const { state, feeds, targets } = prepared;
  if (!isDeepStrictEqual(declinesIn(prepared, results), state.declines)) return false;
  if (!isSaved(unplannedState(state, plannedIn(prepared), prepared.context), state)) return false;
  const feedsSettled = feeds.every(({ accept }) => accept === undefined);
  return feedsSettled && targets.every((target) => isTargetSettled(target, state));
}

/** The ids of the targets that have a plan. */
function plannedIn({ targets }: Preparation): ReadonlySet<string> {
  return new Set(targets.filter(isPlan).map(({ target }) => target.id));
}

function isTargetSettled(planned: TargetPlan | TargetResult, state: State): boolean {
  if (!isPlan(planned)) return true;
  return !hasChanges(planned) && sameOwned(state.owned.get(planned.target.id) ?? [], planned.ownedAfter);
}

/** @returns also the ids of the targets whose plans are saved, as far as there was something to save */
async function applyAll(
  { targets, state, context, declines }: Preparation,
  run: Run,
): Promise<{ results: TargetResult[]; planned: ReadonlySet<string> }> {
  const { store, deadline, timing, explain } = run;
  const settled = targets.filter(isPlan).filter((target) => isTargetSettled(target, state));
  const planned = new Set(settled.map(({ target }) => target.id));
  const reconcileContext = {
    ...context,
    deadline,
    explain,
    acquire: createRateLimiter('writes', deadline, timing.intervalMs),
    save: async (targetId: string, owned: readonly OwnershipRecord[]) => {
      await store.saveOwned(targetId, owned);
      planned.add(targetId);
    },
    backoffMs: timing.conflictBackoffMs,
  };
  const results = await Promise.all(
    targets.map(async (target) =>
      isPlan(target) && !isTargetSettled(target, state)
        ? markDeclined(await reconcile(target, contextFor(target.target.id, reconcileContext, state)), declines)
        : resultOf(target, declines),
    ),
  );
  return { results, planned };
}

/** Before the feeds, which a run accepts for all targets. @throws StateUnavailableError */
async function saveUnplanned(
  { state, context }: Preparation,
  planned: ReadonlySet<string>,
  store: StateStore,
): Promise<void> {
  const unplanned = unplannedState(state, planned, context);
  for (const [id, owned] of unplanned.records) await store.saveOwned(id, owned);
  if (!isSaved({ ...unplanned, records: new Map() }, state)) await store.saveMissedUpdates(unplanned.missedUpdates);
}

/** Saves the feeds after the targets: the next run reads feeds that were not saved again. @throws StateUnavailableError */
async function saveFeeds(feeds: readonly FeedAssessment[], store: StateStore): Promise<void> {
  for (const { accept } of feeds) if (accept) await store.saveFeed(accept);
}

async function planOne(
  target: Target,
  state: State,
  context: PlanContext,
  acquire: Acquire,
  { deadline, explain }: Run,
): Promise<TargetPlan | TargetResult> {
  try {
    await deadline.race(acquire(target.kind));
    return await deadline.race(planTarget(target, state.owned.get(target.id), contextFor(target.id, context, state)));
  } catch (error) {
    return unreadResult(target, explain(error));
  }
}
