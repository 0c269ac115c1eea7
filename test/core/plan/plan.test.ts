import fc from 'fast-check';
import type { CurrentEntry, Port } from '../../../lambda/core/plan/entries';
import { coverageByPort, desireRanges, plan } from '../../../lambda/core/plan/plan';
import { compareRanges, formatRange, parseRange } from '../../../lambda/core/ranges/range';
import {
  anyCurrent,
  anyFeeds,
  anyPorts,
  applied,
  desired,
  managed,
  openings,
  others,
  textOf,
  textsOf,
  unrecorded,
} from './builders';

const NO_PORTS: readonly Port[] = [undefined];

describe('plan', () => {
  interface Expected {
    readonly add?: readonly string[];
    readonly remove?: readonly string[];
    readonly unchanged?: readonly string[];
  }

  test.each<[string, readonly string[], readonly Port[], readonly CurrentEntry[], Expected]>([
    [
      'all desired ranges are added to an empty target',
      ['34.0.0.1/32', '34.0.0.0/32'],
      NO_PORTS,
      [],
      { add: ['34.0.0.0/32', '34.0.0.1/32'] },
    ],
    [
      'a desired entry that exists is unchanged',
      ['34.0.0.0/32'],
      NO_PORTS,
      [managed('34.0.0.0/32')],
      { unchanged: ['34.0.0.0/32'] },
    ],
    [
      'a managed entry that is no longer desired is removed',
      [],
      NO_PORTS,
      [managed('34.0.0.0/32')],
      { remove: ['34.0.0.0/32'] },
    ],
    [
      'an entry of others that is not desired is unchanged',
      [],
      NO_PORTS,
      [others('34.0.0.0/32')],
      { unchanged: ['34.0.0.0/32'] },
    ],
    [
      'a range that others added is not added again',
      ['34.0.0.0/32'],
      NO_PORTS,
      [others('34.0.0.0/32')],
      { unchanged: ['34.0.0.0/32'] },
    ],
    [
      'a range that an entry of others covers is not added',
      ['34.0.0.0/32'],
      NO_PORTS,
      [others('34.0.0.0/24')],
      { unchanged: ['34.0.0.0/24'] },
    ],
    [
      'a range that two entries of others cover together is not added',
      ['34.0.0.0/31'],
      NO_PORTS,
      [others('34.0.0.0/32'), others('34.0.0.1/32')],
      { unchanged: ['34.0.0.0/32', '34.0.0.1/32'] },
    ],
    [
      'a range that others cover only in part is added',
      ['34.0.0.0/31'],
      NO_PORTS,
      [others('34.0.0.0/32')],
      { add: ['34.0.0.0/31'], unchanged: ['34.0.0.0/32'] },
    ],
    [
      'a managed entry stays even if others cover it',
      ['34.0.0.0/32'],
      NO_PORTS,
      [managed('34.0.0.0/32'), others('34.0.0.0/24')],
      { unchanged: ['34.0.0.0/24', '34.0.0.0/32'] },
    ],
    [
      'a managed entry that covers the desired one is replaced by it',
      ['34.0.0.0/32'],
      NO_PORTS,
      [managed('34.0.0.0/24')],
      { add: ['34.0.0.0/32'], remove: ['34.0.0.0/24'] },
    ],
    [
      'a broader desired range replaces narrower managed ones',
      ['34.0.0.0/31'],
      NO_PORTS,
      [managed('34.0.0.0/32'), managed('34.0.0.1/32')],
      { add: ['34.0.0.0/31'], remove: ['34.0.0.0/32', '34.0.0.1/32'] },
    ],
    [
      'a managed entry without a record is removed if it is not desired',
      [],
      NO_PORTS,
      [unrecorded('34.0.0.0/32')],
      { remove: ['34.0.0.0/32'] },
    ],
    [
      'a range becomes one entry per port',
      ['34.0.0.0/32'],
      [443, 80],
      [],
      { add: ['34.0.0.0/32 80', '34.0.0.0/32 443'] },
    ],
    [
      'ports are sorted by number',
      ['34.0.0.0/32'],
      [8443, 443],
      [managed('34.0.0.0/32 22')],
      { add: ['34.0.0.0/32 443', '34.0.0.0/32 8443'], remove: ['34.0.0.0/32 22'] },
    ],
    [
      'a range that exists at one port is still added at another',
      ['34.0.0.0/32'],
      [80, 443],
      [managed('34.0.0.0/32 443')],
      { add: ['34.0.0.0/32 80'], unchanged: ['34.0.0.0/32 443'] },
    ],
    [
      'entries of others cover a range only at their port',
      ['34.0.0.0/32'],
      [80, 443],
      [others('34.0.0.0/8 80')],
      { add: ['34.0.0.0/32 443'], unchanged: ['34.0.0.0/8 80'] },
    ],
    [
      'entries at a port that is no longer configured are removed',
      ['34.0.0.0/32'],
      [443],
      [managed('34.0.0.0/32 443'), managed('34.0.0.0/32 80')],
      { remove: ['34.0.0.0/32 80'], unchanged: ['34.0.0.0/32 443'] },
    ],
    [
      'entries of others at other ports are unchanged',
      ['34.0.0.0/32'],
      [443],
      [managed('34.0.0.0/32 443'), others('34.0.0.0/32 22')],
      { unchanged: ['34.0.0.0/32 22', '34.0.0.0/32 443'] },
    ],
    [
      'an entry never covers a range of the other address family',
      ['2600::/40'],
      NO_PORTS,
      [others('34.0.0.0/24')],
      { add: ['2600::/40'], unchanged: ['34.0.0.0/24'] },
    ],
  ])('%s', (_rule, wanted, ports, current, expected) => {
    const { add, remove, unchanged } = plan(
      wanted.map((range) => desired(range)),
      ports,
      current,
    );
    expect({ add: textsOf(add), remove: textsOf(remove), unchanged: textsOf(unchanged) }).toEqual({
      add: [],
      remove: [],
      unchanged: [],
      ...expected,
    });
  });

  it('returns the ranges that others cover as covered, and no others', () => {
    const wanted = ['34.0.0.0/32', '34.0.0.2/32', '34.0.0.4/32', '34.0.0.6/32'].map((range) => desired(range));
    const deferred = [managed('34.0.0.0/32'), others('34.0.0.2/32'), others('34.0.0.4/31')];
    const { covered, add } = plan(wanted, NO_PORTS, deferred);
    expect(textsOf(covered)).toEqual(['34.0.0.2/32', '34.0.0.4/32']);
    expect(textsOf(add)).toEqual(['34.0.0.6/32']);
  });

  it('returns each addition with the regions that publish it', () => {
    const { add } = plan([desired('34.0.0.0/32', ['us', 'au'])], NO_PORTS, []);
    expect(add).toEqual([{ range: parseRange('34.0.0.0/32'), port: undefined, intercomRegions: ['us', 'au'] }]);
  });

  it('returns the same entry objects that it was given', () => {
    const goes = { ...managed('34.0.0.0/32'), ruleId: 'sgr-1' };
    const stays = { ...others('34.0.0.1/32'), ruleId: 'sgr-2' };
    const { remove, unchanged } = plan([], NO_PORTS, [goes, stays]);
    expect(remove[0]).toBe(goes);
    expect(unchanged[0]).toBe(stays);
  });

  const anyInput = fc
    .tuple(anyFeeds.map(desireRanges), anyPorts)
    .chain(([wanted, ports]) =>
      fc.record({ wanted: fc.constant(wanted), ports: fc.constant(ports), current: anyCurrent(ports) }),
    );

  const holds = (
    check: (input: {
      wanted: ReturnType<typeof desireRanges>;
      ports: readonly Port[];
      current: CurrentEntry[];
    }) => void,
  ) => fc.assert(fc.property(anyInput, check));

  it('adds a desired range if and only if it does not exist and others do not cover it', () => {
    holds(({ wanted, ports, current }) => {
      const { add } = plan(wanted, ports, current);
      const adds = new Set(textsOf(add));
      const present = new Set(textsOf(current));
      const open = openings(current.filter((entry) => !entry.managed));
      for (const entry of ports.flatMap((port) => wanted.map(({ range }) => ({ range, port })))) {
        const covered = [...openings([entry])].every((opening) => open.has(opening));
        expect([textOf(entry), adds.delete(textOf(entry))]).toEqual([
          textOf(entry),
          !present.has(textOf(entry)) && !covered,
        ]);
      }
      expect([...adds]).toEqual([]);
    });
  });

  it('removes no entry of others', () => {
    holds(({ wanted, ports, current }) => {
      expect(plan(wanted, ports, current).remove.filter((entry) => !entry.managed)).toEqual([]);
    });
  });

  it('removes or keeps each entry exactly once', () => {
    holds(({ wanted, ports, current }) => {
      const { remove, unchanged } = plan(wanted, ports, current);
      expect(textsOf([...remove, ...unchanged]).sort()).toEqual(textsOf(current).sort());
    });
  });

  it('results in exactly the desired ranges and the entries of others', () => {
    holds(({ wanted, ports, current }) => {
      const after = applied(current, plan(wanted, ports, current));
      const foreign = current.filter((entry) => !entry.managed);
      const wantedPlaces = ports.flatMap((port) => wanted.map(({ range }) => ({ range, port })));
      expect(openings(after)).toEqual(openings([...wantedPlaces, ...foreign]));
      expect(textsOf(after.filter((entry) => !entry.managed))).toEqual(textsOf(foreign));
      const allowed = new Set(textsOf(wantedPlaces));
      expect(after.filter((entry) => entry.managed && !allowed.has(textOf(entry)))).toEqual([]);
    });
  });

  it('is empty after it was applied', () => {
    holds(({ wanted, ports, current }) => {
      const after = applied(current, plan(wanted, ports, current));
      expect(plan(wanted, ports, after)).toMatchObject({ add: [], remove: [] });
    });
  });

  it('is sorted by address, then by port', () => {
    holds(({ wanted, ports, current }) => {
      const { add, remove, unchanged } = plan(wanted, ports, current);
      for (const entries of [add, remove, unchanged] as const) {
        const sorted = [...entries].sort((a, b) => compareRanges(a.range, b.range) || (a.port ?? 0) - (b.port ?? 0));
        expect(textsOf(entries)).toEqual(textsOf(sorted));
      }
    });
  });

  it('does not depend on the order of its input', () => {
    const shuffled = <T>(items: readonly T[]) => fc.shuffledSubarray([...items], { minLength: items.length });
    const anyOrder = anyInput.chain(({ wanted, ports, current }) =>
      fc.tuple(
        fc.constant({ wanted, ports, current }),
        fc.record({ wanted: shuffled(wanted), ports: shuffled(ports), current: shuffled(current) }),
      ),
    );
    fc.assert(
      fc.property(anyOrder, ([a, b]) => {
        expect(plan(b.wanted, b.ports, b.current)).toEqual(plan(a.wanted, a.ports, a.current));
      }),
    );
  });

  it('does not change its input', () => {
    holds(({ wanted, ports, current }) => {
      const before = structuredClone({ wanted, ports, current });
      plan(wanted, ports, current);
      expect({ wanted, ports, current }).toEqual(before);
    });
  });
});

