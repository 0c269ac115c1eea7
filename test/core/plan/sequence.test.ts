import fc from 'fast-check';
import { type Capacity, QuotaError, type Step, sequenceChanges } from '../../../lambda/core/plan/sequence';
import { desired, managed, textsOf } from './builders';

const v4 = (count: number, from = 0) => Array.from({ length: count }, (_, i) => `34.0.${from}.${i}/32`);
const v6 = (count: number) => Array.from({ length: count }, (_, i) => `2600:${i + 1}::/40`);
const adds = (texts: readonly string[]) => texts.map((text) => ({ ...desired(text), port: undefined }));
const removes = (texts: readonly string[]) => texts.map((text) => managed(text));

function capacity(limit: number, used4: number, used6 = 0, atomic = false): Capacity {
  return { limit, used: { 4: used4, 6: used6 }, name: 'rules per security group', atomic };
}

/** Steps as `+2 -1`: how many entries each adds or removes. */
function stepsOf(add: readonly string[], remove: readonly string[], room: Capacity, keeps: number) {
  const { steps, removedFirst } = sequenceChanges(
    { add: adds(add), remove: removes(remove) },
    room,
    keeps + remove.length,
  );
  return {
    steps: steps.map((step) => (step.add.length > 0 ? `+${step.add.length}` : `-${step.remove.length}`)).join(' '),
    removedFirst: textsOf(removedFirst),
  };
}

