/**
 * Answers the receiver's AWS calls as AWS does when all is well, at once, in a process of its own. Sends where it listens.
 */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { BENCH_SECRET } from './bench-secret';

const ANSWERS: Readonly<Record<string, object>> = {
  'AWSEvents.PutEvents': { FailedEntryCount: 0, Entries: [{ EventId: '11710aed-b79e-4468-a20b-bb3c0c3b4860' }] },
  'DynamoDB_20120810.PutItem': {},
  'DynamoDB_20120810.UpdateItem': {},
  'secretsmanager.GetSecretValue': { SecretString: BENCH_SECRET },
};

const server = createServer((request, response) => {
  request.resume().on('end', () => {
    const answer = request.headers.authorization && ANSWERS[targetOf(request)];
    response.writeHead(answer ? 200 : 500, { 'content-type': 'application/x-amz-json-1.0' });
    response.end(JSON.stringify(answer ?? { __type: 'UnexpectedCall', message: targetOf(request) }));
  });
});
// A connection is kept as long as the bench runs, as AWS keeps one that is in use.
server.keepAliveTimeout = 0;
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  process.send?.({ endpoint: `http://127.0.0.1:${port}` });
});

function targetOf(request: IncomingMessage): string {
  return String(request.headers['x-amz-target']);
}
