import fc from 'fast-check';
import type { CurrentEntry, DesiredRange, OwnershipRecord } from '../../../lambda/core/plan/entries';
import { ownershipAfter } from '../../../lambda/core/plan/ownership';
import { plan } from '../../../lambda/core/plan/plan';
import { applyPolicy } from '../../../lambda/core/plan/policy';
import { compareRanges, formatRange, parseRange, type Range, sizeOf } from '../../../lambda/core/ranges/range';
import { mergeRanges, subtractRanges } from '../../../lambda/core/ranges/range-set';
import type { IntercomRegion } from '../../../lambda/shared/intercom-regions';
import { rangeOf } from '../ranges/arbitraries';
import { applied, context, desired, managed, NOW, others, textsOf, unrecorded } from './builders';

const IN_FORCE = '34.0.0.0/32';
const SINGLE = '50.0.0.1/32';
const NETWORK = '45.0.0.0/24';
const HOUR_MS = 60 * 60 * 1000;

/** A target over several runs: its entries, and the records that the state table keeps. */
class TargetUnderTest {
  current: CurrentEntry[] = [managed(IN_FORCE)];
  recorded: readonly OwnershipRecord[] = this.current.flatMap(({ ownership }) => ownership ?? []);

  /** @param hasRecords whether the state still has the records of the target */
  constructor(private readonly hasRecords = true) {}

  /** One run that many hours after NOW. No run removes anything. */
  run(hours: number, wanted: readonly DesiredRange[], approved?: string) {
    const now = new Date(Date.parse(NOW) + hours * HOUR_MS).toISOString();
    const policy = context({ now, approved, removalGraceHours: 10_000, hasRecords: this.hasRecords });
    const decision = applyPolicy(plan(wanted, [undefined], this.current), policy);
    this.recorded = [...ownershipAfter(decision, wanted, this.recorded, policy)].sort((a, b) =>
      compareRanges(a.range, b.range),
    );
    const records = new Map(this.recorded.map((record) => [formatRange(record.range), record]));
    this.current = applied(this.current, decision.changes).map((entry) =>
      entry.managed ? { ...entry, ownership: records.get(formatRange(entry.range)) } : entry,
    );
    const { awaitingApproval, changes, planId } = decision;
    return {
      add: textsOf(changes.add),
      awaiting: textsOf(awaitingApproval.add),
      planId,
      reason: awaitingApproval.reasons.join(),
    };
  }
}

const publish = (...texts: string[]) => [IN_FORCE, ...texts].map((text) => desired(text));
const singles = (count: number, from = 1) => Array.from({ length: count }, (_, i) => `60.0.${from}.${2 * i}/32`);

