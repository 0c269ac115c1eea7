import fc from 'fast-check';
import type { Changes, CurrentEntry } from '../../../lambda/core/plan/entries';
import { desireRanges, plan } from '../../../lambda/core/plan/plan';
import { applyPolicy, type Decision, type PolicyContext } from '../../../lambda/core/plan/policy';
import { formatRange, type Range, sizeOf } from '../../../lambda/core/ranges/range';
import { mergeRanges, subtractRanges } from '../../../lambda/core/ranges/range-set';
import { INTERCOM_REGIONS, type IntercomRegion, isIntercomRegion } from '../../../lambda/shared/intercom-regions';
import {
  anyCurrent,
  anyFeeds,
  anyPorts,
  applied,
  context,
  desired,
  managed,
  NOW,
  openings,
  others,
  textOf,
  textsOf,
  unrecorded,
} from './builders';

const STAYS = managed('34.0.0.0/32');
const GOES = managed('34.0.0.1/32');
const DISTRUST = 'its date went back';
const HOUR_MS = 60 * 60 * 1000;

const distrusting = (...intercomRegions: IntercomRegion[]) =>
  context({ distrustReasons: new Map(intercomRegions.map((region) => [region, DISTRUST])) });
const hoursAgo = (hours: number) => new Date(Date.parse(NOW) - hours * HOUR_MS).toISOString();
const DAY = { removalGraceHours: 24 };

/** A plan in which one managed entry stays, unless overridden. */
function changes(overrides: Partial<Changes>): Changes {
  return { add: [], remove: [], unchanged: [STAYS], covered: [], ...overrides };
}

const adding = (text: string, intercomRegions: IntercomRegion[] = ['us']) => ({
  ...desired(text, intercomRegions),
  port: undefined,
});
const many = (count: number, of: (text: string) => CurrentEntry = managed) =>
  Array.from({ length: count }, (_, i) => of(`35.0.0.${2 * i}/32`));

/** Where a decision puts each planned change. */
function outcomeOf({ changes: { add, remove }, pending, deferred, awaitingApproval }: Decision) {
  return {
    add: textsOf(add),
    remove: textsOf(remove),
    pending: pending.map(({ entry }) => textOf(entry)),
    deferred: deferred.map(({ entry, reason }) => `${textOf(entry)}: ${reason}`),
    awaitingApproval: [
      ...textsOf(awaitingApproval.add).map((text) => `+${text}`),
      ...textsOf(awaitingApproval.remove).map((text) => `-${text}`),
    ],
  };
}

const NOTHING = { add: [], remove: [], pending: [], deferred: [], awaitingApproval: [] };

