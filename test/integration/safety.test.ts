import type { IpPermission } from '@aws-sdk/client-ec2';
import type { TargetResult } from '../../lambda/core/report/run-record';
import { DISCOVERY_TAG } from '../../lambda/shared/constants';
import { deadlineBy } from '../../lambda/sync/deadline';
import type { Fault } from './fault-proxy';
import { permission } from './fixtures';
import { Harness, IMPATIENT, PUBLISHED, type Run, TABLE, TODAY, writes } from './harness';

let h: Harness;
let group: string;
beforeAll(async () => {
  h = await Harness.start();
});
beforeEach(async () => {
  await h.reset();
  Object.assign(h.settings, { removalGraceHours: 24, maxRemovalShare: 0.5 });
  group = await h.account.makeGroup('tagged', [{ Key: DISCOVERY_TAG, Value: '443' }]);
});
afterAll(() => h?.stop());

const US = [
  '34.197.76.213/32',
  '34.231.68.152/32',
  '35.169.138.21/32',
  '35.171.78.91/32',
  '52.44.63.161/32',
  '52.70.27.159/32',
];
const GONE = '34.231.68.152/32';
const NEW = '34.195.12.34/32';
const EU = ['54.216.9.3/32', '54.217.125.63/32', '54.246.173.113/32'];
const without = (...gone: string[]) => PUBLISHED.filter((range) => !gone.includes(range));

const set = async () => (await h.account.ipSet(h.ownV4)).addresses;
const rules = async () =>
  (await h.account.rules(group))
    .filter((rule) => rule.includes('owner='))
    .map(rangeOf)
    .sort();
const rangeOf = (rule: string) => rule.split(' ')[1] ?? '';
const targetOf = (run: Run, id: string) => run.report.targets.find((target) => target.id === id) as TargetResult;
const both = (run: Run) => [targetOf(run, h.ownV4), targetOf(run, group)];
/** 08:05 UTC of the first day, and so many hours. */
const at = (hours: number) => new Date(Date.parse(`${TODAY}T08:05:00Z`) + hours * 60 * 60 * 1000).toISOString();
const dayAt = (hours: number) => at(hours).slice(0, 10);

async function publishUs(hours: number, ranges: readonly string[]): Promise<void> {
  await h.publish('us', ranges, dayAt(hours));
}

