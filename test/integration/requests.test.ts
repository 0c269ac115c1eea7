import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { GetIPSetCommand, WAFV2Client } from '@aws-sdk/client-wafv2';
import { type Moto, startMoto } from './moto';
import { checkRequest } from './requests/check';
import { takeViolations } from './requests/ledger';
import { installedModels, type Models } from './requests/model';

let models: Models;
beforeAll(async () => {
  models = await installedModels();
});

const signedFor = (service: string) => ({
  authorization: `AWS4-HMAC-SHA256 Credential=test/20261126/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=0`,
});

/** What is wrong with a request in AWS JSON. */
function json(service: string, operation: string, body: object): readonly string[] | undefined {
  const headers = { ...signedFor(service), 'x-amz-target': `Prefix.${operation}` };
  return checkRequest(models, { headers }, Buffer.from(JSON.stringify(body)))?.problems;
}

/** What is wrong with a request in the query protocol. */
function query(service: string, parameters: Record<string, string>): readonly string[] | undefined {
  const body = Buffer.from(new URLSearchParams(parameters).toString());
  return checkRequest(models, { headers: signedFor(service) }, body)?.problems;
}

/** What is wrong with a request whose method and path say what it is. */
function rest(service: string, method: string, url: string, body = '', headers = {}): readonly string[] | undefined {
  const sent = { method, url, headers: { ...signedFor(service), ...headers } };
  return checkRequest(models, sent, Buffer.from(body))?.problems;
}

const SET = { Name: 'a', Scope: 'REGIONAL', Id: '0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0' };
const UPDATE = { ...SET, Addresses: ['192.0.2.1/32'], LockToken: '0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0' };
const LIST = { Action: 'ModifyManagedPrefixList', Version: '2016-11-15', PrefixListId: 'pl-0123456789abcdef0' };

test.each([
  ['in AWS JSON', () => json('wafv2', 'UpdateIPSet', UPDATE)],
  ["in EC2's protocol", () => query('ec2', { ...LIST, CurrentVersion: '3', 'AddEntry.1.Cidr': '192.0.2.1/32' })],
  ['in the query protocol', () => query('sts', { Action: 'GetCallerIdentity', Version: '2011-06-15' })],
  [
    'in the query protocol with an empty list',
    () => query('cloudformation', { Action: 'CreateChangeSet', StackName: 'a', ChangeSetName: 'b', Tags: '' }),
  ],
  ['in JSON at a path', () => rest('lambda', 'POST', '/2015-03-31/functions/a/invocations', '{}')],
  ['of S3', () => rest('s3', 'PUT', '/bucket/a/key?x-id=PutObject', 'text')],
])('a valid request %s has no problem', (_case, problems) => {
  expect(problems()).toEqual([]);
});

test('a request that is not signed is not checked: no AWS client sends one', () => {
  expect(checkRequest(models, { method: 'GET', url: '/', headers: {} }, Buffer.of())).toBeUndefined();
});

describe('the check finds', () => {
  const { LockToken: _token, ...withoutToken } = UPDATE;
  test.each([
    ['a required member that is missing', withoutToken, 'the request lacks LockToken, which is required'],
    ['a member that AWS does not know', { ...UPDATE, Ttl: 1 }, 'the request has Ttl, which AWS does not know'],
    [
      'text that is too long',
      { ...UPDATE, Addresses: ['1'.repeat(51)] },
      'Addresses.0 has 51 characters, more than 50',
    ],
    ['text that does not match its pattern', { ...UPDATE, Name: 'a b' }, 'Name is "a b", which does not match'],
    ['a value that is no value of an enumeration', { ...UPDATE, Scope: 'GLOBAL' }, 'Scope is "GLOBAL", not one of'],
    ['a value of the wrong type', { ...UPDATE, Addresses: '192.0.2.1/32' }, 'Addresses is not a list'],
  ])('%s', (_case, body, problem) => {
    expect(json('wafv2', 'UpdateIPSet', body)).toEqual([expect.stringContaining(problem)]);
  });

  test('an empty list where AWS wants members', () => {
    const ResourceARN = 'arn:aws:wafv2:us-east-1:111122223333:regional/ipset/a/0f1e2d3c';
    expect(json('wafv2', 'TagResource', { ResourceARN, Tags: [] })).toEqual(['Tags has 0 members, fewer than 1']);
  });

  test('a list that is too long', () => {
    const entries = Array.from({ length: 101 }, (_, i) => [`AddEntry.${i + 1}.Cidr`, `192.0.2.${i}/32`] as const);
    expect(query('ec2', { ...LIST, ...Object.fromEntries(entries) })).toEqual([
      'AddEntries has 101 members, more than 100',
    ]);
  });

  test('a parameter of a query that AWS does not know', () => {
    expect(query('ec2', { ...LIST, 'AddEntry.1.Range': '192.0.2.1/32', 'AddEntry.1.Cidr': '192.0.2.1/32' })).toEqual([
      'the request has AddEntry.1.Range, which AWS does not know',
    ]);
  });

  test('a number that is none', () => {
    expect(query('ec2', { ...LIST, CurrentVersion: 'three' })).toEqual(['CurrentVersion is not an integer']);
  });

  test('a header, a parameter of a path or a member of a body that AWS does not take', () => {
    const path = '/2015-03-31/functions/a/invocations';
    expect(rest('lambda', 'POST', path, '{}', { 'x-amz-invocation-type': 'Later' })).toEqual([
      expect.stringContaining('InvocationType is "Later", not one of'),
    ]);
    expect(rest('lambda', 'POST', `${path}?now=1`, '{}')).toEqual(['the request has now, which AWS does not know']);
    expect(rest('lambda', 'PUT', '/2015-03-31/functions/a/configuration', '{"Timeout":0}')).toEqual([
      'Timeout is 0, fewer than 1',
    ]);
  });

  test('an operation or a service that AWS does not have', () => {
    expect(json('wafv2', 'EmptyIPSet', {})).toEqual(['is no operation of the service']);
    expect(rest('lambda', 'PATCH', '/functions')).toEqual(['is no operation of the service']);
    expect(json('wafv9', 'GetIPSet', {})).toEqual(['is a service that AWS does not have']);
  });
});

describe('requests of an integration test', () => {
  let moto: Moto;
  beforeAll(async () => {
    moto = await startMoto();
  });
  afterAll(() => moto?.stop());

  test('are checked on their way to the emulator, even if a fault stops them', async () => {
    moto.proxy.fault = (call) => (call === 'GetIPSet' ? { code: 'WAFInternalErrorException', status: 400 } : undefined);
    const waf = new WAFV2Client(moto.proxied);
    await expect(waf.send(new GetIPSetCommand({ ...SET, Scope: 'GLOBAL' as never }))).rejects.toThrow();
    expect(takeViolations()).toEqual([expect.stringMatching(/^wafv2:GetIPSet: Scope is "GLOBAL", not one of/)]);
  });

  test('are checked even if the test itself sends them', async () => {
    await new DynamoDBClient(moto.direct).send(new ListTablesCommand({ Limit: 101 })).catch(() => undefined);
    expect(takeViolations()).toEqual(['dynamodb:ListTables: Limit is 101, more than 100']);
  });
});