describe('a removal', () => {
  test.each<[string, Changes, PolicyContext]>([
    ['of a trusted region', changes({ remove: [GOES] }), context()],
    ['of a trusted region while another one is untrusted', changes({ remove: [GOES] }), distrusting('eu', 'au')],
    ['without a record while all regions are trusted', changes({ remove: [unrecorded('34.0.0.1/32')] }), context()],
    [
      'whose addresses an unchanged entry still allows',
      changes({ remove: [managed('34.0.0.0/32', ['eu'])] }),
      distrusting('eu'),
    ],
    [
      'whose addresses an addition still allows',
      changes({ add: [adding('34.0.0.0/31')], remove: [GOES] }),
      distrusting('us'),
    ],
    [
      'whose addresses two entries still allow together',
      changes({ add: [adding('34.0.0.1/32')], remove: [managed('34.0.0.0/31')] }),
      distrusting('us'),
    ],
    [
      'whose addresses an entry of others still allows',
      changes({ unchanged: [STAYS, others('34.0.0.0/24')], remove: [GOES] }),
      distrusting('us'),
    ],
    [
      'whose addresses are still allowed, within the grace period',
      changes({ remove: [managed('34.0.0.0/32')] }),
      context(DAY),
    ],
    [
      'of an untrusted region that the operator removed',
      changes({ unchanged: [managed('34.0.0.0/32', ['eu'])], remove: [GOES] }),
      { ...distrusting('eu'), intercomRegions: ['eu'] },
    ],
    [
      'of a region that the operator removed, within the grace period and over the share',
      changes({ unchanged: [managed('34.0.0.0/32', ['eu'])], remove: [GOES] }),
      context({ ...DAY, maxRemovalShare: 0, intercomRegions: ['eu'] }),
    ],
    [
      'of two regions that the operator removed',
      changes({ unchanged: [managed('34.0.0.0/32', ['eu'])], remove: [managed('34.0.0.1/32', ['us', 'au'])] }),
      { ...distrusting('eu'), intercomRegions: ['eu'] },
    ],
    [
      'at a port that the operator removed, of an untrusted region',
      changes({ unchanged: [managed('34.0.0.0/32 443')], remove: [managed('34.0.0.0/32 80')] }),
      { ...distrusting('us'), ports: [443] },
    ],
    [
      'at a port that the operator removed, without a record, within the grace period',
      changes({ unchanged: [managed('34.0.0.0/32 443')], remove: [unrecorded('34.0.0.0/32 80')] }),
      { ...distrusting('us'), ...DAY, ports: [443] },
    ],
    [
      'of an unrecorded entry in an exclusive target, within the grace period and over the share',
      changes({ remove: [unrecorded('34.0.0.1/32')] }),
      context({ ...DAY, maxRemovalShare: 0, ownershipComplete: true }),
    ],
    [
      'that was absent for the grace period',
      changes({ remove: [managed('34.0.0.1/32', ['us'], hoursAgo(24))] }),
      context(DAY),
    ],
    [
      'that was absent for the grace period, while another region missed updates',
      changes({ remove: [managed('34.0.0.1/32', ['us'], hoursAgo(24))] }),
      context({ ...DAY, missedUpdates: new Set(['eu']) }),
    ],
    [
      'of half of the ranges of its region, counting additions',
      changes({ add: [adding('50.0.0.1/32')], remove: [GOES, managed('34.0.0.3/32')] }),
      context({ maxRemovalShare: 0.5 }),
    ],
    [
      'of half of the ranges of its region',
      changes({ remove: [GOES, managed('34.0.0.3/32')], unchanged: [STAYS, managed('34.0.0.5/32')] }),
      context({ maxRemovalShare: 0.5 }),
    ],
  ])('%s is applied', (_rule, given, policy) => {
    const decision = applyPolicy(given, policy);
    expect(decision.changes).toEqual(given);
    expect(outcomeOf(decision)).toMatchObject({ pending: [], deferred: [], awaitingApproval: [] });
    expect(decision).toMatchObject({ planId: undefined, approved: false, blocked: undefined });
  });

  const US_DISTRUST = 'the us feed is untrusted: its date went back';
  const EU_DISTRUST = 'the eu feed is untrusted: its date went back';

  test.each<[string, Changes, PolicyContext, string]>([
    ['of an untrusted region', changes({ remove: [GOES] }), distrusting('us'), US_DISTRUST],
    [
      'of an untrusted region, even if it was absent for the grace period,',
      changes({ remove: [managed('34.0.0.1/32', ['us'], hoursAgo(100))] }),
      { ...distrusting('us'), ...DAY },
      US_DISTRUST,
    ],
    [
      'of several regions of which one is untrusted',
      changes({ remove: [managed('34.0.0.1/32', ['us', 'eu'])] }),
      distrusting('eu'),
      EU_DISTRUST,
    ],
    [
      'of several regions of which the operator removed one and another is untrusted',
      changes({ remove: [managed('34.0.0.1/32', ['us', 'eu'])] }),
      { ...distrusting('eu'), intercomRegions: ['eu'] },
      EU_DISTRUST,
    ],
    [
      'without a record while any region is untrusted',
      changes({ remove: [unrecorded('34.0.0.1/32')] }),
      distrusting('au'),
      'the au feed is untrusted: its date went back',
    ],
    [
      'of unknown region while any region is untrusted',
      changes({ remove: [managed('34.0.0.1/32', [])] }),
      distrusting('eu'),
      EU_DISTRUST,
    ],
    [
      'without a record in an exclusive target while any region is untrusted, because the state may be old,',
      changes({ remove: [unrecorded('34.0.0.1/32')] }),
      { ...distrusting('eu'), ownershipComplete: true },
      EU_DISTRUST,
    ],
    [
      'whose addresses are still allowed only in part, of an untrusted region,',
      changes({ remove: [managed('34.0.0.0/31')] }),
      distrusting('us'),
      US_DISTRUST,
    ],
    [
      'whose addresses are still allowed only at another port, of an untrusted region,',
      changes({ unchanged: [managed('34.0.0.0/32 80')], remove: [managed('34.0.0.0/32 443')] }),
      { ...distrusting('us'), ports: [80, 443] },
      US_DISTRUST,
    ],
    [
      'whose addresses are still allowed only by another removal, of an untrusted region,',
      changes({ remove: [GOES, managed('34.0.0.0/24', ['eu'])] }),
      distrusting('us'),
      US_DISTRUST,
    ],
  ])('%s is deferred', (_rule, given, policy, reason) => {
    const decision = applyPolicy(given, policy);
    expect(decision.deferred[0]).toEqual({ entry: given.remove[0], reason });
    expect(textsOf(decision.changes.remove)).toEqual(textsOf(given.remove.slice(1)));
    expect(decision.blocked).toBeUndefined();
  });

  it('that is deferred does not defer another one', () => {
    const eu = managed('52.0.0.0/32', ['eu']);
    const { changes: left, deferred } = applyPolicy(changes({ remove: [GOES, eu] }), distrusting('us'));
    expect(left.remove).toEqual([eu]);
    expect(deferred.map(({ entry }) => entry)).toEqual([GOES]);
  });

  test.each<[string, CurrentEntry, Partial<PolicyContext>, number]>([
    ['that is absent for the first time', GOES, {}, 0],
    ['that was absent for less than the grace period', managed('34.0.0.1/32', ['us'], hoursAgo(23.99)), {}, 23.99],
    [
      'that was absent for less than a longer grace period',
      managed('34.0.0.1/32', ['us'], hoursAgo(30)),
      { removalGraceHours: 48 },
      30,
    ],
    ['without a record', unrecorded('34.0.0.1/32'), {}, 0],
    [
      'without a record, after updates were missed,',
      unrecorded('34.0.0.1/32'),
      { ownershipComplete: true, missedUpdates: new Set<IntercomRegion>(['au']) },
      0,
    ],
    [
      'that was absent before updates were missed',
      managed('34.0.0.1/32', ['us'], hoursAgo(100)),
      { missedUpdates: new Set<IntercomRegion>(['us']) },
      0,
    ],
  ])('%s is pending', (_rule, entry, overrides, hours) => {
    const policy = context({ ...DAY, ...overrides });
    const absentSince = hoursAgo(hours);
    const removeAfter = new Date(Date.parse(absentSince) + policy.removalGraceHours * HOUR_MS).toISOString();
    const decision = applyPolicy(changes({ remove: [entry] }), policy);
    expect(decision.pending).toEqual([{ entry, absentSince, removeAfter }]);
    expect(outcomeOf(decision)).toEqual({ ...NOTHING, pending: [textOf(entry)] });
  });
});