describe('a range that is no longer published', () => {
  beforeEach(async () => {
    await h.sync('apply', at(0));
    await publishUs(
      1,
      US.filter((range) => range !== GONE),
    );
  });

  it('an absent range is announced at once, stays for the grace period, and is removed after it', async () => {
    const pendingRemoval = [{ range: GONE, absentSince: at(1), removeAfter: at(25) }];
    for (const hours of [1, 2, 24.9]) {
      const run = await h.sync('apply', at(hours));
      expect(both(run)).toMatchObject([
        { outcome: 'in-sync', pendingRemoval },
        { outcome: 'in-sync', pendingRemoval },
      ]);
      expect(await set()).toContain(GONE);
    }
    const run = await h.sync('apply', at(25));
    expect(both(run)).toMatchObject([
      { removed: [GONE], pendingRemoval: [] },
      { removed: [GONE], pendingRemoval: [] },
    ]);
    expect([await set(), await rules()]).toEqual([without(GONE), without(GONE)]);
  });

  it('an absence is recorded once: runs during the grace period write nothing', async () => {
    expect(writes((await h.sync('apply', at(1))).calls)).not.toEqual([]);
    expect(writes((await h.sync('apply', at(2))).calls)).toEqual([]);
  });

  it('a range that returns within the grace period stays, and its next absence starts a new grace period', async () => {
    await h.sync('apply', at(1));
    await publishUs(20, US);
    await h.sync('apply', at(20));
    await publishUs(
      24,
      US.filter((range) => range !== GONE),
    );
    expect(targetOf(await h.sync('apply', at(26)), h.ownV4)).toMatchObject({
      pendingRemoval: [{ range: GONE, absentSince: at(26) }],
    });
    expect(await set()).toContain(GONE);
  });

  it('an absent range stays during its grace period while its replacement is added at once', async () => {
    await publishUs(1, [...US.filter((range) => range !== GONE), NEW]);
    expect(targetOf(await h.sync('apply', at(1)), h.ownV4)).toMatchObject({ added: [NEW], removed: [] });
    expect(await set()).toEqual([...PUBLISHED, NEW].sort());
    await h.sync('apply', at(25));
    expect(await set()).toEqual([...without(GONE), NEW].sort());
  });

  it('an absent range stays for as long as its feed is untrusted', async () => {
    await h.sync('apply', at(1));
    await h.unpublish('us');
    const run = await h.sync('apply', at(100));
    expect(targetOf(run, h.ownV4).deferred).toEqual([
      { range: GONE, reason: expect.stringContaining('the us feed is untrusted') },
    ]);
    expect(await set()).toContain(GONE);
  });

  it('after days without a readable feed an absent range gets a new grace period', async () => {
    await h.sync('apply', at(1));
    await publishUs(
      96,
      US.filter((range) => range !== GONE),
    );
    expect(targetOf(await h.sync('apply', at(97)), h.ownV4).pendingRemoval).toEqual([
      { range: GONE, absentSince: at(97), removeAfter: at(121) },
    ]);
    expect(targetOf(await h.sync('apply', at(121)), h.ownV4).removed).toEqual([GONE]);
  });

  describe('in a target that some runs cannot read', () => {
    const withdraw = (hours: number) =>
      publishUs(
        hours,
        US.filter((range) => range !== GONE),
      );
    const syncWithoutGroup = async (hours: number) => {
      h.moto.proxy.fault = (call) =>
        call === 'DescribeSecurityGroupRules' ? { code: 'UnauthorizedOperation' } : undefined;
      const run = await h.sync('apply', at(hours));
      h.moto.proxy.clear();
      expect(targetOf(run, group).outcome).toBe('failed');
      return run;
    };

    it('is not removed without grace if it was published in between', async () => {
      await h.sync('apply', at(1));
      await publishUs(2, US);
      await syncWithoutGroup(2);
      expect(writes((await syncWithoutGroup(3)).calls)).toEqual([]);
      await withdraw(4);
      const pendingRemoval = [{ range: GONE, absentSince: at(26), removeAfter: at(50) }];
      expect(both(await h.sync('apply', at(26)))).toMatchObject([{ pendingRemoval }, { pendingRemoval }]);
      expect(await rules()).toContain(GONE);
    });

    it('is not removed without grace after days without a readable feed, and delays no removal elsewhere', async () => {
      await h.sync('apply', at(1));
      await withdraw(96);
      await syncWithoutGroup(97);
      expect(writes((await syncWithoutGroup(98)).calls)).toEqual([]);
      expect(both(await h.sync('apply', at(99)))).toMatchObject([
        { pendingRemoval: [{ absentSince: at(97) }] },
        { pendingRemoval: [{ absentSince: at(99) }] },
      ]);
      expect(writes((await h.sync('apply', at(100))).calls)).toEqual([]);
      expect(both(await h.sync('apply', at(121)))).toMatchObject([{ removed: [GONE] }, { removed: [] }]);
      expect(targetOf(await h.sync('apply', at(123)), group)).toMatchObject({ removed: [GONE] });
    });
  });

  it('plan mode reports an absent range and writes nothing', async () => {
    const run = await h.sync('plan', at(1));
    expect(targetOf(run, h.ownV4)).toMatchObject({
      outcome: 'in-sync',
      pendingRemoval: [{ range: GONE, absentSince: at(1) }],
    });
    expect(writes(run.calls)).toEqual([]);
    expect(targetOf(await h.sync('apply', at(3)), h.ownV4)).toMatchObject({ pendingRemoval: [{ absentSince: at(3) }] });
  });
});

it.each([
  ['dated', (hours: number) => dayAt(hours)],
  ['undated', () => undefined],
])('a publisher that serves an old and a new feed in turn, %s, takes nothing out', async (_kind, dateOf) => {
  await h.sync('apply', at(0));
  for (let hours = 1; hours <= 120; hours += 12) {
    const isOld = hours % 24 > 12;
    const ranges = isOld ? US : [...US.filter((range) => range !== GONE), NEW];
    await h.publish('us', ranges, dateOf(isOld ? 0 : hours));
    const run = await h.sync('apply', at(hours));
    expect(run.report.targets.flatMap(({ removed }) => removed)).toEqual([]);
  }
  expect(await set()).toEqual([...PUBLISHED, NEW].sort());
});

it('replacing one range of three needs no approval', async () => {
  await h.sync('apply', at(0));
  await h.publish('eu', [...EU.slice(1), '54.200.0.1/32'], dayAt(0));
  expect(targetOf(await h.sync('apply', at(1)), h.ownV4)).toMatchObject({ added: ['54.200.0.1/32'], planId: null });
  expect(targetOf(await h.sync('apply', at(25)), h.ownV4)).toMatchObject({ removed: [EU[0]], planId: null });
});

it('a feed that only grows is applied at once', async () => {
  await h.sync('apply', at(0));
  await publishUs(0, [...US, NEW]);
  expect(both(await h.sync('apply', at(1)))).toMatchObject([{ added: [NEW] }, { added: [NEW] }]);
});

