import type { CurrentEntry, DesiredRange, OwnershipRecord } from '../../../lambda/core/plan/entries';
import { ownershipAfter, ownershipDuring } from '../../../lambda/core/plan/ownership';
import { plan } from '../../../lambda/core/plan/plan';
import { applyPolicy, type PolicyContext } from '../../../lambda/core/plan/policy';
import { formatRange, parseRange } from '../../../lambda/core/ranges/range';
import type { IntercomRegion } from '../../../lambda/shared/intercom-regions';
import { context, desired, managed, NOW, others, ownershipOf, unrecorded } from './builders';

const STAYS = '34.0.0.0/32';
const GONE = '34.0.0.1/32';
const ADDED_AT = '2026-06-01T08:05:00.000Z';
const DAY = { removalGraceHours: 24 };
const HOUR_AGO = '2026-06-30T07:05:00.000Z';

/** One line per range: `34.0.0.0/32 us,eu since 2026-06-01[, recent][, absent since ...]` */
function textOf({ range, intercomRegions, addedAt, unapproved, absentSince }: OwnershipRecord): string {
  const absent = absentSince === undefined ? '' : `, absent since ${absentSince}`;
  const counts = unapproved === undefined ? '' : `, ${unapproved}`;
  return `${formatRange(range)} ${intercomRegions.join()} since ${addedAt}${counts}${absent}`;
}

/** The ownership records after the plan for these entries was applied. */
function recorded(
  wanted: readonly DesiredRange[],
  current: readonly CurrentEntry[],
  overrides: Partial<PolicyContext> = {},
  known = current.flatMap(({ ownership }) => ownership ?? []),
): string[] {
  const policy = context(overrides);
  const decision = applyPolicy(plan(wanted, policy.ports, current), policy);
  return ownershipAfter(decision, wanted, known, policy).map(textOf).sort();
}

function counting(text: string, addedAt: string, unapproved: 'recent' | 'limiting'): CurrentEntry {
  const range = parseRange(text);
  return { ...managed(text), ownership: { range, intercomRegions: ['us'], addedAt, unapproved } };
}

const kept = `${STAYS} us since ${ADDED_AT}`;
const distrusting = (...intercomRegions: IntercomRegion[]) => ({
  distrustReasons: new Map(intercomRegions.map((region) => [region, 'HTTP 503'])),
});