describe('an approval is required', () => {
  const wide = adding('40.0.0.0/23');
  const european = adding('50.0.0.1/32', ['eu']);

  test.each<[string, Changes, Partial<PolicyContext>, Partial<ReturnType<typeof outcomeOf>>, RegExp]>([
    [
      'to remove more than the share of a region',
      changes({ remove: [GOES, managed('34.0.0.3/32')] }),
      { maxRemovalShare: 0.5 },
      { awaitingApproval: ['-34.0.0.1/32', '-34.0.0.3/32'] },
      /^removing 2 of 3 US ranges, over a share of 0\.5$/,
    ],
    [
      'to remove anything, when the share is zero',
      changes({ remove: [GOES], unchanged: many(100) }),
      { maxRemovalShare: 0 },
      { awaitingApproval: ['-34.0.0.1/32'] },
      /^removing 1 of 101 US ranges/,
    ],
    [
      'to remove too large a share of one region, and other regions do not wait for it',
      changes({
        remove: [GOES, managed('34.0.0.3/32'), managed('52.0.0.0/32', ['eu'])],
        unchanged: [STAYS, managed('52.0.0.1/32', ['eu'])],
      }),
      { maxRemovalShare: 0.5 },
      { remove: ['52.0.0.0/32'], awaitingApproval: ['-34.0.0.1/32', '-34.0.0.3/32'] },
      /US/,
    ],
    [
      'to remove more than the share, counting additions',
      changes({ add: [adding('50.0.0.1/32')], remove: [GOES, managed('34.0.0.3/32'), managed('34.0.0.5/32')] }),
      { maxRemovalShare: 0.5 },
      { add: ['50.0.0.1/32'], awaitingApproval: ['-34.0.0.1/32', '-34.0.0.3/32', '-34.0.0.5/32'] },
      /^removing 3 of 5 US ranges/,
    ],
    [
      'to remove entries of unknown region that are too large a share of all managed ones',
      changes({ remove: [managed('34.0.0.1/32', []), managed('34.0.0.3/32', [])] }),
      { maxRemovalShare: 0.5 },
      { awaitingApproval: ['-34.0.0.1/32', '-34.0.0.3/32'] },
      /^removing 2 of 3 of all ranges/,
    ],
    [
      'to remove unrecorded entries that are too large a share of all managed ones',
      changes({ remove: [unrecorded('34.0.0.1/32'), unrecorded('34.0.0.3/32')] }),
      { maxRemovalShare: 0.5 },
      { awaitingApproval: ['-34.0.0.1/32', '-34.0.0.3/32'] },
      /^removing 2 of 3 of all ranges/,
    ],
    [
      'to remove too large a share of all managed entries, not counting entries of others',
      changes({
        remove: [unrecorded('34.0.0.1/32'), unrecorded('34.0.0.3/32')],
        unchanged: [STAYS, ...many(9, others)],
      }),
      { maxRemovalShare: 0.5 },
      { awaitingApproval: ['-34.0.0.1/32', '-34.0.0.3/32'] },
      /^removing 2 of 3 of all ranges/,
    ],
    [
      'to remove an entry of unknown region if all removals together are too large a share',
      changes({ remove: [GOES, managed('34.0.0.3/32', [])], unchanged: [STAYS] }),
      { maxRemovalShare: 0.5 },
      { awaitingApproval: ['-34.0.0.1/32', '-34.0.0.3/32'] },
      /^removing 2 of 3 of all ranges/,
    ],
    [
      'to remove a range at several ports, which counts once',
      changes({
        remove: [managed('34.0.0.1/32 80'), managed('34.0.0.1/32 443')],
        unchanged: [managed('34.0.0.0/32 80')],
      }),
      { maxRemovalShare: 0.4, ports: [80, 443] },
      { awaitingApproval: ['-34.0.0.1/32 80', '-34.0.0.1/32 443'] },
      /^removing 1 of 2 US ranges/,
    ],
    [
      'to add more than 256 addresses',
      changes({ add: [wide] }),
      {},
      { awaitingApproval: ['+40.0.0.0/23'] },
      /^adding 512 new addresses of US, over 256 in a day$/,
    ],
    [
      'to add more than an IPv6 /48, which counts as 256 addresses',
      changes({ add: [adding('2600::/48'), adding('2600:1::1/128')] }),
      {},
      { add: ['2600:1::1/128'], awaitingApproval: ['+2600::/48'] },
      /^adding 257 new/,
    ],
    [
      'to add too many addresses of one region, and other regions do not wait for it',
      changes({ add: [wide, european] }),
      {},
      { add: ['50.0.0.1/32'], awaitingApproval: ['+40.0.0.0/23'] },
      /of US,/,
    ],
    [
      'to add too many addresses of all regions together',
      changes({ add: [adding('40.0.0.0/25'), adding('50.0.0.0/25', ['eu']), adding('60.0.0.0/25', ['au'])] }),
      {},
      { awaitingApproval: ['+40.0.0.0/25', '+50.0.0.0/25', '+60.0.0.0/25'] },
      /^adding 384 new addresses of US, EU, AU,/,
    ],
    [
      'to add ranges that several regions publish, unless one of them is within the limit',
      changes({
        add: [
          wide,
          adding('50.0.0.1/32', ['us', 'eu']),
          adding('50.0.0.3/32'),
          adding('50.0.1.0/25', ['us', 'eu']),
          adding('50.0.2.0/25'),
        ],
      }),
      {},
      { add: ['50.0.0.1/32', '50.0.0.3/32', '50.0.1.0/25'], awaitingApproval: ['+40.0.0.0/23', '+50.0.2.0/25'] },
      /of US,/,
    ],
    [
      'to remove ranges of a region whose additions await approval',
      changes({ add: [wide], remove: [GOES, managed('52.0.0.0/32', ['eu'])] }),
      {},
      { remove: ['52.0.0.0/32'], awaitingApproval: ['+40.0.0.0/23', '-34.0.0.1/32'] },
      /adding/,
    ],
    [
      'to remove ranges of unknown region while additions await approval',
      changes({ add: [wide], remove: [managed('34.0.0.1/32', [])] }),
      {},
      { awaitingApproval: ['+40.0.0.0/23', '-34.0.0.1/32'] },
      /adding/,
    ],
    [
      'to add a range too broad, which does not yet cover a removal',
      changes({ add: [adding('34.0.0.0/23')], remove: [GOES] }),
      DAY,
      { pending: ['34.0.0.1/32'], awaitingApproval: ['+34.0.0.0/23'] },
      /^adding 510 new/,
    ],
  ])('%s', (_rule, given, overrides, expected, reason) => {
    const policy = context(overrides);
    const decision = applyPolicy(given, policy);
    expect(outcomeOf(decision)).toEqual({ ...NOTHING, ...expected });
    expect(decision.awaitingApproval.reasons.join()).toMatch(reason);
    expect(decision.planId).toMatch(/^[0-9a-f]{12}$/);
    expect(decision.approved).toBe(false);

    const { awaitingApproval: awaiting } = decision;
    const rest = given.remove.filter((entry) => !decision.changes.remove.includes(entry));
    const arrived = decision.changes.add.map((entry) => {
      const ownership = { range: entry.range, intercomRegions: entry.intercomRegions, addedAt: NOW };
      return { ...managed(textOf(entry)), ownership: { ...ownership, unapproved: 'limiting' as const } };
    });
    const next = { ...given, add: awaiting.add, remove: rest, unchanged: [...given.unchanged, ...arrived] };
    expect(applyPolicy(next, policy).planId).toBe(decision.planId);

    const approved = applyPolicy(given, { ...policy, approved: decision.planId });
    const { add = [], remove = [], pending = [], awaitingApproval = [] } = expected;
    const signed = (sign: string) =>
      awaitingApproval.filter((text) => text.startsWith(sign)).map((text) => text.slice(1));
    expect(textsOf(approved.changes.add).sort()).toEqual([...add, ...signed('+')].sort());
    expect(textsOf(approved.changes.remove).sort()).toEqual([...remove, ...signed('-')].sort());
    expect(outcomeOf(approved)).toMatchObject({ pending, awaitingApproval: [] });
    expect(approved).toMatchObject({ approved: true, planId: decision.planId, awaitingApproval: { reasons: [] } });

    const otherwise = applyPolicy(given, { ...policy, approved: '000000000000' });
    expect(otherwise).toEqual(decision);
  });

  it('for more than an approved plan of which a part was written still waits, with another id', () => {
    const wider = adding('41.0.0.0/23');
    const { planId } = applyPolicy(changes({ add: [wide] }), context());
    const policy = context({ approved: planId, begun: { add: [wide], remove: [] } });
    const again = applyPolicy(changes({ add: [wide, wider] }), policy);
    expect(outcomeOf(again)).toEqual({ ...NOTHING, awaitingApproval: ['+40.0.0.0/23', '+41.0.0.0/23'] });
    expect(again).toMatchObject({ approved: false, planId: expect.not.stringMatching(String(planId)) });
  });

  test.each<[string, Changes, Partial<PolicyContext>]>([
    ['an IPv6 /48', changes({ add: [adding('2600::/48')] }), {}],
    ['256 addresses', changes({ add: [adding('40.0.0.0/24')] }), {}],
    [
      'many addresses that were allowed before',
      changes({ add: [adding('34.0.0.0/23')], unchanged: [managed('34.0.0.0/24'), managed('34.0.1.0/24')] }),
      {},
    ],
    [
      'the same addresses at another port',
      changes({ add: [{ ...desired('34.0.0.0/22'), port: 443 }], unchanged: [managed('34.0.0.0/22 80')] }),
      { ports: [80, 443] },
    ],
    [
      'a range of 512 addresses of which half are allowed already',
      changes({ add: [adding('40.0.0.0/23')], unchanged: [managed('40.0.0.0/24')] }),
      {},
    ],
  ])('to add %s, no approval is required', (_rule, given, overrides) => {
    expect(applyPolicy(given, context(overrides))).toMatchObject({ changes: given, planId: undefined });
  });

  it('an address that only others allow counts as new', () => {
    const given = changes({ add: [wide], unchanged: [STAYS, others('40.0.0.0/24')] });
    expect(applyPolicy(given, context()).awaitingApproval.add).toEqual([wide]);
  });

  describe('the id of a plan', () => {
    const two = changes({ remove: [GOES, managed('34.0.0.3/32')] });
    const planIdOf = (given: Changes, overrides: Partial<PolicyContext> = {}) =>
      applyPolicy(given, context({ maxRemovalShare: 0.1, ...overrides })).planId;
    const id = planIdOf(two);

    it.each<[string, string | undefined]>([
      ['at another time', planIdOf(two, { now: '2027-01-01T00:00:00.000Z' })],
      ['in another order', planIdOf({ ...two, remove: [...two.remove].reverse() })],
      ['with other changes that need no approval', planIdOf({ ...two, add: [adding('50.0.0.1/32', ['eu'])] })],
    ])('is the same %s', (_rule, other) => {
      expect(other).toBe(id);
    });

    it('is the same for additions in another order', () => {
      const add = [wide, adding('40.0.4.0/23')];
      expect(planIdOf({ ...two, add: [...add].reverse() })).toBe(planIdOf({ ...two, add }));
    });

    it('differs for the same ranges at other ports', () => {
      const at = (port: number) =>
        planIdOf(changes({ remove: two.remove.map((entry) => ({ ...entry, port })) }), { ports: [80, 443] });
      expect(at(80)).not.toBe(at(443));
    });

    it.each<[string, string | undefined]>([
      ['another target', planIdOf(two, { targetId: 'another' })],
      ['one removal fewer', planIdOf(changes({ remove: [GOES] }))],
      ['one removal more', planIdOf({ ...two, remove: [...two.remove, managed('34.0.0.5/32')] })],
      [
        'another port',
        planIdOf(changes({ remove: two.remove.map((entry) => ({ ...entry, port: 443 })) }), { ports: [443] }),
      ],
      ['an addition that awaits approval too', planIdOf({ ...two, add: [wide] })],
    ])('differs for %s', (_rule, other) => {
      expect(other).toMatch(/^[0-9a-f]{12}$/);
      expect(other).not.toBe(id);
    });
  });
});