describe('the limit on new addresses', () => {
  it('lets a single address pass that is published with a network of 256 addresses', () => {
    const target = new TargetUnderTest();
    const { add, awaiting, reason } = target.run(0, publish(NETWORK, SINGLE));
    expect({ add, awaiting }).toEqual({ add: [SINGLE], awaiting: [NETWORK] });
    expect(reason).toBe('adding 257 new addresses of US, over 256 in a day; 1 of them without approval');
  });

  it('lets the network await approval in every later run, with the same plan', () => {
    const target = new TargetUnderTest();
    const wanted = publish(NETWORK, SINGLE);
    const first = target.run(0, wanted);
    for (const hours of [1, 23, 25, 1000]) expect(target.run(hours, wanted)).toEqual({ ...first, add: [] });
  });

  it('does not change the records while the network awaits approval', () => {
    const target = new TargetUnderTest();
    const wanted = publish(NETWORK, SINGLE);
    target.run(0, wanted);
    const before = target.recorded;
    target.run(25, wanted);
    expect(target.recorded).toEqual(before);
  });

  it('lets a single address pass while a network awaits approval', () => {
    const target = new TargetUnderTest();
    target.run(0, publish(NETWORK, SINGLE));
    expect(target.run(1, publish(NETWORK, SINGLE, '50.0.0.3/32'))).toMatchObject({
      add: ['50.0.0.3/32'],
      awaiting: [NETWORK],
    });
  });

  it('does not count a network that was approved', () => {
    const target = new TargetUnderTest();
    const { planId } = target.run(0, publish('45.0.0.0/22', SINGLE));
    expect(target.run(1, publish('45.0.0.0/22', SINGLE), planId).add).toEqual(['45.0.0.0/22']);
    expect(target.run(2, publish('45.0.0.0/22', SINGLE, '50.0.0.3/32'))).toMatchObject({
      add: ['50.0.0.3/32'],
      awaiting: [],
    });
  });

  it('counts 200 addresses of an earlier run for a day, and no longer', () => {
    const earlier = new TargetUnderTest();
    earlier.run(0, publish(...singles(100), ...singles(100, 2)));
    const wanted = publish(...singles(100), ...singles(100, 2), ...singles(57, 3));
    expect(earlier.run(25, wanted).awaiting).toEqual([]);

    const attacked = new TargetUnderTest();
    attacked.run(0, publish(...singles(100), ...singles(100, 2)));
    expect(attacked.run(23, wanted)).toMatchObject({ add: [], awaiting: singles(57, 3) });
    expect(attacked.run(25, wanted)).toMatchObject({ add: [], awaiting: singles(57, 3) });
  });

  it('no longer counts earlier addresses once the others were withdrawn and a day has passed', () => {
    const target = new TargetUnderTest();
    target.run(0, publish(NETWORK, SINGLE));
    target.run(25, publish(SINGLE));
    expect(target.run(26, publish(NETWORK, SINGLE)).add).toEqual([NETWORK]);
  });

  it('does not count the first fill of a target', () => {
    const target = new TargetUnderTest();
    target.current = [];
    target.recorded = [];
    target.run(0, publish(SINGLE));
    expect(target.run(1, publish(SINGLE, NETWORK)).add).toEqual([NETWORK]);
  });

  it('makes a network wait that a first fill did not add', () => {
    const target = new TargetUnderTest();
    target.current = [];
    target.recorded = [];
    expect(target.run(0, publish(NETWORK))).toMatchObject({ add: [IN_FORCE], awaiting: [NETWORK] });
    expect(target.run(25, publish(NETWORK))).toMatchObject({ add: [], awaiting: [NETWORK] });
  });

  it('makes all additions of one size wait if they exceed it together', () => {
    const target = new TargetUnderTest();
    const many = [...singles(128), ...singles(128, 2), ...singles(1, 3)];
    expect(target.run(0, publish(...many, '45.0.0.0/31'))).toMatchObject({
      add: [],
      awaiting: ['45.0.0.0/31', ...many],
    });
  });

  it('applies to each region, so that many addresses of one do not delay another', () => {
    const target = new TargetUnderTest();
    const many = [...singles(128), ...singles(128, 2), ...singles(1, 3)];
    const wanted = [...publish(...many), desired(SINGLE, ['eu'])];
    expect(target.run(0, wanted)).toMatchObject({ add: [SINGLE], awaiting: many });
  });

  it.each(['45.0.0.0/19', '45.0.0.0/20', '45.0.0.0/22'])(
    'still applies to a network that an unrecorded entry %s covers: somebody else added it, or edited a rule of the stack',
    (text) => {
      const target = new TargetUnderTest();
      const { awaiting, planId } = target.run(0, publish('45.0.0.0/23'));
      target.current.push(unrecorded(text));
      expect(target.run(1, publish('45.0.0.0/23'))).toMatchObject({ add: [], awaiting, planId });
    },
  );

  it('does not count addresses that an unrecorded entry allows if the records were lost, because it may have been approved', () => {
    const target = new TargetUnderTest(false);
    target.current = [unrecorded('45.0.0.0/22')];
    target.recorded = [];
    expect(target.run(0, publish('45.0.0.0/23'))).toMatchObject({ add: [IN_FORCE, '45.0.0.0/23'], awaiting: [] });
  });

  it.each(['45.0.0.0/19', '32.0.0.0/3'])(
    'still applies if the records were lost and an unrecorded entry %s allows the network, because no run adds such an entry',
    (text) => {
      const target = new TargetUnderTest(false);
      target.current = [unrecorded(text)];
      target.recorded = [];
      expect(target.run(0, publish('45.0.0.0/23'))).toMatchObject({ awaiting: ['45.0.0.0/23'] });
    },
  );

  it('does not count addresses of others', () => {
    const target = new TargetUnderTest();
    target.current.push(others('60.0.0.0/24'));
    expect(target.run(0, publish(NETWORK)).add).toEqual([NETWORK]);
  });
});