describe('ownershipAfter', () => {
  it.each<[string, string[], string[]]>([
    ['an added range is recorded with the current time', recorded([desired(STAYS)], []), [`${STAYS} us since ${NOW}`]],
    ['an unchanged range keeps the time at which it was added', recorded([desired(STAYS)], [managed(STAYS)]), [kept]],
    [
      'a range that somebody removed keeps the time at which it was first added',
      recorded([desired(STAYS)], [], {}, [ownershipOf(parseRange(STAYS), ['us'])]),
      [kept],
    ],
    [
      'an unchanged range without a record is recorded with the current time',
      recorded([desired(STAYS)], [unrecorded(STAYS)]),
      [`${STAYS} us since ${NOW}`],
    ],
    [
      'a range that is published again is no longer absent',
      recorded([desired(STAYS)], [managed(STAYS, ['us'], HOUR_AGO)]),
      [kept],
    ],
    [
      'an unchanged range is recorded with the regions that publish it now',
      recorded([desired(STAYS, ['au'])], [managed(STAYS, ['us', 'eu'])]),
      [`${STAYS} au since ${ADDED_AT}`],
    ],
    [
      'a range keeps untrusted regions that published it, in the fixed order of regions',
      recorded([desired(STAYS, ['au'])], [managed(STAYS, ['us', 'eu'])], distrusting('us')),
      [`${STAYS} us,au since ${ADDED_AT}`],
    ],
    ['a range that others cover is not recorded', recorded([desired(STAYS)], [others('34.0.0.0/24')]), []],
    ['a removed range is no longer recorded', recorded([desired(STAYS)], [managed(STAYS), managed(GONE)]), [kept]],
    [
      'a removal that becomes pending is recorded as absent from now on',
      recorded([desired(STAYS)], [managed(STAYS), managed(GONE)], DAY),
      [kept, `${GONE} us since ${ADDED_AT}, absent since ${NOW}`],
    ],
    [
      'a removal that stays pending keeps the time since which it is absent',
      recorded([desired(STAYS)], [managed(STAYS), managed(GONE, ['us'], HOUR_AGO)], DAY),
      [kept, `${GONE} us since ${ADDED_AT}, absent since ${HOUR_AGO}`],
    ],
    [
      'a pending removal without a record is recorded without a region',
      recorded([desired(STAYS)], [managed(STAYS), unrecorded(GONE)], DAY),
      [kept, `${GONE}  since ${NOW}, absent since ${NOW}`],
    ],
    [
      'a deferred removal keeps its record, with the time since which it is absent',
      recorded([desired(STAYS)], [managed(STAYS), managed(GONE, ['us'], HOUR_AGO)], { ...DAY, ...distrusting('us') }),
      [kept, `${GONE} us since ${ADDED_AT}, absent since ${HOUR_AGO}`],
    ],
    [
      'a deferred removal without a record is adopted without a region',
      recorded([desired(STAYS)], [managed(STAYS), unrecorded(GONE)], distrusting('us')),
      [kept, `${GONE}  since ${NOW}`],
    ],
    [
      'a deferred removal without a record is not adopted if the records are complete',
      recorded([desired(STAYS)], [managed(STAYS), unrecorded(GONE)], { ...distrusting('us'), ownershipComplete: true }),
      [kept],
    ],
    [
      'a removal that awaits approval keeps its record',
      recorded([desired(STAYS)], [managed(STAYS), managed(GONE, ['us'], HOUR_AGO)], { maxRemovalShare: 0 }),
      [kept, `${GONE} us since ${ADDED_AT}, absent since ${HOUR_AGO}`],
    ],
    [
      'a removal that awaits approval is adopted without a region, even if the records are complete',
      recorded([desired(STAYS)], [managed(STAYS), unrecorded(GONE)], {
        maxRemovalShare: 0,
        ownershipComplete: true,
        missedUpdates: new Set<IntercomRegion>(['us']),
      }),
      [kept, `${GONE}  since ${NOW}`],
    ],
    [
      'an addition that awaits approval is not recorded',
      recorded([desired(STAYS), desired('40.0.0.0/22')], [managed(STAYS)]),
      [kept],
    ],
    [
      'an added range counts as a recent one, except in a first fill',
      recorded([desired(STAYS), desired(GONE)], [managed(STAYS)]),
      [kept, `${GONE} us since ${NOW}, recent`],
    ],
    [
      'a range that is added while others await approval counts as a limiting one, also in a first fill',
      recorded([desired(STAYS), desired('40.0.0.0/22')], []),
      [`${STAYS} us since ${NOW}, limiting`],
    ],
    [
      'a range of the last day becomes a limiting one while others await approval',
      recorded([desired(STAYS), desired('40.0.0.0/22')], [counting(STAYS, HOUR_AGO, 'recent')]),
      [`${STAYS} us since ${HOUR_AGO}, limiting`],
    ],
    [
      'a range of an earlier day does not become a limiting one',
      recorded([desired(STAYS), desired('40.0.0.0/22')], [counting(STAYS, ADDED_AT, 'recent')]),
      [`${kept}, recent`],
    ],
    [
      'a limiting range counts as a recent one when no others await approval',
      recorded([desired(STAYS)], [counting(STAYS, ADDED_AT, 'limiting')]),
      [`${kept}, recent`],
    ],
    [
      'a range that is added at another port does not count',
      recorded([desired(STAYS)], [managed(`${STAYS} 80`)], { ports: [80, 443] }),
      [kept],
    ],
    [
      'a pending removal keeps counting',
      recorded([desired(STAYS)], [managed(STAYS), counting(GONE, HOUR_AGO, 'recent')], DAY),
      [kept, `${GONE} us since ${HOUR_AGO}, recent, absent since ${NOW}`],
    ],
    [
      'a range at several ports is recorded once',
      recorded([desired(STAYS)], [managed(`${STAYS} 80`)], { ports: [80, 443] }),
      [kept],
    ],
    [
      'a range that is removed at one port and stays at another is still recorded',
      recorded([desired(STAYS)], [managed(`${STAYS} 80`), managed(`${STAYS} 443`)], { ports: [443] }),
      [kept],
    ],
  ])('%s', (_rule, after, expected) => {
    expect(after).toEqual(expected);
  });
});

describe('ownershipDuring', () => {
  const of = (text: string, addedAt: string) => ({
    range: parseRange(text),
    intercomRegions: ['us' as const],
    addedAt,
  });

  it('returns the records before and after the change, each range once, as after it', () => {
    const before = [of(STAYS, ADDED_AT), of(GONE, ADDED_AT)];
    const after = [of(STAYS, NOW), of('34.0.0.3/32', NOW)];
    expect(ownershipDuring(after, before).map(textOf)).toEqual([
      `${STAYS} us since ${NOW}`,
      `${GONE} us since ${ADDED_AT}`,
      `34.0.0.3/32 us since ${NOW}`,
    ]);
  });
});