describe('sequenceChanges', () => {
  test.each<[string, readonly string[], readonly string[], Capacity, number, string, number]>([
    ['no changes result in no steps', [], [], capacity(60, 10), 10, '', 0],
    ['additions come before removals', v4(2), v4(3, 1), capacity(60, 10), 7, '+2 -3', 0],
    ['additions that just fit come before removals', v4(2), v4(3, 1), capacity(12, 10), 7, '+2 -3', 0],
    ['only as many removals as necessary come first', v4(3), v4(3, 1), capacity(12, 10), 7, '-1 +3 -2', 1],
    ['a full target removes as many entries first as it adds', v4(3), v4(3, 1), capacity(10, 10), 7, '-3 +3', 3],
    ['the last managed entry stays until another one was added', v4(3), v4(3, 1), capacity(3, 3), 0, '-2 +2 -1 +1', 3],
    ['removals also make up for entries of others over the limit', v4(1), v4(4, 1), capacity(8, 10), 6, '-3 +1 -1', 3],
    ['each address family is counted separately', v6(2), v4(3, 1), capacity(10, 10, 8), 7, '+2 -3', 0],
    [
      'removals come first only in the family that is full',
      [...v4(1), ...v6(2)],
      [...v4(2, 1), ...v6(1)],
      capacity(10, 10, 5),
      7,
      '-1 +3 -2',
      1,
    ],
    ['removals happen in a target that is over its limit', [], v4(2, 1), capacity(5, 10), 8, '-2', 0],
    [
      'removals never come first if one call replaces all entries',
      v4(3),
      v4(3, 1),
      capacity(10, 10, 0, true),
      7,
      '+3 -3',
      0,
    ],
  ])('%s', (_rule, add, remove, room, keeps, steps, removedFirst) => {
    const sequence = stepsOf(add, remove, room, keeps);
    expect(sequence.steps).toBe(steps);
    expect(sequence.removedFirst).toHaveLength(removedFirst);
  });

  test.each<[string, readonly string[], readonly string[], Capacity, number, RegExp]>([
    ['one entry too many', v4(3), [], capacity(12, 10), 10, /^13 entries would be needed, and 12 are allowed/],
    ['one entry too many after the removals', v4(4), v4(1, 1), capacity(12, 10), 9, /^13 entries .* 12 are allowed/],
    ['one IPv6 entry too many', v6(3), v4(9, 1), capacity(12, 10, 10), 1, /^13 entries .* 12 are allowed/],
    [
      'too many entries for one call that replaces all',
      v4(3),
      [],
      capacity(10_000, 9_998, 0, true),
      1,
      /^10001 entries .* 10000 are allowed/,
    ],
    [
      'a full target with a single managed entry to replace',
      v4(1),
      v4(1, 1),
      capacity(1, 1),
      0,
      /^2 entries .* 1 are allowed/,
    ],
  ])('throws a QuotaError with both numbers for %s', (_rule, add, remove, room, keeps, message) => {
    const sequence = () => stepsOf(add, remove, room, keeps);
    expect(sequence).toThrow(QuotaError);
    expect(sequence).toThrow(expect.objectContaining({ name: 'QuotaError' }));
    expect(sequence).toThrow(message);
    expect(sequence).toThrow(
      /Nothing was written: .* Raise the limit or remove entries that this stack does not manage/,
    );
    expect(sequence).toThrow('rules per security group');
  });

  it('says in the error how many entries are pending removal', () => {
    const sequence = () => sequenceChanges({ add: adds(v4(3)), remove: [] }, capacity(12, 10), 10, 2);
    expect(sequence).toThrow(/^13 entries would be needed, 2 of them only until their pending removal, and 12/);
  });

  const anyCase = fc
    .record({
      add: fc.tuple(fc.nat(6), fc.nat(6)),
      remove: fc.tuple(fc.nat(6), fc.nat(6)),
      keeps: fc.nat(2),
      others: fc.tuple(fc.nat(8), fc.nat(8)),
      limit: fc.integer({ min: 1, max: 20 }),
    })
    .map(({ add, remove, keeps, others, limit }) => ({
      add: adds([...v4(add[0]), ...v6(add[1])]),
      remove: removes([...v4(remove[0], 1), ...v6(remove[1])]),
      keeps,
      room: capacity(limit, remove[0] + keeps + others[0], remove[1] + others[1]),
    }));

  /** The state of a target after each step: its largest family, and how many entries are managed. */
  function replay(steps: readonly Step[], used: Capacity['used'], managed: number) {
    const held = { ...used };
    let left = managed;
    return steps.map(({ add, remove }) => {
      for (const { range } of add) held[range.family]++;
      for (const { range } of remove) held[range.family]--;
      left += add.length - remove.length;
      return { most: Math.max(...add.map(({ range }) => held[range.family])), managed: left };
    });
  }

  const fits = ({ add, remove, room, keeps }: typeof anyCase extends fc.Arbitrary<infer T> ? T : never) => {
    try {
      return sequenceChanges({ add, remove }, room, keeps + remove.length);
    } catch (error) {
      expect(error).toBeInstanceOf(QuotaError);
      return undefined;
    }
  };

  it('writes every change exactly once', () => {
    fc.assert(
      fc.property(anyCase, (given) => {
        const { steps } = fits(given) ?? {};
        if (!steps) return;
        expect(textsOf(steps.flatMap((step) => step.add)).sort()).toEqual(textsOf(given.add).sort());
        expect(textsOf(steps.flatMap((step) => step.remove)).sort()).toEqual(textsOf(given.remove).sort());
        expect(steps.filter((step) => step.add.length > 0 === step.remove.length > 0)).toEqual([]);
      }),
      { numRuns: 1000 },
    );
  });

  it('never exceeds the limit and never leaves the target without a managed entry', () => {
    fc.assert(
      fc.property(anyCase, (given) => {
        const managed = given.keeps + given.remove.length;
        const states = replay(fits(given)?.steps ?? [], given.room.used, managed);
        expect(states.filter(({ most }) => most > given.room.limit)).toEqual([]);
        const mayBeEmpty = managed === 0 || given.keeps + given.add.length === 0;
        expect(states.filter((after) => after.managed < 1)).toHaveLength(mayBeEmpty && managed > 0 ? 1 : 0);
      }),
      { numRuns: 1000 },
    );
  });

  it('removes no more entries first than necessary', () => {
    fc.assert(
      fc.property(anyCase, (given) => {
        const sequence = fits(given);
        if (!sequence) return;
        const lacking = ([4, 6] as const).map((family) => {
          const count = given.add.filter(({ range }) => range.family === family).length;
          return count === 0 ? 0 : Math.max(0, given.room.used[family] + count - given.room.limit);
        });
        const lastAdd = sequence.steps.findLastIndex((step) => step.add.length > 0);
        const early = sequence.steps.slice(0, Math.max(0, lastAdd)).flatMap((step) => step.remove);
        expect(textsOf(sequence.removedFirst)).toEqual(textsOf(early));
        expect(early).toHaveLength((lacking[0] ?? 0) + (lacking[1] ?? 0));
      }),
      { numRuns: 1000 },
    );
  });
});