describe('a target is never emptied', () => {
  const REASON = 'a target is never emptied';

  test.each<[string, Changes, PolicyContext]>([
    ['while all feeds are trusted', changes({ unchanged: [], remove: [GOES] }), context()],
    ['while entries of others stay', changes({ unchanged: [others('52.0.0.0/32')], remove: [GOES] }), context()],
    [
      'after the operator removed its region',
      changes({ unchanged: [], remove: [GOES] }),
      context({ intercomRegions: ['eu'] }),
    ],
    ['of several entries at once', changes({ unchanged: [], remove: [STAYS, GOES] }), context()],
    [
      'by a plan for approval, which is not even offered',
      changes({ unchanged: [], remove: [STAYS, GOES] }),
      context({ maxRemovalShare: 0.5 }),
    ],
    [
      'after all were absent for the grace period',
      changes({ unchanged: [], remove: [managed('34.0.0.0/32', ['us'], hoursAgo(25))] }),
      context(DAY),
    ],
  ])('%s', (_rule, given, policy) => {
    const decision = applyPolicy(given, policy);
    expect(decision.changes).toEqual({ ...given, remove: [] });
    expect(decision.deferred).toEqual(given.remove.map((entry) => ({ entry, reason: REASON })));
    expect(decision.blocked).toContain(`removing all ${given.remove.length} entries would leave the target empty`);
    expect(decision.blocked).toContain('remove unwanted entries manually');
    expect(decision.planId).toBeUndefined();
  });

  it('while its only addition awaits approval, and is replaced once that is approved', () => {
    const given = changes({ unchanged: [], add: [adding('40.0.0.0/23', ['eu'])], remove: [GOES] });
    const decision = applyPolicy(given, context({ intercomRegions: ['eu'] }));
    expect(outcomeOf(decision)).toEqual({
      ...NOTHING,
      deferred: [`34.0.0.1/32: ${REASON}`],
      awaitingApproval: ['+40.0.0.0/23'],
    });
    const approved = applyPolicy(given, context({ intercomRegions: ['eu'], approved: decision.planId }));
    expect(outcomeOf(approved)).toEqual({ ...NOTHING, add: ['40.0.0.0/23'], remove: ['34.0.0.1/32'] });
  });

  test.each<[string, Changes, PolicyContext]>([
    ['because one managed entry stays', changes({ remove: [GOES] }), context()],
    ['because one is added', changes({ unchanged: [], add: [adding('52.0.0.0/32')], remove: [GOES] }), context()],
    [
      'because one removal is deferred',
      changes({ unchanged: [], remove: [GOES, managed('52.0.0.0/32', ['eu'])] }),
      distrusting('eu'),
    ],
    [
      'because one removal is pending',
      changes({ unchanged: [], remove: [GOES, managed('52.0.0.0/32', ['eu'])] }),
      context({ ...DAY, intercomRegions: ['eu'] }),
    ],
    [
      'because one removal awaits approval',
      changes({
        unchanged: [],
        add: [adding('40.0.0.0/23', ['eu'])],
        remove: [GOES, managed('52.0.0.0/32', ['au'])],
      }),
      context({ intercomRegions: ['us', 'eu'], maxRemovalShare: 0.5 }),
    ],
    [
      'because others cover a desired range',
      changes({ unchanged: [others('40.0.0.0/24')], covered: [adding('40.0.0.0/32')], remove: [GOES] }),
      context(),
    ],
    ['because it is empty and there is nothing to do', changes({ unchanged: [] }), context()],
    ['because it has only entries of others', changes({ unchanged: [others('34.0.0.0/32')] }), context()],
  ])('and a removal is not blocked %s', (_rule, given, policy) => {
    expect(applyPolicy(given, policy).blocked).toBeUndefined();
  });
});

