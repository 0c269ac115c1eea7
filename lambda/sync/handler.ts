import type { Context } from 'aws-lambda';
import { recordOfError } from '../core/report/report';
import type { RunRecord } from '../core/report/run-record';
import { SyncFailedError } from '../core/report/summary';
import { AllowlistError, messageOf } from '../shared/errors';
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

/** Time that a run needs at its end to report and to release its lease. */
const REPORTING_MS = 25_000;

/**
 * The scheduled function, and the one that operators invoke with `{}`, `{"mode":"plan"}` or `{"approve":"<planId>"}`. A failed run
 * is an answer like any other; only a scheduled one throws, so that Lambda retries it and its dead-letter queue gets it.
 */
export async function handler(event: unknown, context: Context): Promise<RunRecord> {
  const { awsRequestId: runId } = context;
  let request: SyncRequest = { mode: 'apply' };
  try {
    request = readRequest(event);
    return await logged(runId, () => run(request, context));
  } catch (error) {
    if (request.scheduled) throw error;
    return recordOfError(error, runId, request.mode);
  }
}

/** A deploy waits for a run that is under way instead of failing: up to 3 minutes, within the function's timeout. */
const DEPLOY_LEASE = { tries: 36 } as const;

/** Invoked by each deploy that changed code or configuration. */
export async function afterDeploy(_event: unknown, context: Context): Promise<void> {
  const exclusive = settings.targets.filter((target) => target.exclusive).map(({ id }) => id);
  await logged(context.awsRequestId, () => runInDeploy((mode) => run({ mode }, context, DEPLOY_LEASE), exclusive));
}

/** A run that ends without a record logs why: Lambda writes a thrown error as plain text, which no query finds. */
async function logged<T>(runId: string, work: () => Promise<T>): Promise<T> {
  return work().catch((error: unknown) => {
    if (error instanceof AllowlistError) {
      if (!(error instanceof SyncFailedError)) logger.error(error.message, { record: 'failure', runId });
    } else logger.error(messageOf(error), { record: 'failure', runId, error: error as Error });
    throw error;
  });
}

function run(request: SyncRequest, context: Context, lease: LeaseOptions = {}): Promise<RunRecord> {
  const started = performance.now();
  const log = (report: RunRecord) => publishReport(report, performance.now() - started, logger, metrics);
  const deadline = deadlineBy(AbortSignal.timeout(Math.max(0, context.getRemainingTimeInMillis() - REPORTING_MS)));
  return sync(request, { settings, runId: context.awsRequestId, log, deadline, timing: { lease } });
}
