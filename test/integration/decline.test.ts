import type { TargetResult } from '../../lambda/core/report/run-record';
import { Harness, PUBLISHED, type Run, TODAY, writes } from './harness';

let h: Harness;
beforeAll(async () => {
  h = await Harness.start();
});
afterAll(() => h?.stop());

const EU = PUBLISHED.filter((range) => range.startsWith('54.'));
const WIDE = '54.201.0.0/22';
const WIDER = '54.202.0.0/21';
const at = (hours: number) => new Date(Date.parse(`${TODAY}T08:05:00Z`) + hours * 60 * 60 * 1000).toISOString();
const set = async () => (await h.account.ipSet(h.ownV4)).addresses;
const targetOf = (run: Run) => run.report.targets.find(({ id }) => id === h.ownV4) as TargetResult;
const decline = (planId: string, by = 'Ann') => ({ mode: 'apply', decline: planId, by }) as const;
const approve = (planId: string, by = 'Bob') => ({ mode: 'apply', approve: planId, by }) as const;

/** A plan that awaits approval. */
let planId: string;
beforeEach(async () => {
  await h.reset();
  await h.sync('apply', at(0));
  await h.publish('eu', [...EU, WIDE]);
  planId = targetOf(await h.sync('apply', at(1))).planId ?? '';
  expect(planId).toMatch(/^[0-9a-f]{12}$/);
});

describe('a declined plan', () => {
  const declined = () => ({ planId: null, declined: planId, declinedBy: 'Ann', declinedAt: at(2), error: null });

  it('is not applied in any later run, which writes nothing', async () => {
    const answer = await h.sync(decline(planId), at(2));
    expect(answer.error).toBeUndefined();
    expect(answer.report).toMatchObject({ by: 'Ann', outcome: 'in-sync' });
    for (const run of [answer, await h.sync('plan', at(3)), await h.sync('apply', at(3))]) {
      expect(targetOf(run)).toMatchObject({ ...declined(), awaitingApproval: { added: [WIDE], removed: [] } });
    }
    expect(writes((await h.sync('apply', at(4))).calls)).toEqual([]);
    expect(await set()).toEqual(PUBLISHED);
  });

  it('holds up nothing else, not even in the run that declines it', async () => {
    await h.publish('us', [...PUBLISHED.filter((range) => /^3[45]\.|^52\.(44|70)/.test(range)), '34.195.12.34/32']);
    expect(targetOf(await h.sync(decline(planId), at(2)))).toMatchObject({ ...declined(), added: ['34.195.12.34/32'] });
    expect(await set()).toEqual([...PUBLISHED, '34.195.12.34/32'].sort());
  });

  it('awaits approval anew once it is another plan, and once more when it is the first one again', async () => {
    await h.sync(decline(planId), at(2));
    await h.publish('eu', [...EU, WIDE, WIDER]);
    const bigger = targetOf(await h.sync('apply', at(3)));
    expect(bigger).toMatchObject({ outcome: 'awaiting-approval', declined: null, planId: expect.any(String) });
    expect(bigger.planId).not.toBe(planId);
    await h.publish('eu', [...EU, WIDE]);
    expect(targetOf(await h.sync('apply', at(4)))).toMatchObject({ declined: null, planId });
  });

  it('is applied if it is approved after all', async () => {
    await h.sync(decline(planId), at(2));
    const run = await h.sync(approve(planId), at(3));
    expect(targetOf(run)).toMatchObject({ approved: planId, declined: null, added: [WIDE] });
    expect(await set()).toContain(WIDE);
    expect(writes((await h.sync('apply', at(4))).calls)).toEqual([]);
  });

  it('stays declined while its feed cannot be read', async () => {
    await h.sync(decline(planId), at(2));
    await h.unpublish('eu');
    await h.sync('apply', at(3));
    await h.publish('eu', [...EU, WIDE]);
    expect(targetOf(await h.sync('apply', at(4)))).toMatchObject(declined());
  });
});

describe('a decline', () => {
  it('of a plan that does not await approval is refused with the plans that do, and writes nothing', async () => {
    const { error, calls } = await h.sync(decline('ffffffffffff'), at(2));
    expect(error).toMatch(/^No plan ffffffffffff awaits approval.*not declined\. Awaiting approval: [0-9a-f]{12} \(/);
    expect(writes(calls)).toEqual([]);
  });

  it('of a declined plan is refused with who declined it and when, and writes nothing', async () => {
    await h.sync(decline(planId), at(2));
    const { error, calls } = await h.sync(decline(planId, 'Bob'), at(3));
    expect(error).toContain(`Plan ${planId} was declined already, by Ann at ${at(2)}.`);
    expect(writes(calls)).toEqual([]);
  });

  it('of an applied plan is refused', async () => {
    await h.sync(approve(planId), at(2));
    expect((await h.sync(decline(planId), at(3))).error).toMatch(/^No plan .* was applied already/);
  });
});

describe('of two people who answer a plan in the same second, the later one gets a clear error', () => {
  /** Lets somebody else answer while a run is about to take the lease. */
  function meanwhile(answer: () => Promise<Run>): Promise<Run>[] {
    const runs: Promise<Run>[] = [];
    h.moto.proxy.before = async (call) => {
      if (call !== 'UpdateItem' || runs.length > 0) return;
      runs.push(answer());
      await runs[0];
    };
    return runs;
  }

  it.each<[string, typeof approve | typeof decline, typeof approve | typeof decline, string, RegExp]>([
    ['an approval after a decline', approve, decline, 'PUBLISHED', /^Plan .* was declined by first at .*not applied/],
    ['a decline after an approval', decline, approve, 'APPLIED', /^No plan .* was applied already.*not declined/],
    ['a decline after a decline', decline, decline, 'PUBLISHED', /^Plan .* was declined already, by first/],
    ['an approval after an approval', approve, approve, 'APPLIED', /^No plan .* was applied already.*not applied/],
  ])('%s', async (_case, late, early, outcome, message) => {
    const [first] = [meanwhile(() => h.sync(early(planId, 'first'), at(2)))];
    const { error } = await h.sync(late(planId, 'second'), at(2));
    expect(error).toMatch(message);
    expect((await first[0])?.error).toBeUndefined();
    expect(await set()).toEqual(outcome === 'APPLIED' ? [...PUBLISHED, WIDE].sort() : PUBLISHED);
  });
});
