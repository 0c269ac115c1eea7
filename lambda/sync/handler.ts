import { Logger } from '@aws-lambda-powertools/logger';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Context } from 'aws-lambda';
import { AWS_CLIENT } from './aws';
import { runInDeploy } from './deploy-run';
import { failuresOf, type SyncReport, summaryOf } from './report';
import { readMode, readSettings, type SyncMode } from './settings';
import type { LeaseOptions } from './state/lease';
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

/** Invoked by each deploy that changed code or configuration. */
export async function afterDeploy(_event: unknown, context: Context): Promise<void> {
  await runInDeploy((mode) => run(mode, context, DEPLOY_LEASE), settings.ownIpSets);
}

function run(mode: SyncMode, { awsRequestId }: Context, lease: LeaseOptions = {}): Promise<SyncReport> {
  const log = (report: SyncReport) => {
    const level = failuresOf(report).length > 0 ? 'error' : 'info';
    logger[level](summaryOf(report), { ...report });
  };
  return sync(mode, { settings, client, runId: awsRequestId, now: new Date(), log, timing: { lease } });
}
