import { makeTopic, Subscriber } from '../../dev/subscriber';
import type { TargetResult } from '../../lambda/core/report/run-record';
import { Harness, IMPATIENT, PUBLISHED, type Run, TODAY, writes } from './harness';

let h: Harness;
let everything: Subscriber;
let topicArn: string;
let queues = 0;
beforeAll(async () => {
  h = await Harness.start();
});
afterAll(() => h?.stop());
beforeEach(async () => {
  await h.reset();
  topicArn = await makeTopic('changes', h.moto.direct);
  everything = await subscribe();
  h.settings = { ...h.settings, changes: { topicArn, format: 'text', dashboardUrl: 'https://example.com/dashboard' } };
  h.aws = { retryStrategy: IMPATIENT };
  await h.sync('apply', at(0));
  expect(await subjects()).toEqual(['Intercom allowlist Test: US +6 ranges, EU +3 ranges, AU +3 ranges']);
});

const US = PUBLISHED.filter((range) => /^(3[45]\.|52\.(44|70))/.test(range));
const EU = PUBLISHED.filter((range) => range.startsWith('54.'));
const NEW = '34.195.12.34/32';
const WIDE = '54.201.0.0/22';
const at = (hours: number) => new Date(Date.parse(`${TODAY}T08:05:00Z`) + hours * 60 * 60 * 1000).toISOString();
const targetOf = (run: Run) => run.report.targets.find(({ id }) => id === h.ownV4) as TargetResult;
const subscribe = (policy?: Readonly<Record<string, readonly string[]>>) =>
  Subscriber.of(topicArn, h.moto.direct, `queue-${++queues}`, policy);
const subjects = async () => (await everything.receive()).map(({ subject }) => subject);
/** AWS denies the calls of these names. */
const deny = (...calls: string[]) => {
  h.moto.proxy.fault = (call) => (calls.includes(call) ? { code: 'AccessDeniedException' } : undefined);
};

describe('people are notified once of each thing that happens', () => {
  it('of a change, a failure, its end, a plan that waits, its decline and a bigger plan, but of no failure twice', async () => {
    await h.publish('us', [...US, NEW]);
    await h.sync('apply', at(1));
    deny('UpdateIPSet', 'GetIPSet');
    for (const hours of [2, 3]) await h.sync({ mode: 'apply', scheduled: true, by: 'schedule' }, at(hours));
    deny();
    await h.sync('apply', at(4));
    await h.publish('eu', [...EU, WIDE]);
    const { planId } = targetOf(await h.sync('apply', at(5)));
    await h.sync('apply', at(6));
    await h.sync({ mode: 'apply', decline: planId ?? '', by: 'Ann' }, at(7));
    await h.sync('apply', at(8));
    await h.publish('eu', [...EU, WIDE, '54.202.0.0/21']);
    const bigger = targetOf(await h.sync('apply', at(9)));
    const received = await everything.receive();
    expect(
      received.map(({ subject, event, intercomRegion, outcome }) => [subject, event, intercomRegion, outcome]),
    ).toEqual([
      ['Intercom allowlist Test: US +1 range', ['changed'], ['us'], 'changed'],
      ['Intercom allowlist Test: 2 targets failed', ['failed'], ['au', 'eu', 'us'], 'failed'],
      ['Intercom allowlist Test: recovered', ['recovered'], ['au', 'eu', 'us'], 'in-sync'],
      [`Intercom allowlist Test: plan ${planId} awaits approval`, ['awaiting-approval'], ['eu'], 'awaiting-approval'],
      [`Intercom allowlist Test: plan ${planId} declined`, ['declined'], ['eu'], 'in-sync'],
      [
        `Intercom allowlist Test: plan ${bigger.planId} awaits approval`,
        ['awaiting-approval'],
        ['eu'],
        'awaiting-approval',
      ],
    ]);
    expect(received[4]?.body).toContain(`Plan ${planId} was declined by Ann on 2026-06-30 15:05 UTC.`);
    expect(h.unsent).toEqual([]);
  });

  it('of a pending removal, with its date, and of nothing while it is pending', async () => {
    h.settings = { ...h.settings, removalGraceHours: 24 };
    await h.publish('us', [...US.slice(1), NEW]);
    for (const hours of [1, 2, 3]) await h.sync('apply', at(hours));
    await h.sync('apply', at(25));
    expect(await subjects()).toEqual([
      'Intercom allowlist Test: US +1 range, 1 to be removed on 2026-07-01',
      'Intercom allowlist Test: US -1 range',
    ]);
  });

  it('of an approval, and not again of the plan', async () => {
    await h.publish('eu', [...EU, WIDE]);
    const planId = targetOf(await h.sync('apply', at(1))).planId ?? '';
    await h.sync({ mode: 'apply', approve: planId, by: 'Bob' }, at(2));
    const [, approved] = await everything.receive();
    expect(approved).toMatchObject({
      subject: `Intercom allowlist Test: plan ${planId} approved, EU +1 range`,
      event: ['approved', 'changed'],
    });
    expect(approved?.body).toContain(`Plan ${planId} was approved by Bob`);
  });

  it('of a run in which only reading failed, which changes nothing else', async () => {
    deny('GetIPSet');
    for (const hours of [1, 2]) await h.sync('apply', at(hours));
    expect(await subjects()).toEqual(['Intercom allowlist Test: 2 targets failed']);
  });

  it('of nothing by a plan, by a run like the one before, or by an approval of a plan that does not wait', async () => {
    await h.publish('us', [...US, NEW]);
    await h.sync('plan', at(1));
    await h.sync({ mode: 'apply', approve: 'ffffffffffff' }, at(1));
    expect(await subjects()).toEqual([]);
    await h.sync('apply', at(2));
    expect(await subjects()).toHaveLength(1);
    expect(writes((await h.sync('apply', at(3))).calls)).toEqual([]);
    expect(await subjects()).toEqual([]);
  });

  it('by filter, where they ask for some events or Intercom regions only', async () => {
    const failures = await subscribe({ event: ['failed', 'recovered'] });
    const europe = await subscribe({ intercomRegion: ['eu'] });
    await h.publish('us', [...US, NEW]);
    await h.sync('apply', at(1));
    await h.publish('eu', [...EU, '54.200.0.1/32']);
    await h.sync('apply', at(2));
    expect(await failures.receive()).toEqual([]);
    expect((await europe.receive()).map(({ subject }) => subject)).toEqual(['Intercom allowlist Test: EU +1 range']);
  });
});

