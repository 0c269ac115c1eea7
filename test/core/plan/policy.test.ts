import fc from 'fast-check';
import type { Changes, CurrentEntry } from '../../../lambda/core/plan/entries';
import { desireRanges, plan } from '../../../lambda/core/plan/plan';
import { applyPolicy, type Decision, type PolicyContext } from '../../../lambda/core/plan/policy';
import { formatRange, type Range, sizeOf } from '../../../lambda/core/ranges/range';
import { mergeRanges, subtractRanges } from '../../../lambda/core/ranges/range-set';
import { INTERCOM_REGIONS, type IntercomRegion } from '../../../lambda/shared/intercom-regions';
import {
  anyCurrent,
  anyFeeds,
  anyPorts,
  applied,
  context,
  desired,
  forgotten,
  managed,
  NOW,
  openings,
  others,
  textOf,
  textsOf,
} from './builders';

const STAYS = managed('34.0.0.0/32');
const GOES = managed('34.0.0.1/32');
const DISTRUST = 'its date went back';
const HOUR_MS = 60 * 60 * 1000;

const distrusting = (...intercomRegions: IntercomRegion[]) =>
  context({ distrustReasons: new Map(intercomRegions.map((region) => [region, DISTRUST])) });
const hoursAgo = (hours: number) => new Date(Date.parse(NOW) - hours * HOUR_MS).toISOString();
const DAY = { removalGraceHours: 24 };

/** A plan in which something of ours stays, unless it is said otherwise. */
function changes(overrides: Partial<Changes>): Changes {
  return { add: [], remove: [], unchanged: [STAYS], covered: [], ...overrides };
}

const adding = (text: string, intercomRegions: IntercomRegion[] = ['us']) => ({
  ...desired(text, intercomRegions),
  port: undefined,
});
const many = (count: number, of: (text: string) => CurrentEntry = managed) =>
  Array.from({ length: count }, (_, i) => of(`35.0.0.${2 * i}/32`));

