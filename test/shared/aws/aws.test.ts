import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HttpRequest } from '@smithy/core/protocols';
import { Hash } from '@smithy/core/serde';
import { SignatureV4 } from '@smithy/signature-v4';
import { Aws, AwsCallError, endpointOf } from '../../../lambda/shared/aws/aws';
import { readAwsSettings } from '../../../lambda/shared/aws/settings';

const CREDENTIALS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI', sessionToken: 'a/session+token==' };

interface Received {
  readonly request: IncomingMessage;
  readonly body: string;
}

let server: Server;
let received: Received[];
let answer: (response: ServerResponse, nth: number) => void;
let aws: Aws;

beforeEach(async () => {
  received = [];
  answer = (response) => response.end('{}');
  server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    received.push({ request, body: Buffer.concat(chunks).toString() });
    answer(response, received.length);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  aws = new Aws({
    region: 'eu-west-1',
    urlSuffix: 'amazonaws.com',
    endpoint: `http://127.0.0.1:${port}`,
    credentials: CREDENTIALS,
  });
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

describe('a call', () => {
  test.each([
    ['dynamodb', 'PutItem', 'DynamoDB_20120810.PutItem', 'application/x-amz-json-1.0'],
    ['events', 'PutEvents', 'AWSEvents.PutEvents', 'application/x-amz-json-1.1'],
    ['logs', 'FilterLogEvents', 'Logs_20140328.FilterLogEvents', 'application/x-amz-json-1.1'],
    ['secretsmanager', 'GetSecretValue', 'secretsmanager.GetSecretValue', 'application/x-amz-json-1.1'],
    ['sqs', 'SendMessage', 'AmazonSQS.SendMessage', 'application/x-amz-json-1.0'],
  ] as const)('of %s is made and signed as the SDK would', async (service, operation, target, type) => {
    await aws.call(service, operation, { Grüße: '世界' }, 1000);
    const { request, body } = onlyOne();
    expect(body).toBe('{"Grüße":"世界"}');
    expect(request).toMatchObject({ method: 'POST', url: '/' });
    expect(request.headers).toMatchObject({ 'x-amz-target': target, 'content-type': type });
    expect(request.headers.authorization).toBe(await signatureOfSdk(service, onlyOne()));
  });

  it('that puts an object is made and signed as the SDK would', async () => {
    await aws.putObject('the-bucket', '2026-06-30/0f1e2d3c.json', '{"note":"世界"}', 1000);
    const { request, body } = onlyOne();
    expect(body).toBe('{"note":"世界"}');
    expect(request).toMatchObject({ method: 'PUT', url: '/the-bucket/2026-06-30/0f1e2d3c.json' });
    expect(request.headers.authorization).toBe(await signatureOfSdk('s3', onlyOne()));
  });

  it('returns what AWS answered', async () => {
    answer = (response) => response.end('{"SecretString":"Größe"}');
    expect(await aws.call('secretsmanager', 'GetSecretValue', {}, 1000)).toEqual({ SecretString: 'Größe' });
  });
});

describe('a call that fails', () => {
  const refusing = (status: number, body: string) => (response: ServerResponse) => {
    response.writeHead(status).end(body);
  };

  test.each([
    ['with a code', 400, '{"__type":"ValidationException","message":"no"}', 'ValidationException', 'no'],
    [
      'with a code in a namespace',
      400,
      '{"__type":"com.amazonaws.sqs#QueueDoesNotExist","Message":"gone"}',
      'QueueDoesNotExist',
      'gone',
    ],
    ['without JSON', 403, '<html>', 'HTTP 403', ''],
    ['with null', 403, 'null', 'HTTP 403', ''],
  ])('%s says which and why, and is not made again', async (_case, status, body, name, message) => {
    answer = refusing(status, body);
    const error = await aws.call('sqs', 'SendMessage', {}, 1000).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(AwsCallError);
    expect(error).toMatchObject({ name, status, message: `sqs SendMessage: ${name}: ${message}` });
    expect(received).toHaveLength(1);
  });

  it('hands out what AWS said beside that', async () => {
    answer = refusing(400, '{"__type":"ConditionalCheckFailedException","Item":{"id":{"S":"notif_1"}}}');
    await expect(aws.call('dynamodb', 'PutItem', {}, 1000)).rejects.toMatchObject({
      answer: { Item: { id: { S: 'notif_1' } } },
    });
  });

  test.each([
    ['the service fails', refusing(500, '{"__type":"InternalFailure"}')],
    ['the service is unavailable', refusing(503, '')],
    ['the call is throttled', refusing(400, '{"__type":"ThrottlingException"}')],
    ['the table is throttled', refusing(400, '{"__type":"ProvisionedThroughputExceededException"}')],
    ['the connection breaks', (response: ServerResponse) => response.destroy()],
    [
      'the answer breaks off',
      (response: ServerResponse) =>
        response.writeHead(200, { 'content-length': 9 }).write('{}', () => response.destroy()),
    ],
  ])('is made once more when %s, and then well', async (_case, fail) => {
    answer = (response, nth) => (nth === 1 ? fail(response) : response.end('{"done":true}'));
    expect(await aws.call('events', 'PutEvents', {}, 2000)).toEqual({ done: true });
    expect(received).toHaveLength(2);
  });

  it('twice is given up', async () => {
    answer = refusing(500, '{"__type":"InternalFailure"}');
    await expect(aws.call('events', 'PutEvents', {}, 1000)).rejects.toMatchObject({ name: 'InternalFailure' });
    expect(received).toHaveLength(2);
  });

  test.each([
    ['no answer', () => undefined],
    ['half an answer', (response: ServerResponse) => void response.writeHead(200, { 'content-length': 9 }).write('{')],
  ])('with %s is given up in time', async (_case, hang) => {
    answer = hang;
    await expect(aws.call('events', 'PutEvents', {}, 100)).rejects.toMatchObject({ status: 0 });
    expect(received).toHaveLength(2);
  });

  it('for want of anybody who listens says so', async () => {
    const nowhere = new Aws({
      region: 'eu-west-1',
      urlSuffix: 'x',
      endpoint: 'http://127.0.0.1:1',
      credentials: CREDENTIALS,
    });
    await expect(nowhere.call('sqs', 'SendMessage', {}, 1000)).rejects.toMatchObject({
      name: 'ECONNREFUSED',
      status: 0,
    });
  });
});

test.each([
  ['sqs', 'eu-west-1', 'amazonaws.com', undefined, 'https://sqs.eu-west-1.amazonaws.com/'],
  ['s3', 'cn-north-1', 'amazonaws.com.cn', undefined, 'https://s3.cn-north-1.amazonaws.com.cn/'],
  ['events', 'eu-west-1', 'amazonaws.com', 'http://127.0.0.1:4566', 'http://127.0.0.1:4566/'],
] as const)(
  '%s in %s of %s is called at its own endpoint, unless there is another for all: %s',
  (service, region, urlSuffix, endpoint, url) => {
    expect(endpointOf(service, { region, urlSuffix, endpoint }).href).toBe(url);
  },
);

describe('readAwsSettings', () => {
  it('takes what Lambda and the stack put into the environment', () => {
    const env = {
      AWS_REGION: 'cn-north-1',
      AWS_ACCESS_KEY_ID: 'id',
      AWS_SECRET_ACCESS_KEY: 'key',
      AWS_SESSION_TOKEN: 'token',
      URL_SUFFIX: 'amazonaws.com.cn',
    };
    expect(readAwsSettings(env)).toEqual({
      region: 'cn-north-1',
      urlSuffix: 'amazonaws.com.cn',
      endpoint: undefined,
      credentials: { accessKeyId: 'id', secretAccessKey: 'key', sessionToken: 'token' },
    });
  });
});

function onlyOne(): Received {
  const [first, ...others] = received;
  if (!first || others.length > 0) throw new Error(`${received.length} requests`);
  return first;
}

/** What AWS's own signer makes of a request that was received. */
async function signatureOfSdk(service: string, { request, body }: Received): Promise<string | undefined> {
  const signer = new SignatureV4({
    service,
    region: 'eu-west-1',
    credentials: CREDENTIALS,
    sha256: Hash.bind(null, 'sha256'),
    uriEscapePath: service !== 's3',
    applyChecksum: service === 's3',
  });
  const { authorization, connection: _connection, ...headers } = request.headers as Record<string, string>;
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(headers['x-amz-date'] ?? '') ?? [];
  const signingDate = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  const names = /SignedHeaders=([^,]+)/.exec(authorization ?? '')?.[1]?.split(';') ?? [];
  const signed = await signer.sign(
    new HttpRequest({
      method: request.method ?? '',
      path: request.url ?? '',
      headers: Object.fromEntries(names.map((name) => [name, headers[name] ?? ''])),
      body,
    }),
    { signingDate, signableHeaders: new Set(names), unsignableHeaders: new Set() },
  );
  return signed.headers.authorization;
}