describe('a run in which Amazon SNS is unavailable', () => {
  beforeEach(async () => {
    await h.publish('us', [...US, NEW]);
    deny('Publish');
  });

  it('succeeds, says why once, and the next run sends its message', async () => {
    const { report, error } = await h.sync('apply', at(1));
    expect({ error, outcome: report.outcome }).toEqual({ error: undefined, outcome: 'changed' });
    expect(h.unsent).toEqual([expect.stringMatching(/AccessDenied/)]);
    deny();
    expect((await h.sync('apply', at(2))).report.outcome).toBe('in-sync');
    expect(await subjects()).toEqual(['Intercom allowlist Test: US +1 range']);
    expect(writes((await h.sync('apply', at(3))).calls)).toEqual([]);
    expect(await subjects()).toEqual([]);
  });

  it('is followed by runs that send what happened meanwhile in its order, each once', async () => {
    await h.sync('apply', at(1));
    await h.sync('apply', at(2));
    await h.publish('eu', [...EU, '54.200.0.1/32']);
    await h.sync('apply', at(3));
    deny();
    await h.sync('apply', at(4));
    await h.sync('apply', at(5));
    expect(await subjects()).toEqual(['Intercom allowlist Test: US +1 range', 'Intercom allowlist Test: EU +1 range']);
    expect(h.unsent).toHaveLength(3);
  });

  it('may send a message twice if the answer of Amazon SNS was lost, but does not lose it', async () => {
    let lost = false;
    h.moto.proxy.fault = (call) => {
      if (call !== 'Publish' || lost) return undefined;
      lost = true;
      return { drop: 'after' };
    };
    await h.sync('apply', at(1));
    await h.sync('apply', at(2));
    const received = await subjects();
    expect(new Set(received)).toEqual(new Set(['Intercom allowlist Test: US +1 range']));
    expect(received.length).toBeLessThanOrEqual(2);
  });
});

it('a run that another one keeps from its work sends nothing', async () => {
  h.lease = { tries: 1 };
  await h.publish('us', [...US, NEW]);
  let kept: Promise<Run> | undefined;
  h.moto.proxy.before = async (call) => {
    if (call !== 'UpdateIPSet' || kept) return;
    kept = h.sync('apply', at(1));
    await kept;
  };
  expect((await h.sync('apply', at(1))).error).toBeUndefined();
  const { report, error, calls } = (await kept) as Run;
  expect(report.outcome).toBe('failed');
  expect(error).toMatch(/^Another sync is applying changes/);
  expect(calls).not.toContain('UpdateIPSet');
  expect(await subjects()).toEqual(['Intercom allowlist Test: US +1 range']);
});