/** Where each planned change is in a verdict. */
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
    ['without doubt', changes({ remove: [GOES] }), context()],
    ["under another region's doubt", changes({ remove: [GOES] }), distrusting('eu', 'au')],
    ['of which nothing is remembered, without doubt', changes({ remove: [forgotten('34.0.0.1/32')] }), context()],
    [
      'whose addresses keep a way in by what stays',
      changes({ remove: [managed('34.0.0.0/32', ['eu'])] }),
      distrusting('eu'),
    ],
    [
      'whose addresses keep a way in by what is added',
      changes({ add: [adding('34.0.0.0/31')], remove: [GOES] }),
      distrusting('us'),
    ],
    [
      'whose addresses keep a way in by two entries together',
      changes({ add: [adding('34.0.0.1/32')], remove: [managed('34.0.0.0/31')] }),
      distrusting('us'),
    ],
    [
      'whose addresses keep a way in by others',
      changes({ unchanged: [STAYS, others('34.0.0.0/24')], remove: [GOES] }),
      distrusting('us'),
    ],
    ['whose addresses keep a way in, within the grace', changes({ remove: [managed('34.0.0.0/32')] }), context(DAY)],
    [
      'of a region that the operator took out, under any doubt',
      changes({ unchanged: [managed('34.0.0.0/32', ['eu'])], remove: [GOES] }),
      { ...distrusting('eu'), intercomRegions: ['eu'] },
    ],
    [
      'of a region that the operator took out, without grace or share',
      changes({ unchanged: [managed('34.0.0.0/32', ['eu'])], remove: [GOES] }),
      context({ ...DAY, maxRemovalShare: 0, intercomRegions: ['eu'] }),
    ],
    [
      'of two regions that the operator took out',
      changes({ unchanged: [managed('34.0.0.0/32', ['eu'])], remove: [managed('34.0.0.1/32', ['us', 'au'])] }),
      { ...distrusting('eu'), intercomRegions: ['eu'] },
    ],
    [
      'at a port that the operator took out, under its own doubt',
      changes({ unchanged: [managed('34.0.0.0/32 443')], remove: [managed('34.0.0.0/32 80')] }),
      { ...distrusting('us'), ports: [443] },
    ],
    [
      'at a port that the operator took out, within the grace, of which nothing is remembered',
      changes({ unchanged: [managed('34.0.0.0/32 443')], remove: [forgotten('34.0.0.0/32 80')] }),
      { ...distrusting('us'), ...DAY, ports: [443] },
    ],
    [
      "of a stranger's entry in a target that is wholly ours, without grace or share",
      changes({ remove: [forgotten('34.0.0.1/32')] }),
      context({ ...DAY, maxRemovalShare: 0, ownershipComplete: true }),
    ],
    [
      'that was absent for the grace',
      changes({ remove: [managed('34.0.0.1/32', ['us'], hoursAgo(24))] }),
      context(DAY),
    ],
    [
      'that was absent for the grace, when another region was not seen for days',
      changes({ remove: [managed('34.0.0.1/32', ['us'], hoursAgo(24))] }),
      context({ ...DAY, missedUpdates: new Set(['eu']) }),
    ],
    [
      'of half of what is there of its region with the additions, which come first',
      changes({ add: [adding('50.0.0.1/32')], remove: [GOES, managed('34.0.0.3/32')] }),
      context({ maxRemovalShare: 0.5 }),
    ],
    [
      'of half of its region',
      changes({ remove: [GOES, managed('34.0.0.3/32')], unchanged: [STAYS, managed('34.0.0.5/32')] }),
      context({ maxRemovalShare: 0.5 }),
    ],
  ])('%s passes', (_rule, given, judgedBy) => {
    const decision = applyPolicy(given, judgedBy);
    expect(decision.changes).toEqual(given);
    expect(outcomeOf(decision)).toMatchObject({ pending: [], deferred: [], awaitingApproval: [] });
    expect(decision).toMatchObject({ planId: undefined, approved: false, blocked: undefined });
  });

  const US_DISTRUST = 'the us feed is in doubt: its date went back';
  const EU_DISTRUST = 'the eu feed is in doubt: its date went back';

  test.each<[string, Changes, PolicyContext, string]>([
    ["under its region's doubt", changes({ remove: [GOES] }), distrusting('us'), US_DISTRUST],
    [
      "under its region's doubt, though it was absent for the grace",
      changes({ remove: [managed('34.0.0.1/32', ['us'], hoursAgo(100))] }),
      { ...distrusting('us'), ...DAY },
      US_DISTRUST,
    ],
    [
      'of several regions under the doubt of one',
      changes({ remove: [managed('34.0.0.1/32', ['us', 'eu'])] }),
      distrusting('eu'),
      EU_DISTRUST,
    ],
    [
      'of several regions of which the operator took out one',
      changes({ remove: [managed('34.0.0.1/32', ['us', 'eu'])] }),
      { ...distrusting('eu'), intercomRegions: ['eu'] },
      EU_DISTRUST,
    ],
    [
      'of which nothing is remembered, under any doubt',
      changes({ remove: [forgotten('34.0.0.1/32')] }),
      distrusting('au'),
      'the au feed is in doubt: its date went back',
    ],
    [
      'of which no region is remembered, under any doubt',
      changes({ remove: [managed('34.0.0.1/32', [])] }),
      distrusting('eu'),
      EU_DISTRUST,
    ],
    [
      "of a stranger's entry, under any doubt: the state may be an older one",
      changes({ remove: [forgotten('34.0.0.1/32')] }),
      { ...distrusting('eu'), ownershipComplete: true },
      EU_DISTRUST,
    ],
    [
      'whose addresses keep a way in only in part',
      changes({ remove: [managed('34.0.0.0/31')] }),
      distrusting('us'),
      US_DISTRUST,
    ],
    [
      'whose addresses keep a way in only at another port',
      changes({ unchanged: [managed('34.0.0.0/32 80')], remove: [managed('34.0.0.0/32 443')] }),
      { ...distrusting('us'), ports: [80, 443] },
      US_DISTRUST,
    ],
    [
      'whose addresses keep a way in only by what goes as well',
      changes({ remove: [GOES, managed('34.0.0.0/24', ['eu'])] }),
      distrusting('us'),
      US_DISTRUST,
    ],
  ])('%s is held', (_rule, given, judgedBy, reason) => {
    const decision = applyPolicy(given, judgedBy);
    expect(decision.deferred[0]).toEqual({ entry: given.remove[0], reason });
    expect(textsOf(decision.changes.remove)).toEqual(textsOf(given.remove.slice(1)));
    expect(decision.blocked).toBeUndefined();
  });

  it('that is held holds no other', () => {
    const eu = managed('52.0.0.0/32', ['eu']);
    const { changes: left, deferred } = applyPolicy(changes({ remove: [GOES, eu] }), distrusting('us'));
    expect(left.remove).toEqual([eu]);
    expect(deferred.map(({ entry }) => entry)).toEqual([GOES]);
  });

  test.each<[string, CurrentEntry, Partial<PolicyContext>, number]>([
    ['seen absent for the first time', GOES, {}, 0],
    ['absent for less than the grace', managed('34.0.0.1/32', ['us'], hoursAgo(23.99)), {}, 23.99],
    [
      'absent for less than a longer grace',
      managed('34.0.0.1/32', ['us'], hoursAgo(30)),
      { removalGraceHours: 48 },
      30,
    ],
    ['of which nothing is remembered', forgotten('34.0.0.1/32'), {}, 0],
    [
      'of which nothing is remembered, after its feed was not seen for days',
      forgotten('34.0.0.1/32'),
      { ownershipComplete: true, missedUpdates: new Set<IntercomRegion>(['au']) },
      0,
    ],
    [
      'absent for long before its feed was not seen for days',
      managed('34.0.0.1/32', ['us'], hoursAgo(100)),
      { missedUpdates: new Set<IntercomRegion>(['us']) },
      0,
    ],
  ])('%s waits', (_rule, entry, overrides, hours) => {
    const judgedBy = context({ ...DAY, ...overrides });
    const absentSince = hoursAgo(hours);
    const removeAfter = new Date(Date.parse(absentSince) + judgedBy.removalGraceHours * HOUR_MS).toISOString();
    const decision = applyPolicy(changes({ remove: [entry] }), judgedBy);
    expect(decision.pending).toEqual([{ entry, absentSince, removeAfter }]);
    expect(outcomeOf(decision)).toEqual({ ...NOTHING, pending: [textOf(entry)] });
  });
});

