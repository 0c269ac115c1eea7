import fc from 'fast-check';
import { REGIONS, type Region } from '../../../lambda/shared/regions';
import type { Changes, CurrentEntry } from '../../../lambda/sync/plan/plan';
import { desireRanges, plan } from '../../../lambda/sync/plan/plan';
import { applyPolicy, type PolicyContext } from '../../../lambda/sync/plan/policy';
import {
  anyCurrent,
  anyFeeds,
  anyPorts,
  applied,
  desired,
  forgotten,
  openings,
  others,
  ours,
  textOf,
  textsOf,
} from './builders';

const STAYS = ours('34.0.0.0/32');
const GOES = ours('34.0.0.1/32');
const DOUBT = 'its date went back';

function context(overrides: Partial<PolicyContext> = {}): PolicyContext {
  return { regions: REGIONS, ports: [undefined], doubts: new Map(), ...overrides };
}

const doubting = (...regions: Region[]) => context({ doubts: new Map(regions.map((region) => [region, DOUBT])) });

/** A plan in which something of ours stays, unless it is said otherwise. */
function changes(overrides: Partial<Changes>): Changes {
  return { add: [], remove: [], unchanged: [STAYS], covered: [], ...overrides };
}

const adding = (text: string) => ({ ...desired(text), port: undefined });

describe('a removal', () => {
  test.each<[string, Changes, PolicyContext]>([
    ['without doubt', changes({ remove: [GOES] }), context()],
    ["under another region's doubt", changes({ remove: [GOES] }), doubting('eu', 'au')],
    [
      'of which nothing remembers the region, without doubt',
      changes({ remove: [forgotten('34.0.0.1/32')] }),
      context(),
    ],
    ['whose addresses keep a way in by what stays', changes({ remove: [ours('34.0.0.0/32', ['eu'])] }), doubting('eu')],
    [
      'whose addresses keep a way in by what is added',
      changes({ add: [adding('34.0.0.0/31')], remove: [GOES] }),
      doubting('us'),
    ],
    [
      'whose addresses keep a way in by two entries together',
      changes({ add: [adding('34.0.0.1/32')], remove: [ours('34.0.0.0/31')] }),
      doubting('us'),
    ],
    [
      'whose addresses keep a way in by others',
      changes({ unchanged: [STAYS, others('34.0.0.0/24')], remove: [GOES] }),
      doubting('us'),
    ],
    [
      'of a region that the operator took out, under any doubt',
      changes({ unchanged: [ours('34.0.0.0/32', ['eu'])], remove: [GOES] }),
      { ...doubting('eu'), regions: ['eu'] },
    ],
    [
      'of two regions that the operator took out',
      changes({ unchanged: [ours('34.0.0.0/32', ['eu'])], remove: [ours('34.0.0.1/32', ['us', 'au'])] }),
      { ...doubting('eu'), regions: ['eu'] },
    ],
    [
      'at a port that the operator took out, under its own doubt',
      changes({ unchanged: [ours('34.0.0.0/32 443')], remove: [ours('34.0.0.0/32 80')] }),
      { ...doubting('us'), ports: [443] },
    ],
    [
      'at a port that the operator took out, of which nothing remembers the region',
      changes({ unchanged: [ours('34.0.0.0/32 443')], remove: [forgotten('34.0.0.0/32 80')] }),
      { ...doubting('us'), ports: [443] },
    ],
  ])('%s passes', (_rule, given, judgedBy) => {
    expect(applyPolicy(given, judgedBy)).toEqual({ changes: given, held: [], refusal: undefined });
  });

  test.each<[string, Changes, PolicyContext, string]>([
    [
      "under its region's doubt",
      changes({ remove: [GOES] }),
      doubting('us'),
      'the us feed is in doubt: its date went back',
    ],
    [
      'of several regions under the doubt of one',
      changes({ remove: [ours('34.0.0.1/32', ['us', 'eu'])] }),
      doubting('eu'),
      'the eu feed is in doubt: its date went back',
    ],
    [
      'of several regions of which the operator took out one',
      changes({ remove: [ours('34.0.0.1/32', ['us', 'eu'])] }),
      { ...doubting('eu'), regions: ['eu'] },
      'the eu feed is in doubt: its date went back',
    ],
    [
      'of which nothing remembers the region, under any doubt',
      changes({ remove: [forgotten('34.0.0.1/32')] }),
      doubting('au'),
      'the au feed is in doubt: its date went back',
    ],
    [
      'whose addresses keep a way in only in part',
      changes({ remove: [ours('34.0.0.0/31')] }),
      doubting('us'),
      'the us feed is in doubt: its date went back',
    ],
    [
      'whose addresses keep a way in only at another port',
      changes({ unchanged: [ours('34.0.0.0/32 80')], remove: [ours('34.0.0.0/32 443')] }),
      { ...doubting('us'), ports: [80, 443] },
      'the us feed is in doubt: its date went back',
    ],
    [
      'whose addresses keep a way in only by what goes as well',
      changes({ remove: [GOES, ours('34.0.0.0/24', ['eu'])] }),
      doubting('us'),
      'the us feed is in doubt: its date went back',
    ],
  ])('%s is held', (_rule, given, judgedBy, reason) => {
    const { changes: left, held, refusal } = applyPolicy(given, judgedBy);
    expect(held[0]).toEqual({ entry: given.remove[0], reason });
    expect(textsOf(left.remove)).toEqual(textsOf(given.remove.slice(1)));
    expect(refusal).toBeUndefined();
  });

  it('that is held holds no other', () => {
    const eu = ours('52.0.0.0/32', ['eu']);
    const { changes: left, held } = applyPolicy(changes({ remove: [GOES, eu] }), doubting('us'));
    expect(left.remove).toEqual([eu]);
    expect(held.map(({ entry }) => entry)).toEqual([GOES]);
  });
});

