import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { clientConfig } from '../../dev/closed-environment';
import { readSources } from '../../lambda/widget/sources';
import { serve } from '../serve';

it('sources that do not answer in time are missing, and the widget says so', async () => {
  const controller = new AbortController();
  let asked = 0;
  // Never answers. The time for reading ends when the table and the two parts of the log were asked for.
  const server = await serve(() => {
    if (++asked === 3) controller.abort();
  });
  const config = clientConfig(server.url);
  const clients = { dynamoDb: new DynamoDBClient(config), logs: new CloudWatchLogsClient(config) };
  const sources = { ...clients, stateTable: 'state', syncLogGroup: 'log' };
  const { state, log } = await readSources(sources, new Date(), controller.signal).finally(() => server.stop());
  const late = { error: 'AWS did not answer in time. Refresh the widget' };
  expect({ state, log }).toEqual({ state: late, log: late });
});