describe('an approval is needed', () => {
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
      'to remove the share of one region, and no other region waits for it',
      changes({
        remove: [GOES, managed('34.0.0.3/32'), managed('52.0.0.0/32', ['eu'])],
        unchanged: [STAYS, managed('52.0.0.1/32', ['eu'])],
      }),
      { maxRemovalShare: 0.5 },
      { remove: ['52.0.0.0/32'], awaitingApproval: ['-34.0.0.1/32', '-34.0.0.3/32'] },
      /US/,
    ],
    [
      'to remove more than the share of what is there with the additions, which come first',
      changes({ add: [adding('50.0.0.1/32')], remove: [GOES, managed('34.0.0.3/32'), managed('34.0.0.5/32')] }),
      { maxRemovalShare: 0.5 },
      { add: ['50.0.0.1/32'], awaitingApproval: ['-34.0.0.1/32', '-34.0.0.3/32', '-34.0.0.5/32'] },
      /^removing 3 of 5 US ranges/,
    ],
    [
      'to remove too much of what nothing remembers, measured by all that is ours',
      changes({ remove: [managed('34.0.0.1/32', []), managed('34.0.0.3/32', [])] }),
      { maxRemovalShare: 0.5 },
      { awaitingApproval: ['-34.0.0.1/32', '-34.0.0.3/32'] },
      /^removing 2 of 3 of all ranges/,
    ],
    [
      'to remove too much of what is not remembered at all',
      changes({ remove: [forgotten('34.0.0.1/32'), forgotten('34.0.0.3/32')] }),
      { maxRemovalShare: 0.5 },
      { awaitingApproval: ['-34.0.0.1/32', '-34.0.0.3/32'] },
      /^removing 2 of 3 of all ranges/,
    ],
    [
      'to remove too much of all that is ours, whatever others have there',
      changes({
        remove: [forgotten('34.0.0.1/32'), forgotten('34.0.0.3/32')],
        unchanged: [STAYS, ...many(9, others)],
      }),
      { maxRemovalShare: 0.5 },
      { awaitingApproval: ['-34.0.0.1/32', '-34.0.0.3/32'] },
      /^removing 2 of 3 of all ranges/,
    ],
    [
      'to remove what nothing remembers beside so much else that it is too much of all',
      changes({ remove: [GOES, managed('34.0.0.3/32', [])], unchanged: [STAYS] }),
      { maxRemovalShare: 0.5 },
      { awaitingApproval: ['-34.0.0.1/32', '-34.0.0.3/32'] },
      /^removing 2 of 3 of all ranges/,
    ],
    [
      'to remove a range at several ports, which is one range',
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
      /^adding 512 new addresses of US, over 256 in a run$/,
    ],
    [
      'to add more of IPv6 than a /48, which counts as 256',
      changes({ add: [adding('2600::/48'), adding('2600:1::1/128')] }),
      {},
      { awaitingApproval: ['+2600::/48', '+2600:1::1/128'] },
      /^adding 257 new/,
    ],
    [
      'to add too much of one region, and no other region waits for it',
      changes({ add: [wide, european] }),
      {},
      { add: ['50.0.0.1/32'], awaitingApproval: ['+40.0.0.0/23'] },
      /of US,/,
    ],
    [
      'to add too much of all regions together',
      changes({ add: [adding('40.0.0.0/25'), adding('50.0.0.0/25', ['eu']), adding('60.0.0.0/25', ['au'])] }),
      {},
      { awaitingApproval: ['+40.0.0.0/25', '+50.0.0.0/25', '+60.0.0.0/25'] },
      /^adding 384 new addresses of US, EU, AU,/,
    ],
    [
      'to add what several regions publish, unless one of them adds little',
      changes({ add: [wide, adding('50.0.0.1/32', ['us', 'eu']), adding('50.0.0.3/32', ['us'])] }),
      {},
      { add: ['50.0.0.1/32'], awaitingApproval: ['+40.0.0.0/23', '+50.0.0.3/32'] },
      /of US,/,
    ],
    [
      'and until then nothing of a region goes whose additions wait',
      changes({ add: [wide], remove: [GOES, managed('52.0.0.0/32', ['eu'])] }),
      {},
      { remove: ['52.0.0.0/32'], awaitingApproval: ['+40.0.0.0/23', '-34.0.0.1/32'] },
      /adding/,
    ],
    [
      'and until then nothing goes of which no region is remembered',
      changes({ add: [wide], remove: [managed('34.0.0.1/32', [])] }),
      {},
      { awaitingApproval: ['+40.0.0.0/23', '-34.0.0.1/32'] },
      /adding/,
    ],
    [
      'and what a refused addition would cover keeps its way in by nothing yet',
      changes({ add: [adding('34.0.0.0/23')], remove: [GOES] }),
      DAY,
      { pending: ['34.0.0.1/32'], awaitingApproval: ['+34.0.0.0/23'] },
      /^adding 510 new/,
    ],
  ])('%s', (_rule, given, overrides, expected, reason) => {
    const judgedBy = context(overrides);
    const decision = applyPolicy(given, judgedBy);
    expect(outcomeOf(decision)).toEqual({ ...NOTHING, ...expected });
    expect(decision.awaitingApproval.reasons.join()).toMatch(reason);
    expect(decision.planId).toMatch(/^[0-9a-f]{12}$/);
    expect(decision.approved).toBe(false);

    const { awaitingApproval: waiting } = decision;
    const rest = given.remove.filter((entry) => !decision.changes.remove.includes(entry));
    const arrived = decision.changes.add.map((entry) => managed(textOf(entry), entry.intercomRegions));
    const next = { ...given, add: waiting.add, remove: rest, unchanged: [...given.unchanged, ...arrived] };
    expect(applyPolicy(next, judgedBy).planId).toBe(decision.planId);

    const approved = applyPolicy(given, { ...judgedBy, approved: decision.planId });
    const { add = [], remove = [], pending = [], awaitingApproval = [] } = expected;
    const signed = (sign: string) =>
      awaitingApproval.filter((text) => text.startsWith(sign)).map((text) => text.slice(1));
    expect(textsOf(approved.changes.add).sort()).toEqual([...add, ...signed('+')].sort());
    expect(textsOf(approved.changes.remove).sort()).toEqual([...remove, ...signed('-')].sort());
    expect(outcomeOf(approved)).toMatchObject({ pending, awaitingApproval: [] });
    expect(approved).toMatchObject({ approved: true, planId: decision.planId, awaitingApproval: { reasons: [] } });

    const otherwise = applyPolicy(given, { ...judgedBy, approved: '000000000000' });
    expect(otherwise).toEqual(decision);
  });

  test.each<[string, Changes, Partial<PolicyContext>]>([
    ['an IPv6 /48', changes({ add: [adding('2600::/48')] }), {}],
    ['256 addresses', changes({ add: [adding('40.0.0.0/24')] }), {}],
    [
      'many addresses that were let in before',
      changes({ add: [adding('34.0.0.0/23')], unchanged: [managed('34.0.0.0/24'), managed('34.0.1.0/24')] }),
      {},
    ],
    [
      'the same addresses at another port',
      changes({ add: [{ ...desired('34.0.0.0/22'), port: 443 }], unchanged: [managed('34.0.0.0/22 80')] }),
      { ports: [80, 443] },
    ],
    [
      'one range twice as wide as the limit, of which we let one half in',
      changes({ add: [adding('40.0.0.0/23')], unchanged: [managed('40.0.0.0/24')] }),
      {},
    ],
  ])('to add %s none is', (_rule, given, overrides) => {
    expect(applyPolicy(given, context(overrides))).toMatchObject({ changes: given, planId: undefined });
  });

  it('what others let in does not make an address old: it is ours to open', () => {
    const given = changes({ add: [wide], unchanged: [STAYS, others('40.0.0.0/24')] });
    expect(applyPolicy(given, context()).awaitingApproval.add).toEqual([wide]);
  });

  describe('by an id that', () => {
    const two = changes({ remove: [GOES, managed('34.0.0.3/32')] });
    const planIdOf = (given: Changes, overrides: Partial<PolicyContext> = {}) =>
      applyPolicy(given, context({ maxRemovalShare: 0.1, ...overrides })).planId;
    const id = planIdOf(two);

    it.each<[string, string | undefined]>([
      ['whatever the time', planIdOf(two, { now: '2027-01-01T00:00:00.000Z' })],
      ['in whatever order', planIdOf({ ...two, remove: [...two.remove].reverse() })],
      ['whatever else is done', planIdOf({ ...two, add: [adding('50.0.0.1/32', ['eu'])] })],
    ])('is the same %s', (_rule, other) => {
      expect(other).toBe(id);
    });

    it('is the same in whatever order additions come', () => {
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
      ['one removal less', planIdOf(changes({ remove: [GOES] }))],
      ['one removal more', planIdOf({ ...two, remove: [...two.remove, managed('34.0.0.5/32')] })],
      [
        'another port',
        planIdOf(changes({ remove: two.remove.map((entry) => ({ ...entry, port: 443 })) }), { ports: [443] }),
      ],
      ['an addition that is refused too', planIdOf({ ...two, add: [wide] })],
    ])('differs for %s', (_rule, other) => {
      expect(other).toMatch(/^[0-9a-f]{12}$/);
      expect(other).not.toBe(id);
    });
  });
});