describe('what is ours in a target is never emptied:', () => {
  test.each<[string, Changes, PolicyContext]>([
    ['not without doubt', changes({ unchanged: [], remove: [GOES] }), context()],
    ["not where others' entries stay", changes({ unchanged: [others('52.0.0.0/32')], remove: [GOES] }), context()],
    ['not by an act of the operator', changes({ unchanged: [], remove: [GOES] }), context({ regions: ['eu'] })],
    ['not several at once', changes({ unchanged: [], remove: [STAYS, GOES] }), context()],
  ])('%s', (_rule, given, judgedBy) => {
    const { changes: left, held, refusal } = applyPolicy(given, judgedBy);
    expect(left).toEqual({ ...given, remove: [] });
    expect(held).toEqual(given.remove.map((entry) => ({ entry, reason: 'a target is never emptied' })));
    expect(refusal).toContain(`removing all ${given.remove.length} entries would leave the target empty`);
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
      changes({ unchanged: [], remove: [GOES, ours('52.0.0.0/32', ['eu'])] }),
      doubting('eu'),
    ],
    ['an empty target with nothing to do is no matter', changes({ unchanged: [] }), context()],
    ["a target with others' entries alone is no matter", changes({ unchanged: [others('34.0.0.0/32')] }), context()],
  ])('%s', (_rule, given, judgedBy) => {
    expect(applyPolicy(given, judgedBy).refusal).toBeUndefined();
  });
});