describe('applyPolicy, for any plan', () => {
  const conditions = fc.record({
    distrusted: fc.subarray([...INTERCOM_REGIONS]),
    missedUpdates: fc.subarray([...INTERCOM_REGIONS]),
    removalGraceHours: fc.constantFrom(0, 24, 240),
    maxRemovalShare: fc.constantFrom(0, 0.3, 0.5, 1),
    ownershipComplete: fc.boolean(),
  });
  const anyCase = fc
    .tuple(anyFeeds, anyPorts, conditions)
    .chain(([feeds, ports, { distrusted, missedUpdates, ...rest }]) =>
      anyCurrent(ports).map((current) => {
        const intercomRegions = feeds.map(({ region }) => region);
        const distrustReasons = new Map(
          intercomRegions.filter((region) => distrusted.includes(region)).map((region) => [region, DISTRUST]),
        );
        const planned = plan(desireRanges(feeds), ports, current);
        const policy = context({
          intercomRegions,
          ports,
          distrustReasons,
          missedUpdates: new Set(missedUpdates),
          ...rest,
        });
        const decision = applyPolicy(planned, policy);
        return { current, planned, policy, decision };
      }),
    );
  type Case = typeof anyCase extends fc.Arbitrary<infer T> ? T : never;
  const holds = (check: (given: Case) => void) => fc.assert(fc.property(anyCase, check), { numRuns: 500 });

  const isOperatorsAct = ({ ownership, port }: CurrentEntry, { intercomRegions, ports }: PolicyContext) =>
    !ports.includes(port) ||
    (ownership !== undefined &&
      ownership.intercomRegions.length > 0 &&
      !ownership.intercomRegions.filter(isIntercomRegion).some((region) => intercomRegions.includes(region)));
  const regionsOf = ({ ownership }: CurrentEntry, { intercomRegions }: PolicyContext) =>
    ownership && ownership.intercomRegions.length > 0
      ? ownership.intercomRegions.filter(isIntercomRegion)
      : intercomRegions;
  const losesAddresses = (entry: CurrentEntry, { current, decision }: Case) => {
    const open = openings(applied(current, decision.changes));
    return [...openings([entry])].some((opening) => !open.has(opening));
  };
  /** Removals that block an address, except those that the operator decided and entries that somebody else added. */
  const withdrawn = (given: Case) =>
    given.decision.changes.remove.filter((entry) => {
      const isForeign = given.policy.ownershipComplete && entry.ownership === undefined;
      return !isOperatorsAct(entry, given.policy) && !isForeign && losesAddresses(entry, given);
    });

  it('puts each planned change in exactly one place', () => {
    holds(({ planned, decision: { changes: left, pending, deferred, awaitingApproval } }) => {
      const removals = [
        ...left.remove,
        ...awaitingApproval.remove,
        ...[...pending, ...deferred].map(({ entry }) => entry),
      ];
      expect(textsOf(removals).sort()).toEqual(textsOf(planned.remove).sort());
      expect(textsOf([...left.add, ...awaitingApproval.add]).sort()).toEqual(textsOf(planned.add).sort());
      expect(left.remove).toEqual(planned.remove.filter((entry) => left.remove.includes(entry)));
      expect(left.unchanged).toEqual(planned.unchanged);
    });
  });

  it('blocks no address of an untrusted region', () => {
    holds((given) => {
      const distrusted = (entry: CurrentEntry) =>
        regionsOf(entry, given.policy).some((region) => given.policy.distrustReasons.has(region));
      expect(textsOf(withdrawn(given).filter(distrusted))).toEqual([]);
    });
  });

  it('blocks no address within its grace period or after missed updates', () => {
    holds((given) => {
      const { removalGraceHours, missedUpdates } = given.policy;
      if (removalGraceHours === 0) return;
      const early = withdrawn(given).filter((entry) => {
        const since = entry.ownership?.absentSince;
        const absentHours = since === undefined ? 0 : (Date.parse(NOW) - Date.parse(since)) / HOUR_MS;
        return (
          absentHours < removalGraceHours || regionsOf(entry, given.policy).some((region) => missedUpdates.has(region))
        );
      });
      expect(textsOf(early)).toEqual([]);
    });
  });

  it('removes no more than the share of a region without approval', () => {
    holds((given) => {
      const { current, policy, decision } = given;
      const arrives = decision.changes.add.map((entry) => managed(textOf(entry), entry.intercomRegions));
      for (const region of policy.intercomRegions) {
        const isOf = ({ ownership }: CurrentEntry) => ownership?.intercomRegions.includes(region) ?? false;
        const count = (entries: CurrentEntry[]) => new Set(entries.map(({ range }) => formatRange(range))).size;
        expect(count(withdrawn(given).filter(isOf))).toBeLessThanOrEqual(
          count([...current, ...arrives].filter(isOf)) * policy.maxRemovalShare,
        );
      }
    });
  });

  /** Addresses; in IPv6, blocks of /56, each partial one as a whole. */
  const countOf = (range: Range) => {
    const size = sizeOf(range);
    return range.family === 4 ? size : (size + (1n << 72n) - 1n) >> 72n;
  };

  it('adds no more than 256 new addresses without approval', () => {
    holds(({ current, decision }) => {
      const before = current.filter((entry) => entry.managed).map(({ range }) => range);
      const opened = subtractRanges(mergeRanges(decision.changes.add.map(({ range }) => range)), before);
      expect(opened.reduce((sum, range) => sum + countOf(range), 0n)).toBeLessThanOrEqual(256n);
    });
  });

  it('applies all additions if they are within the limit', () => {
    holds(({ planned, decision }) => {
      const all = planned.add.reduce((sum, { range }) => sum + countOf(range), 0n);
      if (all <= 256n) expect(decision.changes.add).toEqual(planned.add);
    });
  });

  it('applies with an approval exactly the changes that awaited it, and none that are deferred or pending', () => {
    holds(({ planned, policy, decision }) => {
      if (decision.planId === undefined) return;
      const approved = applyPolicy(planned, { ...policy, approved: decision.planId });
      const added = [...decision.changes.add, ...decision.awaitingApproval.add];
      expect(textsOf(approved.changes.add).sort()).toEqual(textsOf(added).sort());
      const removable = new Set(
        textsOf(
          [...planned.remove].filter((entry) => !textsOf(decision.pending.map((p) => p.entry)).includes(textOf(entry))),
        ),
      );
      expect(textsOf(approved.changes.remove).filter((text) => !removable.has(text))).toEqual([]);
      for (const text of textsOf(decision.awaitingApproval.remove))
        expect(textsOf(approved.changes.remove)).toContain(text);
      expect(approved.pending).toEqual(decision.pending);
    });
  });

  it('applies the rest of an approved plan of which a part was written', () => {
    const anyPart = fc.tuple(anyCase, fc.nat(100));
    fc.assert(
      fc.property(anyPart, ([{ planned, policy, decision }, percent]) => {
        if (decision.planId === undefined) return;
        const approved = applyPolicy(planned, { ...policy, approved: decision.planId });
        const { add, remove } = approved.changes;
        const count = Math.floor(((add.length + remove.length) * percent) / 100);
        const written = new Set([...add, ...remove].slice(0, count));
        const arrived = add
          .filter((entry) => written.has(entry))
          .map((entry) => {
            const unapproved = decision.changes.add.includes(entry) ? ('recent' as const) : undefined;
            const { range, port, intercomRegions } = entry;
            return { range, port, managed: true, ownership: { range, intercomRegions, addedAt: NOW, unapproved } };
          });
        const left = {
          ...planned,
          add: planned.add.filter((entry) => !written.has(entry)),
          remove: planned.remove.filter((entry) => !written.has(entry)),
          unchanged: [...planned.unchanged, ...arrived],
        };
        const again = applyPolicy(left, { ...policy, approved: decision.planId, begun: approved.changes });
        expect(again.changes.add).toEqual(add.filter((entry) => !written.has(entry)));
        const removals = remove.filter((entry) => !written.has(entry));
        // One that was deferred is exempt once an addition allows its addresses.
        expect(again.changes.remove).toEqual(expect.arrayContaining(removals));
        expect(again.awaitingApproval).toMatchObject({ add: [], remove: [] });
      }),
      { numRuns: 500 },
    );
  });

  it('never removes all managed entries, unless others cover a desired range', () => {
    holds(({ current, decision }) => {
      const isManaged = (entry: CurrentEntry) => entry.managed;
      const { add, covered } = decision.changes;
      const left = applied(current, decision.changes).some(isManaged);
      expect(left || covered.length > 0).toBe(current.some(isManaged) || add.length + covered.length > 0);
    });
  });

  it('removes no entry of others', () => {
    holds(({ current, decision }) => {
      const foreign = (entries: readonly CurrentEntry[]) => textsOf(entries.filter((entry) => !entry.managed));
      expect(foreign(applied(current, decision.changes))).toEqual(foreign(current));
    });
  });

  it('removes nothing if it blocks removals', () => {
    holds(({ decision }) => {
      if (decision.blocked !== undefined) expect(decision.changes.remove).toEqual([]);
    });
  });
});
