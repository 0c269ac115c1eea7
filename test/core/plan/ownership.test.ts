import type { CurrentEntry, DesiredRange, OwnershipRecord } from '../../../lambda/core/plan/entries';
import { ownershipAfter, ownershipDuring } from '../../../lambda/core/plan/ownership';
import { plan } from '../../../lambda/core/plan/plan';
import { applyPolicy, type PolicyContext } from '../../../lambda/core/plan/policy';
import { formatRange, parseRange } from '../../../lambda/core/ranges/range';
import type { IntercomRegion } from '../../../lambda/shared/intercom-regions';
import { context, desired, forgotten, managed, NOW, others, ownershipOf } from './builders';

const STAYS = '34.0.0.0/32';
const GONE = '34.0.0.1/32';
const ADDED_AT = '2026-06-01T08:05:00.000Z';
const DAY = { removalGraceHours: 24 };
const HOUR_AGO = '2026-06-30T07:05:00.000Z';

/** One line a range: `34.0.0.0/32 us,eu since 2026-06-01 [absent since ...]` */
function textOf({ range, intercomRegions, addedAt, absentSince }: OwnershipRecord): string {
  const absent = absentSince === undefined ? '' : `, absent since ${absentSince}`;
  return `${formatRange(range)} ${intercomRegions.join()} since ${addedAt}${absent}`;
}

/** What is remembered once a plan of these is applied. */
function recorded(
  wanted: readonly DesiredRange[],
  current: readonly CurrentEntry[],
  overrides: Partial<PolicyContext> = {},
  known = current.flatMap(({ ownership }) => ownership ?? []),
): string[] {
  const judgedBy = context(overrides);
  const decision = applyPolicy(plan(wanted, judgedBy.ports, current), judgedBy);
  return ownershipAfter(decision, wanted, known, judgedBy).map(textOf).sort();
}

const kept = `${STAYS} us since ${ADDED_AT}`;
const distrusting = (...intercomRegions: IntercomRegion[]) => ({
  distrustReasons: new Map(intercomRegions.map((region) => [region, 'a doubt'])),
});

describe('what is ours once a verdict is applied', () => {
  it.each<[string, string[], string[]]>([
    ['what is added is ours from now on', recorded([desired(STAYS)], []), [`${STAYS} us since ${NOW}`]],
    ['what stays is ours since it came', recorded([desired(STAYS)], [managed(STAYS)]), [kept]],
    [
      'what came back after somebody took it out is ours since it came first',
      recorded([desired(STAYS)], [], {}, [ownershipOf(parseRange(STAYS), ['us'])]),
      [kept],
    ],
    [
      'what stays without being remembered is ours from now on',
      recorded([desired(STAYS)], [forgotten(STAYS)]),
      [`${STAYS} us since ${NOW}`],
    ],
    [
      'what is published again is no longer absent',
      recorded([desired(STAYS)], [managed(STAYS, ['us'], HOUR_AGO)]),
      [kept],
    ],
    [
      'what stays is of the regions that publish it now',
      recorded([desired(STAYS, ['au'])], [managed(STAYS, ['us', 'eu'])]),
      [`${STAYS} au since ${ADDED_AT}`],
    ],
    [
      'and of those in doubt that published it, in the order in which regions are named',
      recorded([desired(STAYS, ['au'])], [managed(STAYS, ['us', 'eu'])], distrusting('us')),
      [`${STAYS} us,au since ${ADDED_AT}`],
    ],
    ['what others hold or cover is not ours', recorded([desired(STAYS)], [others('34.0.0.0/24')]), []],
    ['what is removed is not', recorded([desired(STAYS)], [managed(STAYS), managed(GONE)]), [kept]],
    [
      'what waits for the first time is absent from now on',
      recorded([desired(STAYS)], [managed(STAYS), managed(GONE)], DAY),
      [kept, `${GONE} us since ${ADDED_AT}, absent since ${NOW}`],
    ],
    [
      'what waits on is absent since it was first seen absent',
      recorded([desired(STAYS)], [managed(STAYS), managed(GONE, ['us'], HOUR_AGO)], DAY),
      [kept, `${GONE} us since ${ADDED_AT}, absent since ${HOUR_AGO}`],
    ],
    [
      'what waits and nothing remembers is of no region, ours from now on',
      recorded([desired(STAYS)], [managed(STAYS), forgotten(GONE)], DAY),
      [kept, `${GONE}  since ${NOW}, absent since ${NOW}`],
    ],
    [
      'what is held is remembered as before, its absence too',
      recorded([desired(STAYS)], [managed(STAYS), managed(GONE, ['us'], HOUR_AGO)], { ...DAY, ...distrusting('us') }),
      [kept, `${GONE} us since ${ADDED_AT}, absent since ${HOUR_AGO}`],
    ],
    [
      'what is held and nothing remembers is adopted: of no region, ours from now on',
      recorded([desired(STAYS)], [managed(STAYS), forgotten(GONE)], distrusting('us')),
      [kept, `${GONE}  since ${NOW}`],
    ],
    [
      "what is held as a stranger's, in a target whose memory is whole, is not",
      recorded([desired(STAYS)], [managed(STAYS), forgotten(GONE)], { ...distrusting('us'), ownershipComplete: true }),
      [kept],
    ],
    [
      'what waits for an approval is remembered as before',
      recorded([desired(STAYS)], [managed(STAYS), managed(GONE, ['us'], HOUR_AGO)], { maxRemovalShare: 0 }),
      [kept, `${GONE} us since ${ADDED_AT}, absent since ${HOUR_AGO}`],
    ],
    [
      'what may not come before an approval is not ours yet',
      recorded([desired(STAYS), desired('40.0.0.0/22')], [managed(STAYS)]),
      [kept],
    ],
    [
      'a range at several ports is remembered once',
      recorded([desired(STAYS)], [managed(`${STAYS} 80`)], { ports: [80, 443] }),
      [kept],
    ],
    [
      'a range that goes at one port and stays at another is still ours',
      recorded([desired(STAYS)], [managed(`${STAYS} 80`), managed(`${STAYS} 443`)], { ports: [443] }),
      [kept],
    ],
  ])('%s', (_rule, after, expected) => {
    expect(after).toEqual(expected);
  });
});

describe('what may be ours while a change is under way', () => {
  const of = (text: string, addedAt: string) => ({
    range: parseRange(text),
    intercomRegions: ['us' as const],
    addedAt,
  });

  it('is what was and what will be, each once, as it will be', () => {
    const before = [of(STAYS, ADDED_AT), of(GONE, ADDED_AT)];
    const after = [of(STAYS, NOW), of('34.0.0.3/32', NOW)];
    expect(ownershipDuring(after, before).map(textOf)).toEqual([
      `${STAYS} us since ${NOW}`,
      `${GONE} us since ${ADDED_AT}`,
      `34.0.0.3/32 us since ${NOW}`,
    ]);
  });
});
