import { Logger } from '@aws-lambda-powertools/logger';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Context } from 'aws-lambda';
import { AWS_CLIENT } from './aws';
import { failuresOf, SyncFailedError, type SyncReport, summaryOf } from './report';
import { readMode, readSettings, type SyncMode } from './settings';
import { LeaseHeldError, type LeaseOptions } from './state/lease';
import { sync } from './sync';

const logger = new Logger({ serviceName: 'sync' });
const settings = readSettings(process.env);
const client = DynamoDBDocumentClient.from(new DynamoDBClient(AWS_CLIENT), {
  marshallOptions: { removeUndefinedValues: true },
});

/** The scheduled function, and the one that people invoke: `{}` or `{"mode":"plan"}`. */
export async function handler(event: unknown, context: Context): Promise<SyncReport> {
  return run(readMode(event), context);
}

/** A deploy waits for a run that is under way instead of failing: up to 3 minutes, within the function's timeout. */
const DEPLOY_LEASE = { tries: 36 } as const;

/**
 * Runs once in each deploy that changed code or configuration. A target that the stack did not make can't fail the deploy, nor
 * can another run that holds the lease; the stack's own sets must be filled.
 */
export async function afterDeploy(_event: unknown, context: Context): Promise<void> {
  try {
    await run('apply', context, DEPLOY_LEASE);
  } catch (error) {
    const report = error instanceof LeaseHeldError ? await planned(context) : reportOf(error);
    if (report === undefined || ownSetsUnfilled(report)) throw error;
  }
}

async function planned(context: Context): Promise<SyncReport | undefined> {
  return run('plan', context).catch(reportOf);
}

function reportOf(error: unknown): SyncReport | undefined {
  return error instanceof SyncFailedError ? error.report : undefined;
}

function run(mode: SyncMode, { awsRequestId }: Context, lease: LeaseOptions = {}): Promise<SyncReport> {
  const log = (report: SyncReport) => {
    const level = failuresOf(report).length > 0 ? 'error' : 'info';
    logger[level](summaryOf(report), { ...report });
  };
  return sync(mode, { settings, client, runId: awsRequestId, now: new Date(), log, timing: { lease } });
}

function ownSetsUnfilled({ targets, feeds }: SyncReport): boolean {
  const own = targets.filter(({ id }) => settings.ownIpSets.includes(id));
  const lacking = own.some(({ outcome, added }) => outcome === 'failed' || (outcome === 'planned' && added.length > 0));
  return lacking || feeds.every((feed) => feed.ranges.length === 0);
}