describe('whatever the plan and the doubts are', () => {
  const anyDoubts = fc.subarray([...REGIONS]);
  const anyCase = fc.tuple(anyFeeds, anyPorts, anyDoubts).chain(([feeds, ports, doubtful]) =>
    anyCurrent(ports).map((current) => {
      const regions = feeds.map(({ region }) => region);
      const doubts = new Map(regions.filter((region) => doubtful.includes(region)).map((region) => [region, DOUBT]));
      const planned = plan(desireRanges(feeds), ports, current);
      const judgedBy: PolicyContext = { regions, ports, doubts };
      return { current, planned, judgedBy, verdict: applyPolicy(planned, judgedBy) };
    }),
  );
  const holds = (check: (given: typeof anyCase extends fc.Arbitrary<infer T> ? T : never) => void) =>
    fc.assert(fc.property(anyCase, check), { numRuns: 300 });

  const isOperatorsAct = ({ regions, port }: CurrentEntry, { regions: configured, ports }: PolicyContext) =>
    !ports.includes(port) || regions?.some((region) => configured.includes(region)) === false;
  const isDoubtful = ({ regions }: CurrentEntry, { regions: configured, doubts }: PolicyContext) =>
    (regions ?? configured).some((region) => doubts.has(region));

  it('additions pass', () => {
    holds(({ planned, verdict }) => expect(verdict.changes.add).toEqual(planned.add));
  });

  it('each planned removal passes or is held, once, in order, and nothing else is', () => {
    holds(({ planned, verdict }) => {
      const held = verdict.held.map(({ entry }) => entry);
      expect(textsOf([...verdict.changes.remove, ...held]).sort()).toEqual(textsOf(planned.remove).sort());
      expect(verdict.changes.remove).toEqual(planned.remove.filter((entry) => verdict.changes.remove.includes(entry)));
      expect(verdict.changes.unchanged).toEqual(planned.unchanged);
    });
  });

  it('of a region in doubt nothing is removed, unless every address of it keeps its way in', () => {
    holds(({ current, judgedBy, verdict }) => {
      const open = openings(applied(current, verdict.changes));
      for (const entry of verdict.changes.remove) {
        if (isOperatorsAct(entry, judgedBy) || !isDoubtful(entry, judgedBy)) continue;
        expect([textOf(entry), [...openings([entry])].filter((opening) => !open.has(opening))]).toEqual([
          textOf(entry),
          [],
        ]);
      }
    });
  });

  it('doubt holds nothing of a region that is not in doubt, and nothing that the operator took out', () => {
    holds(({ judgedBy, verdict }) => {
      const heldByDoubt = verdict.held.filter(({ reason }) => reason.includes('doubt')).map(({ entry }) => entry);
      expect(heldByDoubt.filter((entry) => !isDoubtful(entry, judgedBy))).toEqual([]);
      expect(heldByDoubt.filter((entry) => isOperatorsAct(entry, judgedBy))).toEqual([]);
    });
  });

  it('nothing is held without a doubt or a refusal', () => {
    holds(({ verdict }) => {
      const reasons = new Set(verdict.held.map(({ reason }) => reason));
      reasons.delete('a target is never emptied');
      for (const reason of reasons) expect(reason).toMatch(/^the (us|eu|au) feed is in doubt: its date went back$/);
      if (verdict.refusal === undefined) {
        expect(verdict.held.filter(({ reason }) => !reason.includes('doubt'))).toEqual([]);
      }
    });
  });

  it('what is ours is not emptied, unless others hold what is desired', () => {
    holds(({ current, verdict }) => {
      const isOurs = (entry: CurrentEntry) => entry.ours;
      const { add, covered } = verdict.changes;
      const left = applied(current, verdict.changes).some(isOurs);
      expect(left || covered.length > 0).toBe(current.some(isOurs) || add.length + covered.length > 0);
    });
  });

  it('nothing that is of others goes', () => {
    holds(({ current, verdict }) => {
      const foreign = (entries: readonly CurrentEntry[]) => textsOf(entries.filter((entry) => !entry.ours));
      expect(foreign(applied(current, verdict.changes))).toEqual(foreign(current));
    });
  });

  it('a refusal removes nothing and says how much it keeps', () => {
    holds(({ planned, verdict }) => {
      if (verdict.refusal === undefined) return;
      expect(verdict.changes.remove).toEqual([]);
      expect(verdict.held).toHaveLength(planned.remove.length);
      expect(verdict.refusal).toContain(`all ${planned.remove.length} entries`);
    });
  });
});
