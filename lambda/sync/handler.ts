import { Logger } from '@aws-lambda-powertools/logger';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Context } from 'aws-lambda';
import { AWS_RETRIES } from './aws';
import { failuresOf, SyncFailedError, type SyncReport, summaryOf } from './report';
import { readMode, readSettings, type SyncMode } from './settings';
import type { LeaseOptions } from './state/lease';
import { sync } from './sync';

const logger = new Logger({ serviceName: 'sync' });
const settings = readSettings(process.env);
const client = DynamoDBDocumentClient.from(new DynamoDBClient(AWS_RETRIES), {
  marshallOptions: { removeUndefinedValues: true },
});

/** The scheduled function, and the one that people invoke: `{}` or `{"mode":"plan"}`. */
export async function handler(event: unknown, context: Context): Promise<SyncReport> {
  return run(readMode(event), context);
}

/** A deploy waits for a run that is under way instead of failing: 2 to 4 minutes, within the function's timeout. */
const DEPLOY_LEASE = { tries: 9 } as const;

/**
 * Runs once in each deploy that changed code or configuration. A target that the stack did not make can't fail the deploy;
 * the stack's own sets must be filled.
 */
export async function afterDeploy(_event: unknown, context: Context): Promise<void> {
  try {
    await run('apply', context, DEPLOY_LEASE);
  } catch (error) {
    if (!(error instanceof SyncFailedError) || ownSetsUnfilled(error.report)) throw error;
  }
}

function run(mode: SyncMode, { awsRequestId }: Context, lease: LeaseOptions = {}): Promise<SyncReport> {
  const log = (report: SyncReport) => {
    const level = failuresOf(report).length > 0 ? 'error' : 'info';
    logger[level](summaryOf(report), { ...report });
  };
  return sync(mode, { settings, client, runId: awsRequestId, now: new Date(), log, timing: { lease } });
}

function ownSetsUnfilled({ targets, feeds }: SyncReport): boolean {
  const failed = targets.some(({ id, outcome }) => outcome === 'failed' && settings.ownIpSets.includes(id));
  return failed || feeds.every((feed) => feed.ranges.length === 0);
}
