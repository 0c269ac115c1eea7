import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { Env } from '../shared/constants';
import { required, requiredIntercomRegions, requiredNumber } from '../shared/environment';
import { readWidgetRequest } from './context';
import { DOCUMENTATION } from './documentation';
import { overviewOf } from './overview';
import { readSources } from './sources';
import { page } from './view/page';

/** A person waits for the answer. A source that has not answered by then, in two attempts for each page, is shown as missing. */
const CLIENT = { maxAttempts: 2, requestHandler: { requestTimeout: 3000, throwOnRequestTimeout: true } };
const options = {
  dynamoDb: new DynamoDBClient(CLIENT),
  logs: new CloudWatchLogsClient(CLIENT),
  stateTable: required(process.env, Env.stateTable),
  syncLogGroup: required(process.env, Env.syncLogGroup),
};
const settings = {
  intercomRegions: requiredIntercomRegions(process.env),
  removalGraceHours: requiredNumber(process.env, 'removalGraceHours'),
};
const actions = required(process.env, Env.widgetActions);

/** CloudWatch calls it for the custom widget. Returns HTML, or Markdown for `{"describe":true}`. */
export async function handler(event: unknown): Promise<string> {
  const { describe, context } = readWidgetRequest(event);
  if (describe) return DOCUMENTATION;
  const now = new Date();
  const overview = overviewOf(await readSources(options, now), settings, now);
  return page(overview, context, actions).toString();
}
