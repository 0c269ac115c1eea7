import type { Context } from 'aws-lambda';
import type { DeliveryProblem } from '../core/message/delivery';
import { SyncFailedError } from '../core/report/errors';
import { toRecord } from '../core/report/report';
import type { RunRecord } from '../core/report/run-record';
import { summaryOf } from '../core/report/summary';
import { DEPLOYMENT_CALLER, UNKNOWN_CALLER } from '../shared/caller';
import { messageOf } from '../shared/errors';
import { Service } from '../shared/metrics';
import { observability } from '../shared/observability';
import { runInDeploy } from './after-deploy';
import { deadlineBy } from './deadline';
import { DEPLOY_DENIALS } from './denial-retry';
import { publishReport, publishUnsent } from './publish-report';
import { readRequest, readSettings, type SyncRequest } from './settings';
import { type SyncEnvironment, sync } from './sync';

const settings = readSettings(process.env);
const { logger, metrics } = observability(Service.sync);

/** Time that a run needs at its end to report and to release its lease. */
const REPORTING_MS = 25_000;

/**
 * The function that the schedules invoke, and operators with `{}`, `{"mode":"plan"}`, `{"approve":"<planId>"}` or
 * `{"decline":"<planId>"}`. It answers with the record of the run, even if the run failed.
 *
 * @throws SyncFailedError in a scheduled run, so that Lambda retries it and its dead-letter queue receives it
 */
export async function handler(event: unknown, context: Context): Promise<RunRecord> {
  let request: SyncRequest;
  try {
    request = readRequest(event);
  } catch (error) {
    return reject(error, context);
  }
  const record = await run(request, context);
  if (request.scheduled && record.outcome === 'failed') throw new SyncFailedError(record);
  return record;
}

/** An unknown payload is answered with the record of a failed run, whose error lists the allowed payloads. */
function reject(error: unknown, { awsRequestId: runId }: Context): RunRecord {
  const nothing = { by: UNKNOWN_CALLER, feeds: [], targets: [], guards: [] };
  const record = toRecord({ runId, mode: 'apply', ...nothing, error: messageOf(error) });
  logger.error(summaryOf(record), { record: 'run', ...record });
  return record;
}

/** The run in a deployment waits up to 3 minutes for another run to finish, and up to 2 for its role to take effect. */
const IN_DEPLOY = { timing: { lease: { tries: 36 } }, denials: DEPLOY_DENIALS };

/** Invoked by each deployment that changed code or configuration. @throws SyncFailedError when the deployment must fail */
export async function afterDeploy(_event: unknown, context: Context): Promise<void> {
  const exclusive = settings.targets.filter((target) => target.exclusive).map(({ id }) => id);
  await runInDeploy((mode) => run({ mode, by: DEPLOYMENT_CALLER }, context, IN_DEPLOY), exclusive);
}

function run(request: SyncRequest, context: Context, environment: Partial<SyncEnvironment> = {}): Promise<RunRecord> {
  const started = performance.now();
  const runId = context.awsRequestId;
  const log = (record: RunRecord) => publishReport(record, performance.now() - started, logger, metrics);
  const trace = (error: unknown) => logger.error(messageOf(error), { runId, error: error as Error });
  const deadline = deadlineBy(AbortSignal.timeout(Math.max(0, context.getRemainingTimeInMillis() - REPORTING_MS)));
  const unsent = (problem: DeliveryProblem) => publishUnsent(problem, runId, logger, metrics);
  return sync(request, { settings, runId, log, trace, unsent, deadline, ...environment });
}
