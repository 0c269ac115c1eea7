import { guardInLog, readGuards } from '../../../bin/allowlist/guards';
import { openSession } from '../../../bin/allowlist/session';
import { hasFindings } from '../../../lambda/core/report/findings';
import type { GuardResult } from '../../../lambda/core/report/run-record';
import { reportOf, soundGuard } from '../../core/report/builders';
import { type LocalServer, serve } from '../../serve';

const RECEIVER = { kind: 'receiver', id: 'bus', secret: 'arn:secret', queue: 'http://queue/1/overflow' } as const;
const AS_OF = 'as of 2026-11-24 09:05 UTC, by the sync; your credentials may not read it';

const runAt = (hour: number, guards: readonly GuardResult[] = []) => ({
  ...reportOf({ guards }),
  time: `2026-11-24T0${hour}:05:00.000Z`,
});
const receiver = (overrides: Partial<GuardResult> = {}) => soundGuard({ kind: 'receiver', id: 'bus', ...overrides });

describe('a guard that the credentials of the operator may not read', () => {
  it('is reported as the newest run that checked it found it, with the time', () => {
    const runs = [runAt(8, [receiver({ notes: ['old'] })]), runAt(9, [receiver(), soundGuard()]), runAt(9)];
    expect(guardInLog(RECEIVER, runs)).toEqual(receiver({ notes: [AS_OF] }));
  });

  it('has the problems that the newest run found, with the time', () => {
    const problems = ['The client secret is empty'];
    const guard = guardInLog(RECEIVER, [runAt(9, [receiver({ outcome: 'exposed', problems })])]);
    expect(guard).toMatchObject({ outcome: 'exposed', problems: [`The client secret is empty (${AS_OF})`] });
    expect(hasFindings({ targets: [], guards: [guard] })).toBe(true);
  });

  it('is unknown, but no problem, if no run has checked it', () => {
    const guard = guardInLog(RECEIVER, [runAt(9, [soundGuard()])]);
    expect(guard).toMatchObject({ outcome: 'unknown', problems: [] });
    expect(guard.notes).toEqual([expect.stringMatching(/^Your credentials may not read it, and no recent run/)]);
    expect(hasFindings({ targets: [], guards: [guard] })).toBe(false);
  });
});

describe('reading the guards', () => {
  let server: LocalServer;
  let code: string;

  beforeAll(async () => {
    server = await serve((_request, response) =>
      response.writeHead(400, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify({ __type: code })),
    );
    process.env.AWS_ENDPOINT_URL = server.url;
  });
  afterAll(async () => {
    delete process.env.AWS_ENDPOINT_URL;
    await server.stop();
  });

  const read = () => {
    const settings = { guards: [RECEIVER], targets: [] };
    return readGuards(settings, openSession({}), new Date(), Promise.resolve([runAt(9, [receiver()])]));
  };

  it('takes a guard from the log if AWS denies the operator a call', async () => {
    code = 'AccessDeniedException';
    expect(await read()).toEqual([receiver({ notes: [AS_OF] })]);
  });

  it('reports a guard as a problem if the call failed for another reason, and names the call and no role', async () => {
    code = 'ValidationException';
    const [guard] = await read();
    expect(guard).toMatchObject({ kind: 'receiver', id: 'bus', outcome: 'unknown' });
    expect(guard?.problems).toEqual([
      expect.stringMatching(
        /^It could not be read, .*: (DescribeEventBus|GetSecretValue|GetQueueAttributes) of \w+ failed: /,
      ),
    ]);
    expect(guard?.problems.join()).not.toContain('role');
  });
});
