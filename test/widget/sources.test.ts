import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { clientConfig } from '../../dev/closed-environment';
import { readSources } from '../../lambda/widget/sources';

const controller = new AbortController();
let server: Server;

beforeAll(async () => {
  // Never answers. The time for reading ends when both sources were asked.
  let asked = 0;
  server = createServer(() => {
    if (++asked === 3) controller.abort();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

it('sources that do not answer in time are missing, and the widget says so', async () => {
  const config = clientConfig(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const clients = { dynamoDb: new DynamoDBClient(config), logs: new CloudWatchLogsClient(config) };
  const late = { error: 'AWS did not answer in time. Refresh the widget' };
  expect(
    await readSources({ ...clients, stateTable: 'state', syncLogGroup: 'log' }, new Date(), controller.signal),
  ).toEqual({ state: late, log: late });
});