describe('desireRanges', () => {
  it('returns one range for several regions that publish it', () => {
    const shared = parseRange('34.0.0.1/32');
    const exclusive = parseRange('34.0.0.0/32');
    expect(
      desireRanges([
        { region: 'us', ranges: [shared] },
        { region: 'eu', ranges: [exclusive, shared] },
      ]),
    ).toEqual([
      { range: exclusive, intercomRegions: ['eu'] },
      { range: shared, intercomRegions: ['us', 'eu'] },
    ]);
  });

  it('returns each published range once, sorted, with exactly the regions that publish it', () => {
    fc.assert(
      fc.property(anyFeeds, (feeds) => {
        const wanted = desireRanges(feeds);
        const published = feeds.flatMap(({ region, ranges }) =>
          ranges.map((range) => `${formatRange(range)} ${region}`),
        );
        const pairs = wanted.flatMap(({ range, intercomRegions }) =>
          intercomRegions.map((region) => `${formatRange(range)} ${region}`),
        );
        expect(pairs.sort()).toEqual(published.sort());
        expect(new Set(wanted.map(({ range }) => formatRange(range))).size).toBe(wanted.length);
        expect(wanted).toEqual([...wanted].sort((a, b) => compareRanges(a.range, b.range)));
      }),
    );
  });
});

describe('coverageByPort', () => {
  it('covers an entry if and only if every address of it is allowed at its port', () => {
    const anyEntries = anyPorts.chain((ports) => fc.tuple(anyCurrent(ports), anyCurrent(ports)));
    fc.assert(
      fc.property(anyEntries, ([entries, asked]) => {
        const covers = coverageByPort(entries);
        const open = openings(entries);
        for (const entry of asked) {
          expect(covers(entry)).toBe([...openings([entry])].every((opening) => open.has(opening)));
        }
      }),
    );
  });
});