describe('what is ours in a target is never emptied:', () => {
  const REASON = 'a target is never emptied';

  test.each<[string, Changes, PolicyContext]>([
    ['not without doubt', changes({ unchanged: [], remove: [GOES] }), context()],
    ["not where others' entries stay", changes({ unchanged: [others('52.0.0.0/32')], remove: [GOES] }), context()],
    ['not by an act of the operator', changes({ unchanged: [], remove: [GOES] }), context({ intercomRegions: ['eu'] })],
    ['not several at once', changes({ unchanged: [], remove: [STAYS, GOES] }), context()],
    [
      'not by an approval, which is not even asked for',
      changes({ unchanged: [], remove: [STAYS, GOES] }),
      context({ maxRemovalShare: 0.5 }),
    ],
    [
      'not when all are absent for the grace',
      changes({ unchanged: [], remove: [managed('34.0.0.0/32', ['us'], hoursAgo(25))] }),
      context(DAY),
    ],
  ])('%s', (_rule, given, judgedBy) => {
    const decision = applyPolicy(given, judgedBy);
    expect(decision.changes).toEqual({ ...given, remove: [] });
    expect(decision.deferred).toEqual(given.remove.map((entry) => ({ entry, reason: REASON })));
    expect(decision.blocked).toContain(`removing all ${given.remove.length} entries would leave the target empty`);
    expect(decision.blocked).toContain('are to be taken out by hand');
    expect(decision.planId).toBeUndefined();
  });

  it('not when the only addition waits for an approval, and then it is', () => {
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
    ['one entry of ours that stays is enough', changes({ remove: [GOES] }), context()],
    [
      'one that is added is enough',
      changes({ unchanged: [], add: [adding('52.0.0.0/32')], remove: [GOES] }),
      context(),
    ],
    [
      'one that is held is enough',
      changes({ unchanged: [], remove: [GOES, managed('52.0.0.0/32', ['eu'])] }),
      distrusting('eu'),
    ],
    [
      'one that waits is enough',
      changes({ unchanged: [], remove: [GOES, managed('52.0.0.0/32', ['eu'])] }),
      context({ ...DAY, intercomRegions: ['eu'] }),
    ],
    [
      'one that waits for an approval to go is enough',
      changes({
        unchanged: [],
        add: [adding('40.0.0.0/23', ['eu'])],
        remove: [GOES, managed('52.0.0.0/32', ['au'])],
      }),
      context({ intercomRegions: ['us', 'eu'], maxRemovalShare: 0.5 }),
    ],
    [
      'one that others hold for us is enough',
      changes({ unchanged: [others('40.0.0.0/24')], covered: [adding('40.0.0.0/32')], remove: [GOES] }),
      context(),
    ],
    ['an empty target with nothing to do is no matter', changes({ unchanged: [] }), context()],
    ["a target with others' entries alone is no matter", changes({ unchanged: [others('34.0.0.0/32')] }), context()],
  ])('%s', (_rule, given, judgedBy) => {
    expect(applyPolicy(given, judgedBy).blocked).toBeUndefined();
  });
});

