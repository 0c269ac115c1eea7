import type { Context } from 'aws-lambda';
import type { RunRecord } from '../../lambda/core/report/run-record';
import { groupTargets } from '../../lambda/shared/targets';
import { type LocalServer, serve } from '../serve';

const SET = {
  kind: 'ip-set',
  id: 'arn:aws:wafv2:eu-west-1:123456789012:regional/ipset/a/1',
  exclusive: true,
  ports: [],
} as const;

/** AWS without a state table: every run fails before it reads a target. */
let aws: LocalServer;
let calls: number;
let lines: string[];
let handler: (event: unknown, context: Context) => Promise<RunRecord>;
let afterDeploy: (event: unknown, context: Context) => Promise<void>;

const context = { awsRequestId: 'run-1', getRemainingTimeInMillis: () => 300_000 } as Context;
const recordsIn = (logged: string[]) =>
  logged.map((line) => JSON.parse(line)).filter(({ record }) => record !== undefined);

beforeAll(async () => {
  aws = await serve((_request, response) => {
    calls++;
    const type = { 'content-type': 'application/x-amz-json-1.0' };
    response.writeHead(400, type).end('{"__type":"ResourceNotFoundException","message":"no table"}');
  });
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: aws.url,
    OWNER: 'Test',
    INTERCOM_REGIONS: 'us',
    FEED_BASE_URL: 'http://127.0.0.1:1',
    STATE_TABLE: 'state',
    TARGETS: JSON.stringify(groupTargets([SET])),
    GUARDS: '[]',
    REMOVAL_GRACE_HOURS: '24',
    MAX_REMOVAL_SHARE: '0.5',
    RULES_PER_SECURITY_GROUP: '60',
  });
  ({ handler, afterDeploy } = await import('../../lambda/sync/handler'));
});
beforeEach(() => {
  calls = 0;
  lines = [];
  for (const level of ['log', 'info', 'warn', 'error'] as const) {
    jest.spyOn(console, level).mockImplementation((...line: unknown[]) => void lines.push(String(line[0])));
  }
});
afterEach(() => jest.restoreAllMocks());
afterAll(() => aws.stop());

const WHY = /^Could not read state table state: ResourceNotFoundException.*in force.*Invoke the sync again/;

describe('a failed run', () => {
  it.each([{}, { mode: 'plan' }, { approve: '0123456789ab' }])(
    'is the answer of the function when an operator invokes it with %j',
    async (payload) => {
      const answer = await handler(payload, context);
      expect(answer).toMatchObject({ runId: 'run-1', outcome: 'failed', feeds: [], targets: [] });
      expect(answer.error).toMatch(WHY);
      expect(recordsIn(lines)).toEqual([expect.objectContaining({ record: 'run', level: 'ERROR', ...answer })]);
    },
  );

  it('throws after its record was logged if a schedule invoked it, so that Lambda retries it', async () => {
    await expect(handler({ trigger: 'schedule' }, context)).rejects.toThrow(/^Sync run-1 failed\. Could not read/);
    expect(recordsIn(lines)).toEqual([expect.objectContaining({ record: 'run', outcome: 'failed' })]);
  });

  it('fails the deployment if it did not fill the targets of the stack', async () => {
    await expect(afterDeploy({}, context)).rejects.toThrow(/^Sync run-1 failed\. Could not read/);
  });
});

it('an unknown payload is answered with the allowed payloads, without an AWS call', async () => {
  const answer = await handler({ mode: 'aply' }, context);
  expect(answer.outcome).toBe('failed');
  expect(answer.error).toContain('payload: {"mode":"aply"} is not allowed');
  expect(calls).toBe(0);
});