describe('a plan that removes too much of a region', () => {
  const left = US.slice(0, 2);
  const lost = US.slice(2);

  beforeEach(async () => {
    await h.sync('apply', at(0));
    await publishUs(1, left);
    await h.sync('apply', at(1));
  });

  it('a removal of too large a share awaits approval, with its ranges and share, and removes nothing', async () => {
    const run = await h.sync('apply', at(25));
    expect(run.error).toBeUndefined();
    expect(run.report.outcome).toBe('awaiting-approval');
    for (const target of both(run)) {
      expect(target).toMatchObject({
        outcome: 'awaiting-approval',
        removed: [],
        awaitingApproval: { added: [], removed: lost },
      });
      expect(target.error).toMatch(/removing 4 of 6 US ranges, over a share of 0\.5.*"approve":"[0-9a-f]{12}"/);
    }
    expect(await set()).toEqual(PUBLISHED);
    expect(writes((await h.sync('apply', at(26))).calls)).toEqual([]);
  });

  it('a plan keeps its id, also in plan mode, and approving it applies it to its target only', async () => {
    const planId = targetOf(await h.sync('apply', at(25)), h.ownV4).planId ?? '';
    expect(targetOf(await h.sync('plan', at(26)), h.ownV4).planId).toBe(planId);
    const run = await h.sync({ mode: 'apply', approve: planId }, at(27));
    expect(both(run)).toMatchObject([
      { outcome: 'changed', removed: lost, approved: planId, planId: null },
      { outcome: 'awaiting-approval', removed: [], approved: null },
    ]);
    expect(await set()).toEqual(without(...lost));
    expect(await rules()).toEqual(PUBLISHED);
  });

  it('a plan that awaits approval does not delay additions', async () => {
    await publishUs(24, [...left, NEW]);
    const run = await h.sync('apply', at(25));
    expect(targetOf(run, h.ownV4)).toMatchObject({ outcome: 'changed', added: [NEW], planId: expect.any(String) });
    expect(await set()).toEqual([...PUBLISHED, NEW].sort());
  });

  it('approving a plan that has changed since applies nothing and names the plan that awaits approval now', async () => {
    const planId = targetOf(await h.sync('apply', at(25)), h.ownV4).planId ?? '';
    await publishUs(26, [...left, ...lost.slice(0, 1)]);
    const { error, calls } = await h.sync({ mode: 'apply', approve: planId }, at(27));
    expect(error).toMatch(new RegExp(`No plan ${planId} awaits.*not applied`));
    expect(writes(calls)).toEqual([]);
    expect(await set()).toEqual(PUBLISHED);
  });

  it.each(['approve', 'decline'] as const)(
    '%s: a plan whose target cannot be read is not called applied',
    async (answer) => {
      h.aws = { retryStrategy: IMPATIENT };
      const planId = targetOf(await h.sync('apply', at(25)), group).planId ?? '';
      h.moto.proxy.fault = (call) =>
        call === 'DescribeSecurityGroupRules' ? { code: 'UnauthorizedOperation' } : undefined;
      const { error, calls } = await h.sync({ mode: 'apply', [answer]: planId }, at(26));
      expect(error).toMatch(new RegExp(`^Could not check plan ${planId}.* failed: ${group}.*${answer} the plan again`));
      expect(writes(calls)).toEqual([]);
      h.moto.proxy.clear();
      expect((await h.sync({ mode: 'apply', [answer]: planId }, at(27))).error).toBeUndefined();
    },
  );

  it('a plan cannot be approved twice, or by an unknown id', async () => {
    const planId = targetOf(await h.sync('apply', at(25)), h.ownV4).planId ?? '';
    await h.sync({ mode: 'apply', approve: planId }, at(26));
    for (const approve of [planId, 'ffffffffffff']) {
      const { error, calls } = await h.sync({ mode: 'apply', approve }, at(27));
      expect(error).toMatch(/awaits approval: it was applied already, or its changes are different now/);
      expect(error).toMatch(/Awaiting approval: [0-9a-f]{12} \(sg-/);
      expect(writes(calls)).toEqual([]);
    }
  });

  it('of an approved plan that others carry out in part while it is applied, the rest is applied', async () => {
    const planId = targetOf(await h.sync('apply', at(25)), h.ownV4).planId ?? '';
    let raced = false;
    h.moto.proxy.before = async (call) => {
      if (call !== 'UpdateIPSet' || raced) return;
      raced = true;
      await h.account.setAddresses(h.ownV4, without(lost[0] ?? ''));
    };
    const run = await h.sync({ mode: 'apply', approve: planId }, at(26));
    expect(run.error).toBeUndefined();
    expect(targetOf(run, h.ownV4)).toMatchObject({ outcome: 'changed', approved: planId, planId: null, conflicts: 1 });
    expect(await set()).toEqual(without(...lost));
  });

  it('an approved plan whose addition succeeds and whose removal meets a conflict is applied whole', async () => {
    await publishUs(24, [...left, '34.128.0.0/22']);
    const { planId } = targetOf(await h.sync('apply', at(25)), group);
    let raced = false;
    h.moto.proxy.before = async (call) => {
      if (call !== 'RevokeSecurityGroupIngress' || raced) return;
      raced = true;
      await h.account.revoke(group, lost[0] ?? '');
    };
    const run = await h.sync({ mode: 'apply', approve: planId ?? '' }, at(26));
    expect(run.error).toBeUndefined();
    expect(targetOf(run, group)).toMatchObject({
      approved: planId,
      planId: null,
      added: ['34.128.0.0/22'],
      removed: lost,
    });
    expect(await rules()).toEqual([...without(...lost), '34.128.0.0/22'].sort());
  });
});

describe('a plan that opens too much', () => {
  it('too many new addresses await approval, and other regions and the ranges in force are unaffected', async () => {
    await h.sync('apply', at(0));
    await publishUs(1, [...US, '34.128.0.0/22']);
    await h.publish('eu', [...EU, '54.200.0.1/32'], dayAt(1));
    const run = await h.sync('apply', at(1));
    const target = targetOf(run, h.ownV4);
    expect(target).toMatchObject({ added: ['54.200.0.1/32'], awaitingApproval: { added: ['34.128.0.0/22'] } });
    expect(target.error).toMatch(/adding 1024 new addresses of US, over 256 in a day.*blocked until then/);
    await h.sync({ mode: 'apply', approve: target.planId ?? '' }, at(2));
    expect(await set()).toEqual([...PUBLISHED, '34.128.0.0/22', '54.200.0.1/32'].sort());
  });

  it('a stray network that awaits approval does not delay a single address published with it, in any later run', async () => {
    await h.sync('apply', at(0));
    await publishUs(1, [...US, NEW, '45.0.0.1/24']);
    for (const hours of [1, 2, 27]) {
      const { report } = await h.sync('apply', at(hours));
      expect(await set()).toEqual([...PUBLISHED, NEW].sort());
      expect(report.targets.map(({ awaitingApproval }) => awaitingApproval.added)).toContainEqual(['45.0.0.0/24']);
      expect(report.feeds[0]).toMatchObject({ region: 'us', rejected: [{ range: '45.0.0.1/24' }] });
    }
  });

  it('too many new addresses await approval in a first run too', async () => {
    await publishUs(0, [...US, '34.128.0.0/22']);
    const run = await h.sync('apply', at(0));
    expect(targetOf(run, h.ownV4)).toMatchObject({
      added: PUBLISHED,
      awaitingApproval: { added: ['34.128.0.0/22'] },
    });
  });
});

describe('quotas', () => {
  const others = (count: number, from: (i: number) => IpPermission) =>
    Promise.all(Array.from({ length: count }, (_, i) => h.account.allow(group, from(i))));
  const office = (i: number) => permission(22, `198.51.100.${i}/32`, 'others');

  it('rules of others count towards the quota: exceeding it is one error with both numbers, before any write', async () => {
    await others(49, office);
    const run = await h.sync('apply', at(0));
    expect(targetOf(run, group)).toMatchObject({
      outcome: 'failed',
      error: expect.stringMatching(/^61 entries would be needed, and 60 are allowed.*Nothing was written/),
    });
    expect(run.calls).not.toContain('AuthorizeSecurityGroupIngress');
    expect(await set()).toEqual(PUBLISHED);
  });

  it('rules that exactly fill the quota are written', async () => {
    await others(48, office);
    expect((await h.sync('apply', at(0))).error).toBeUndefined();
    expect(await rules()).toEqual(PUBLISHED);
  });

  it('a raised quota counts as configured', async () => {
    Object.assign(h.settings, { rulesPerSecurityGroup: 13 });
    await others(2, office);
    expect(targetOf(await h.sync('apply', at(0)), group).error).toMatch(
      /^14 entries would be needed, and 13 are allowed/,
    );
  });

  it('a reference to a prefix list counts as its MaxEntries', async () => {
    const list = await h.account.makePrefixList('partners', 49);
    await h.account.allow(group, {
      IpProtocol: 'tcp',
      FromPort: 443,
      ToPort: 443,
      PrefixListIds: [{ PrefixListId: list }],
    });
    expect(targetOf(await h.sync('apply', at(0)), group).error).toMatch(
      /^61 entries would be needed, and 60 are allowed/,
    );
  });

  it('a reference to an IPv6 prefix list does not count towards the IPv4 rules', async () => {
    const list = await h.account.makePrefixList('partners', 55, 'IPv6');
    await h.account.allow(group, {
      IpProtocol: 'tcp',
      FromPort: 443,
      ToPort: 443,
      PrefixListIds: [{ PrefixListId: list }],
    });
    expect((await h.sync('apply', at(0))).error).toBeUndefined();
  });

  it('an IP set takes 10,000 addresses and no more, even with approval', async () => {
    const many = Array.from({ length: 9_995 }, (_, i) => `34.128.${i >> 7}.${(2 * i) & 255}/32`);
    await publishUs(0, many.slice(0, 9_994));
    const { planId } = targetOf(await h.sync('plan', at(0)), h.ownV4);
    await h.sync({ mode: 'apply', approve: planId ?? '' }, at(0));
    expect(await set()).toHaveLength(10_000);
    await publishUs(0, [...many, ...US]);
    const run = await h.sync('apply', at(1));
    expect(targetOf(run, h.ownV4)).toMatchObject({
      outcome: 'failed',
      error: expect.stringMatching(/^10007 entries would be needed, and 10000 are allowed \(addresses in an IP set/),
    });
    expect(await set()).toHaveLength(10_000);
  });

  it('a region with too many ranges fails, and the additions of another region are applied', async () => {
    await h.sync('apply', at(0));
    await publishUs(
      1,
      Array.from({ length: 300 }, (_, i) => `34.128.${i >> 7}.${(2 * i) & 255}/32`),
    );
    await h.publish('eu', [...EU, '54.200.0.1/32'], dayAt(1));
    const run = await h.sync('apply', at(1));
    expect(targetOf(run, group)).toMatchObject({
      outcome: 'failed',
      added: ['54.200.0.1/32'],
      error: expect.stringMatching(
        /^The changes that await approval do not fit: 313 entries would be needed, .* and 60 are allowed.*Other changes do not wait/,
      ),
    });
  });

  it('a target over its quota is one failed target whose error counts and names its pending removals', async () => {
    await others(48, office);
    await h.sync('apply', at(0));
    await publishUs(1, [...US.slice(1), NEW]);
    expect(targetOf(await h.sync('apply', at(1)), group)).toMatchObject({
      outcome: 'failed',
      error: expect.stringMatching(/^61 entries would be needed, 1 of them only until their pending removal, and 60/),
    });
    expect(await rules()).toEqual(PUBLISHED);
  });

  it('a full target replaces a range once its grace period has passed, and names it as pending until then', async () => {
    await others(48, office);
    await h.sync('apply', at(0));
    await publishUs(1, [...US.filter((range) => range !== GONE), NEW]);
    const pendingRemoval = [{ range: GONE, absentSince: at(1), removeAfter: at(25) }];
    for (const hours of [1, 2, 24.9]) {
      expect(targetOf(await h.sync('apply', at(hours)), group)).toMatchObject({ outcome: 'failed', pendingRemoval });
      expect(await rules()).toEqual(PUBLISHED);
    }
    await publishUs(25, [...US.filter((range) => range !== GONE), NEW]);
    const run = await h.sync('apply', at(25));
    expect(targetOf(run, group)).toMatchObject({
      outcome: 'changed',
      added: [NEW],
      removed: [GONE],
      removedFirst: [GONE],
    });
    expect(await rules()).toEqual([...without(GONE), NEW].sort());
  });

  it('a full target still reports what others let in', async () => {
    await others(48, office);
    await h.account.allow(group, permission(443, '96.0.0.0/4', 'others'));
    expect(targetOf(await h.sync('apply', at(0)), group)).toMatchObject({
      outcome: 'failed',
      exposed: true,
      exposure: [{ range: '96.0.0.0/4', ports: [443] }],
      byRegion: [],
    });
  });

  it('entries are removed first only if nothing else fits, exactly as many as needed, and the record says so', async () => {
    await others(47, office);
    await h.sync('apply', at(0));
    await publishUs(0, [NEW, '34.195.12.36/32', '34.195.12.38/32']);
    Object.assign(h.settings, { removalGraceHours: 0, maxRemovalShare: 1 });
    const run = await h.sync('apply', at(1));
    const changes = run.calls.filter((call) => /Authorize|Revoke/.test(call));
    expect(changes).toEqual([
      'RevokeSecurityGroupIngress',
      'AuthorizeSecurityGroupIngress',
      'RevokeSecurityGroupIngress',
    ]);
    expect(targetOf(run, group).removedFirst).toHaveLength(2);
    expect(targetOf(run, group).removed).toEqual(US);
    expect(targetOf(run, h.ownV4).removedFirst).toEqual([]);
  });
});

describe('AWS misbehaves', () => {
  const faults: [string, Fault][] = [
    ['drops the connection before it did the work', { drop: 'before' }],
    ['drops the connection after it did the work', { drop: 'after' }],
    ['gets the call twice', { twice: true }],
    ['throttles with 400', { code: 'ThrottlingException' }],
    ['throttles with 429', { code: 'TooManyRequestsException', status: 429 }],
    ['is unavailable', { code: 'ServiceUnavailable', status: 503 }],
    ['is broken inside', { code: 'InternalError', status: 500 }],
    ['is slow', { delayMs: 20 }],
  ];
  const calls = [
    'Scan',
    'DescribeSecurityGroups',
    'GetIPSet',
    'DescribeSecurityGroupRules',
    'UpdateItem',
    'PutItem',
    'UpdateIPSet',
  ];
  const cases = [...calls, 'AuthorizeSecurityGroupIngress', 'RevokeSecurityGroupIngress'].flatMap((call) =>
    faults.map(([name, fault]) => [call, name, fault] as const),
  );

  it.each(cases)('%s: AWS %s once, and the run ends as without the fault', async (call, _name, fault) => {
    h.aws = { retryStrategy: IMPATIENT };
    Object.assign(h.settings, { removalGraceHours: 0 });
    await h.sync('apply', at(0));
    await publishUs(0, [...US.filter((range) => range !== GONE), NEW]);
    let left = 1;
    h.moto.proxy.fault = (name) => (name === call && left-- > 0 ? fault : undefined);
    const run = await h.sync('apply', at(1));
    expect(left).toBeLessThan(1);
    expect(run.error).toBeUndefined();
    const expected = [...without(GONE), NEW].sort();
    expect([await set(), await rules()]).toEqual([expected, expected]);
    expect(writes((await h.sync('apply', at(2))).calls)).toEqual([]);
  });

  it('a run that was killed at any call, and is repeated after its lease, ends as an undisturbed run', async () => {
    h.aws = { retryStrategy: IMPATIENT };
    Object.assign(h.settings, { removalGraceHours: 0 });
    const shared = await h.account.makeIpSet('theirs', ['198.51.100.0/24']);
    h.addTarget({ kind: 'ip-set', id: shared });
    let kills = 0;
    for (let killed = true; killed; ) {
      await h.account.setState(TABLE, []);
      await h.account.setAddresses(shared, ['198.51.100.0/24']);
      await publishUs(0, US);
      await h.sync('apply', at(0));
      await publishUs(0, [...US.filter((range) => range !== GONE), NEW]);
      let left = kills++;
      h.moto.proxy.fault = () => (left-- > 0 ? undefined : { code: 'Killed' });
      killed = (await h.sync('apply', at(1))).error !== undefined;
      h.moto.proxy.clear();
      expect((await h.sync('apply', at(2))).error).toBeUndefined();
      const expected = [...without(GONE), NEW].sort();
      const inShared = (await h.account.ipSet(shared)).addresses;
      expect([await set(), await rules(), inShared]).toEqual([
        expected,
        expected,
        ['198.51.100.0/24', ...expected].sort(),
      ]);
    }
    expect(kills).toBeGreaterThan(15);
  });

  /** A run whose time is over once this call is made; and the next one, which has all the time. */
  async function runOutOfTime(last: string): Promise<Run> {
    const controller = new AbortController();
    h.deadline = deadlineBy(controller.signal);
    h.moto.proxy.before = async (call) => {
      if (call === last) controller.abort();
    };
    const run = await h.sync('apply', at(0));
    expect(run.report.outcome).toBe('failed');
    // The lease was taken and given up.
    expect(run.calls.filter((call) => call === 'UpdateItem')).toHaveLength(2);
    h.moto.proxy.clear();
    h.deadline = undefined;
    expect((await h.sync('apply', at(1))).error).toBeUndefined();
    expect([await set(), await rules()]).toEqual([PUBLISHED, PUBLISHED]);
    return run;
  }
  const notFinished = { outcome: 'failed', error: expect.stringMatching(/not finished when the run had to end/) };

  it('a run without time left starts no write and still reports, and the next run continues', async () => {
    const run = await runOutOfTime('PutItem');
    expect(both(run)).toMatchObject([notFinished, notFinished]);
    expect(run.calls).not.toContain('UpdateIPSet');
    expect(run.calls).not.toContain('AuthorizeSecurityGroupIngress');
  });

  it('a run that does not learn the result of a write in time says so, and the next run continues', async () => {
    expect(targetOf(await runOutOfTime('UpdateIPSet'), h.ownV4)).toMatchObject(notFinished);
  });

  describe('a target that fails in the middle of its changes', () => {
    const swapped = [...US.filter((range) => range !== GONE), NEW];
    beforeEach(async () => {
      h.aws = { retryStrategy: IMPATIENT };
      Object.assign(h.settings, { removalGraceHours: 0 });
      await h.sync('apply', at(0));
      await publishUs(0, swapped);
    });

    it('reports what AWS confirmed before the time was over', async () => {
      const controller = new AbortController();
      h.deadline = deadlineBy(controller.signal);
      h.moto.proxy.before = async (call) => {
        if (call === 'RevokeSecurityGroupIngress') controller.abort();
      };
      const run = await h.sync('apply', at(1));
      expect(targetOf(run, group)).toMatchObject({ ...notFinished, added: [NEW], removed: [] });
    });

    it('reports what AWS confirmed before it could no longer be read', async () => {
      let isGone = false;
      h.moto.proxy.fault = (call) => {
        isGone ||= call === 'RevokeSecurityGroupIngress';
        return isGone && /SecurityGroup/.test(call) ? { code: 'UnauthorizedOperation' } : undefined;
      };
      const run = await h.sync('apply', at(1));
      expect(targetOf(run, group)).toMatchObject({ outcome: 'failed', added: [NEW], removed: [] });
      expect(targetOf(run, group).error).toMatch(/Ranges that were to be removed are still allowed/);
    });
  });

  it('a run with a target that never answers plans the others, and ends at its deadline', async () => {
    const controller = new AbortController();
    const deadline = deadlineBy(controller.signal);
    let planned = 0;
    h.deadline = {
      ...deadline,
      race: async (work) => {
        const result = await deadline.race(work);
        if (typeof result === 'object' && result !== null && 'decision' in result && ++planned === 2)
          controller.abort();
        return result;
      },
    };
    h.moto.proxy.before = async (call) => {
      if (call === 'DescribeSecurityGroupRules') await new Promise(() => undefined);
    };
    const run = await h.sync('plan', at(0));
    expect(both(run)).toMatchObject([{ outcome: 'planned' }, notFinished]);
    expect(targetOf(run, h.ownV6)).toMatchObject({ outcome: 'in-sync' });
  });
});

describe('a group of somebody who works in it at the same time', () => {
  it('a managed rule that someone else revokes at the same time causes no error', async () => {
    Object.assign(h.settings, { removalGraceHours: 0 });
    await h.sync('apply', at(0));
    await publishUs(
      0,
      US.filter((range) => range !== GONE),
    );
    let raced = false;
    h.moto.proxy.before = async (call) => {
      if (call !== 'RevokeSecurityGroupIngress' || raced) return;
      raced = true;
      await h.account.revoke(group, GONE);
    };
    const run = await h.sync('apply', at(1));
    expect(run.error).toBeUndefined();
    expect(await rules()).toEqual(without(GONE));
  });
});

describe('drift', () => {
  it('drift is repaired and reported in the hourly run even if the feeds answer 304', async () => {
    await h.sync('apply', at(0));
    await h.account.revoke(group, GONE);
    await h.account.setAddresses(h.ownV4, [...without(NEW, GONE), '198.51.100.7/32']);
    const run = await h.sync('apply', at(1));
    expect(run.report.feeds.map(({ status }) => status)).toEqual(['not-modified', 'not-modified', 'not-modified']);
    expect(both(run)).toMatchObject([
      { added: [GONE], removed: ['198.51.100.7/32'], drift: [GONE, '198.51.100.7/32'] },
      { added: [GONE], removed: [], drift: [GONE] },
    ]);
    expect([await set(), await rules()]).toEqual([PUBLISHED, PUBLISHED]);
  });
});

describe('a lost state', () => {
  beforeEach(async () => {
    await h.sync('apply', at(0));
    await publishUs(1, [...US.filter((range) => range !== GONE), NEW]);
    await h.sync('apply', at(1));
  });

  it('a lost state table is like a first run: nothing is removed before a new grace period has passed', async () => {
    await h.account.setState(TABLE, []);
    const run = await h.sync('apply', at(30));
    expect(run.error).toBeUndefined();
    expect(targetOf(run, h.ownV4)).toMatchObject({
      removed: [],
      pendingRemoval: [{ range: GONE, absentSince: at(30) }],
    });
    expect(targetOf(run, group)).toMatchObject({ removed: [], pendingRemoval: [{ range: GONE, absentSince: at(30) }] });
    await h.sync('apply', at(54));
    const expected = [...without(GONE), NEW].sort();
    expect([await set(), await rules()]).toEqual([expected, expected]);
  });

  it('state that could not be written again is still lost in the next run, and nothing is removed at once', async () => {
    await h.account.setState(TABLE, []);
    // The set's and the group's first writes of what is theirs; those that follow are taken.
    let refusals = 2;
    h.moto.proxy.fault = (call) =>
      call === 'PutItem' && refusals-- > 0 ? { code: 'AccessDeniedException' } : undefined;
    expect((await h.sync('apply', at(30))).report.outcome).toBe('failed');
    expect((await h.sync('apply', at(31))).error).toBeUndefined();
    const expected = [...PUBLISHED, NEW].sort();
    expect([await set(), await rules()]).toEqual([expected, expected]);
  });

  it('with a lost state and an untrusted feed, unrecorded entries of exclusive sets are not treated as drift', async () => {
    await h.account.setState(TABLE, []);
    await h.publishText('eu', '<html>');
    await h.sync('apply', at(30));
    await h.publish('eu', EU, dayAt(30));
    const run = await h.sync('apply', at(31));
    expect(targetOf(run, h.ownV4)).toMatchObject({
      removed: [],
      pendingRemoval: [{ range: GONE, absentSince: at(31) }],
    });
  });

  it('a state table restored from a backup removes nothing at once either', async () => {
    const old = await h.account.state(TABLE);
    for (const hours of [24, 48, 72]) {
      await h.publish('us', [...US, NEW, `34.195.13.${hours}/32`], dayAt(hours));
      await h.sync('apply', at(hours));
    }
    await h.publish('us', US, dayAt(96));
    await h.account.setState(TABLE, old);
    const run = await h.sync('apply', at(97));
    expect(run.report.targets.flatMap(({ removed }) => removed)).toEqual([]);
    expect(await set()).toEqual(expect.arrayContaining(['34.195.13.72/32', NEW]));
  });
});

describe('a first run without a feed', () => {
  const everyRegion = ['us', 'eu', 'au'] as const;

  it('a first run without a feed uses the built-in addresses, fails, and is corrected by the first good feed', async () => {
    for (const region of everyRegion) await h.unpublish(region);
    const run = await h.sync('apply', at(0));
    expect(run.error).toMatch(/No feed could be used.*the built-in addresses are allowed for us, eu, au/);
    expect(run.report.feeds.map(({ status }) => status)).toEqual(['fallback', 'fallback', 'fallback']);
    expect([await set(), await rules()]).toEqual([PUBLISHED, PUBLISHED]);

    await h.publish('eu', ['54.200.0.1/32', ...EU.slice(1)], dayAt(1));
    await h.publish('us', US, dayAt(1));
    const next = await h.sync('apply', at(1));
    expect(next.error).toBeUndefined();
    expect(targetOf(next, h.ownV4)).toMatchObject({ added: ['54.200.0.1/32'], pendingRemoval: [{ range: EU[0] }] });
    await h.sync('apply', at(25));
    expect(await set()).toEqual([...without(EU[0] ?? ''), '54.200.0.1/32'].sort());
  });

  it('the built-in addresses serve only the regions without a feed', async () => {
    await h.unpublish('au');
    const run = await h.sync('apply', at(0));
    expect(run.error).toBeUndefined();
    expect(run.report.feeds.map(({ status }) => status)).toEqual(['fresh', 'fresh', 'fallback']);
    expect(await set()).toEqual(PUBLISHED);
  });

  it('a region whose feed was accepted before keeps its ranges instead of the built-in addresses', async () => {
    await h.publish('au', ['13.54.1.2/32'], dayAt(0));
    await h.sync('apply', at(0));
    for (const region of everyRegion) await h.unpublish(region);
    const run = await h.sync('apply', at(1));
    expect(run.report.feeds.map(({ status }) => status)).toEqual(['failed', 'failed', 'failed']);
    expect(await set()).not.toContain('52.63.36.185/32');
  });
});

describe('a region that is taken out of the configuration', () => {
  it('a region that is no longer configured is removed by the next run, without grace or approval, even if it is most of the ranges', async () => {
    await h.sync('apply', at(0));
    h.settings = { ...h.settings, intercomRegions: ['eu'] };
    const run = await h.sync('apply', at(1));
    expect(run.error).toBeUndefined();
    expect([await set(), await rules()]).toEqual([[...EU].sort(), [...EU].sort()]);
  });
});