describe('whatever the plan and the circumstances are', () => {
  const circumstances = fc.record({
    distrusted: fc.subarray([...INTERCOM_REGIONS]),
    missedUpdates: fc.subarray([...INTERCOM_REGIONS]),
    removalGraceHours: fc.constantFrom(0, 24, 240),
    maxRemovalShare: fc.constantFrom(0, 0.3, 0.5, 1),
    ownershipComplete: fc.boolean(),
  });
  const anyCase = fc
    .tuple(anyFeeds, anyPorts, circumstances)
    .chain(([feeds, ports, { distrusted, missedUpdates, ...rest }]) =>
      anyCurrent(ports).map((current) => {
        const intercomRegions = feeds.map(({ region }) => region);
        const distrustReasons = new Map(
          intercomRegions.filter((region) => distrusted.includes(region)).map((region) => [region, DISTRUST]),
        );
        const planned = plan(desireRanges(feeds), ports, current);
        const judgedBy = context({
          intercomRegions,
          ports,
          distrustReasons,
          missedUpdates: new Set(missedUpdates),
          ...rest,
        });
        const decision = applyPolicy(planned, judgedBy);
        return { current, planned, judgedBy, decision };
      }),
    );
  type Case = typeof anyCase extends fc.Arbitrary<infer T> ? T : never;
  const holds = (check: (given: Case) => void) => fc.assert(fc.property(anyCase, check), { numRuns: 500 });

  const isOperatorsAct = ({ ownership, port }: CurrentEntry, { intercomRegions, ports }: PolicyContext) =>
    !ports.includes(port) ||
    (ownership !== undefined &&
      ownership.intercomRegions.length > 0 &&
      !ownership.intercomRegions.some((region) => intercomRegions.includes(region)));
  const regionsOf = ({ ownership }: CurrentEntry, { intercomRegions }: PolicyContext) =>
    ownership && ownership.intercomRegions.length > 0 ? ownership.intercomRegions : intercomRegions;
  const losesAddresses = (entry: CurrentEntry, { current, decision }: Case) => {
    const open = openings(applied(current, decision.changes));
    return [...openings([entry])].some((opening) => !open.has(opening));
  };
  /** Removals that withdraw an address, and are neither the operator's act nor a stranger's entry. */
  const withdrawn = (given: Case) =>
    given.decision.changes.remove.filter((entry) => {
      const stranger = given.judgedBy.ownershipComplete && entry.ownership === undefined;
      return !isOperatorsAct(entry, given.judgedBy) && !stranger && losesAddresses(entry, given);
    });

  it('each planned change is in one place of the verdict, once', () => {
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

  it('of a region in doubt no address is withdrawn', () => {
    holds((given) => {
      const distrusted = (entry: CurrentEntry) =>
        regionsOf(entry, given.judgedBy).some((region) => given.judgedBy.distrustReasons.has(region));
      expect(textsOf(withdrawn(given).filter(distrusted))).toEqual([]);
    });
  });

  it('no address is withdrawn within its grace, nor one whose feed was not seen for days', () => {
    holds((given) => {
      const { removalGraceHours, missedUpdates } = given.judgedBy;
      if (removalGraceHours === 0) return;
      const early = withdrawn(given).filter((entry) => {
        const since = entry.ownership?.absentSince;
        const absentHours = since === undefined ? 0 : (Date.parse(NOW) - Date.parse(since)) / HOUR_MS;
        return (
          absentHours < removalGraceHours ||
          regionsOf(entry, given.judgedBy).some((region) => missedUpdates.has(region))
        );
      });
      expect(textsOf(early)).toEqual([]);
    });
  });

  it('no region loses more than its share without an approval', () => {
    holds((given) => {
      const { current, judgedBy, decision } = given;
      const arrives = decision.changes.add.map((entry) => managed(textOf(entry), entry.intercomRegions));
      for (const region of judgedBy.intercomRegions) {
        const isOf = ({ ownership }: CurrentEntry) => ownership?.intercomRegions.includes(region) ?? false;
        const count = (entries: CurrentEntry[]) => new Set(entries.map(({ range }) => formatRange(range))).size;
        expect(count(withdrawn(given).filter(isOf))).toBeLessThanOrEqual(
          count([...current, ...arrives].filter(isOf)) * judgedBy.maxRemovalShare,
        );
      }
    });
  });

  /** Addresses; in IPv6 blocks of /56, begun ones included. */
  const countOf = (range: Range) => {
    const size = sizeOf(range);
    return range.family === 4 ? size : (size + (1n << 72n) - 1n) >> 72n;
  };

  it('no more than 256 addresses are new without an approval', () => {
    holds(({ current, decision }) => {
      const had = current.filter((entry) => entry.managed).map(({ range }) => range);
      const opened = subtractRanges(mergeRanges(decision.changes.add.map(({ range }) => range)), had);
      expect(opened.reduce((sum, range) => sum + countOf(range), 0n)).toBeLessThanOrEqual(256n);
    });
  });

  it('additions pass where no region adds too many', () => {
    holds(({ planned, decision }) => {
      const all = planned.add.reduce((sum, { range }) => sum + countOf(range), 0n);
      if (all <= 256n) expect(decision.changes.add).toEqual(planned.add);
    });
  });

  it('an approval applies just what was refused, and nothing that is held or waits', () => {
    holds(({ planned, judgedBy, decision }) => {
      if (decision.planId === undefined) return;
      const approved = applyPolicy(planned, { ...judgedBy, approved: decision.planId });
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

  it('what is ours is not emptied, unless others hold what is desired', () => {
    holds(({ current, decision }) => {
      const isManaged = (entry: CurrentEntry) => entry.managed;
      const { add, covered } = decision.changes;
      const left = applied(current, decision.changes).some(isManaged);
      expect(left || covered.length > 0).toBe(current.some(isManaged) || add.length + covered.length > 0);
    });
  });

  it('nothing that is of others goes', () => {
    holds(({ current, decision }) => {
      const foreign = (entries: readonly CurrentEntry[]) => textsOf(entries.filter((entry) => !entry.managed));
      expect(foreign(applied(current, decision.changes))).toEqual(foreign(current));
    });
  });

  it('a refusal for good removes nothing', () => {
    holds(({ decision }) => {
      if (decision.blocked !== undefined) expect(decision.changes.remove).toEqual([]);
    });
  });
});
