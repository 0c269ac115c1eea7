import type { Context } from 'aws-lambda';
import type { SyncReport } from '../core/report/report';
import { SyncFailedError } from '../core/report/summary';
import { messageOf } from '../shared/errors';
import { Service } from '../shared/metrics';
import { observability } from '../shared/observability';
import { runInDeploy } from './after-deploy';
import { deadlineBy } from './deadline';
import { publishReport } from './publish-report';
import { readRequest, readSettings, type SyncRequest } from './settings';
import type { LeaseOptions } from './state/lease';
import { sync } from './sync';

const settings = readSettings(process.env);
const { logger, metrics } = observability(Service.sync);

/** What a run needs at its end to report and to give its lease up. */
const REPORTING_MS = 25_000;

/** The scheduled function, and the one that people invoke: `{}`, `{"mode":"plan"}` or `{"approve":"<planId>"}`. */
export async function handler(event: unknown, context: Context): Promise<SyncReport> {
  return onRecord(context, async () => run(readRequest(event), context));
}

/** A deploy waits for a run that is under way instead of failing: up to 3 minutes, within the function's timeout. */
const DEPLOY_LEASE = { tries: 36 } as const;

/** Invoked by each deploy that changed code or configuration. */
export async function afterDeploy(_event: unknown, context: Context): Promise<void> {
  const exclusive = settings.targets.filter((target) => target.exclusive).map(({ id }) => id);
  await onRecord(context, () => runInDeploy((mode) => run({ mode }, context, DEPLOY_LEASE), exclusive));
}

/** A run that comes to no record of its own says why: Lambda writes what is thrown as mere text, which no query finds. */
async function onRecord<T>({ awsRequestId: runId }: Context, work: () => Promise<T>): Promise<T> {
  return work().catch((error: unknown) => {
    if (!(error instanceof SyncFailedError)) logger.error(messageOf(error), { record: 'failure', runId });
    throw error;
  });
}

function run(request: SyncRequest, context: Context, lease: LeaseOptions = {}): Promise<SyncReport> {
  const started = performance.now();
  const log = (report: SyncReport) => publishReport(report, performance.now() - started, logger, metrics);
  const deadline = deadlineBy(AbortSignal.timeout(Math.max(0, context.getRemainingTimeInMillis() - REPORTING_MS)));
  return sync(request, { settings, runId: context.awsRequestId, log, deadline, timing: { lease } });
}