describe('the limit on new addresses, for any publications', () => {
  const region = fc.constantFrom<IntercomRegion[]>(['us'], ['eu'], ['us', 'eu']);
  const v4 = fc
    .tuple(fc.nat(0x3fff), fc.integer({ min: 22, max: 32 }))
    .map(([address, prefix]) => rangeOf(4, 0x2d000000n + BigInt(address), prefix));
  const v6 = fc
    .tuple(fc.nat(0x3ff), fc.integer({ min: 46, max: 64 }))
    .map(([subnet, prefix]) => rangeOf(6, (0x2600n << 112n) + (BigInt(subnet) << 64n), prefix));
  const anyWanted = fc.uniqueArray(fc.record({ range: fc.oneof(v4, v6), intercomRegions: region }), {
    selector: ({ range }) => formatRange(range),
    maxLength: 20,
  });
  const anyRuns = fc.array(anyWanted, { minLength: 1, maxLength: 6 });
  const within = (...runs: readonly (readonly DesiredRange[])[]) => [
    ...new Map([desired(IN_FORCE), ...runs.flat()].map((entry) => [formatRange(entry.range), entry])).values(),
  ];
  const countOf = (range: Range) => {
    const size = sizeOf(range);
    return range.family === 4 ? size : (size + (1n << 72n) - 1n) >> 72n;
  };
  const newIn = (texts: readonly string[]) =>
    subtractRanges(mergeRanges(texts.map(parseRange)), [parseRange(IN_FORCE)]).reduce(
      (sum, range) => sum + countOf(range),
      0n,
    );

  it('at most 256 addresses are added without approval in a day, however they are split over runs', () => {
    fc.assert(
      fc.property(anyRuns, (runs) => {
        const target = new TargetUnderTest();
        const added = runs.flatMap((_, i) => target.run(i, within(...runs.slice(0, i + 1))).add);
        expect(newIn(added)).toBeLessThanOrEqual(256n);
      }),
      { numRuns: 300 },
    );
  });

  it('the same publication is decided in the same way in every later run', () => {
    fc.assert(
      fc.property(anyRuns, fc.constantFrom(1, 23, 25, 1000), (runs, hours) => {
        const target = new TargetUnderTest();
        const wanted = within(...runs);
        for (let i = 1; i <= runs.length; i++) target.run(i, within(...runs.slice(0, i)));
        const { awaiting, planId } = target.run(runs.length, wanted);
        const records = target.recorded;
        expect(target.run(runs.length + hours, wanted)).toMatchObject({ add: [], awaiting, planId });
        expect(target.recorded).toEqual(records);
      }),
      { numRuns: 300 },
    );
  });

  it('a range that is too broad by itself does not change which others pass', () => {
    fc.assert(
      fc.property(anyWanted, region, (wanted, intercomRegions) => {
        const broad = { range: parseRange('200.0.0.0/23'), intercomRegions };
        const [without, having] = [new TargetUnderTest(), new TargetUnderTest()];
        const { add, awaiting } = having.run(0, within(wanted, [broad]));
        expect(add).toEqual(without.run(0, within(wanted)).add);
        expect(awaiting).toContain('200.0.0.0/23');
      }),
      { numRuns: 300 },
    );
  });

  it('entries that nothing records let no addition pass that would wait without them', () => {
    const stranger = fc
      .tuple(fc.nat(0x3fff), fc.integer({ min: 8, max: 32 }))
      .map(([address, prefix]) => formatRange(rangeOf(4, 0x2d000000n + BigInt(address), prefix)));
    fc.assert(
      fc.property(anyWanted, fc.array(stranger, { maxLength: 4 }), (given, strangers) => {
        const wanted = within(given);
        // An exact one is in force already.
        const added = strangers.filter((text) => wanted.every(({ range }) => formatRange(range) !== text));
        const [without, having] = [new TargetUnderTest(), new TargetUnderTest()];
        having.current.push(...added.map(unrecorded));
        expect(having.run(0, wanted)).toEqual(without.run(0, wanted));
      }),
      { numRuns: 300 },
    );
  });

  it('the order of the additions does not matter', () => {
    const shuffled = anyWanted.chain((wanted) =>
      fc.tuple(fc.constant(wanted), fc.shuffledSubarray(wanted, { minLength: wanted.length })),
    );
    fc.assert(
      fc.property(shuffled, ([a, b]) => {
        expect(new TargetUnderTest().run(0, within(b))).toEqual(new TargetUnderTest().run(0, within(a)));
      }),
      { numRuns: 300 },
    );
  });

  it('every addition of a single region waits only if it exceeds the limit with those that are no larger', () => {
    fc.assert(
      fc.property(anyWanted, (given) => {
        const wanted = within(given.map((entry) => ({ ...entry, intercomRegions: ['us'] })));
        const { awaiting } = new TargetUnderTest().run(0, wanted);
        for (const text of awaiting) {
          const size = countOf(parseRange(text));
          const noLarger = wanted.map(({ range }) => range).filter((range) => countOf(range) <= size);
          expect(newIn(noLarger.map(formatRange))).toBeGreaterThan(256n);
        }
      }),
      { numRuns: 300 },
    );
  });
});
