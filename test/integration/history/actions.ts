import fc from 'fast-check';
import type { Fault } from '../fault-proxy';
import { GOOD, POISON, REGIONS_HERE, type RegionHere } from './feeds';
import { PLACES, type Place } from './places';

/** The possible defects of a publication. */
export type Flaw =
  | 'none'
  | 'undated'
  | 'poisoned'
  | 'older'
  | 'foreign'
  | 'wide'
  | 'empty'
  | 'html'
  | 'truncated'
  | '500'
  | '404';

/** A failure in a run: the number of the first affected call, and its kind. After a kill, no further call reaches AWS. */
export interface Failure {
  readonly at: number;
  readonly kind: 'kill' | 'drop before' | 'drop after' | 'twice' | 'reject' | '429' | '503' | 'delay';
}

/** One event of a history. */
export type Action =
  | {
      readonly do: 'publish';
      readonly region: RegionHere;
      readonly good: readonly string[];
      readonly flaw: Flaw;
      readonly bad: readonly string[];
    }
  | { readonly do: 'flap'; readonly region: RegionHere }
  | { readonly do: 'wait'; readonly hours: number }
  | {
      readonly do: 'sync';
      readonly as: 'apply' | 'plan' | 'approve' | 'decline';
      readonly failure: Failure | undefined;
    }
  | { readonly do: 'add to exclusive'; readonly range: string }
  | { readonly do: 'remove'; readonly from: Place; readonly which: number }
  | { readonly do: 'add'; readonly in: Exclude<Place, 'exclusive'>; readonly range: string }
  | { readonly do: 'lose state' }
  | { readonly do: 'restore state' }
  | { readonly do: 'configure'; readonly intercomRegions: readonly RegionHere[] };

const region = fc.constantFrom(...REGIONS_HERE);
const flaw = fc.oneof(
  { weight: 8, arbitrary: fc.constant<Flaw>('none') },
  {
    weight: 6,
    arbitrary: fc.constantFrom<Flaw>(
      'undated',
      'poisoned',
      'older',
      'foreign',
      'wide',
      'empty',
      'html',
      'truncated',
      '500',
      '404',
    ),
  },
);
const publish = region.chain((of) =>
  fc.record({
    do: fc.constant('publish' as const),
    region: fc.constant(of),
    good: fc.subarray([...GOOD[of]], { minLength: 1 }),
    flaw,
    bad: fc.subarray([...POISON], { minLength: 1 }),
  }),
);
const kind = fc.constantFrom<Failure['kind'][]>(
  'kill',
  'drop before',
  'drop after',
  'twice',
  'reject',
  '429',
  '503',
  'delay',
);
const failure = fc.option(fc.record({ at: fc.nat(24), kind }), { freq: 2, nil: undefined });
const sync = fc.record({
  do: fc.constant('sync' as const),
  as: fc.oneof(
    { weight: 6, arbitrary: fc.constant('apply' as const) },
    { weight: 1, arbitrary: fc.constant('plan' as const) },
    { weight: 2, arbitrary: fc.constant('approve' as const) },
    { weight: 2, arbitrary: fc.constant('decline' as const) },
  ),
  failure,
});
const addedByOthers = fc.constantFrom('198.51.100.7/32', '44.0.0.0/27', ...GOOD.us.slice(0, 2), ...GOOD.eu.slice(0, 2));
/** Wide ranges that operators add temporarily. */
const DOORS = ['96.0.0.0/4', '64.0.0.0/19'];

/** Mostly runs and publications; sometimes operators, the clock and a lost state. */
export const anyAction: fc.Arbitrary<Action> = fc.oneof(
  { weight: 10, arbitrary: sync },
  { weight: 7, arbitrary: publish },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('flap' as const), region }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('wait' as const), hours: fc.constantFrom(0.2, 1, 13, 25, 80) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('add to exclusive' as const),
      range: fc.constantFrom('203.0.113.9/32', '10.0.0.0/8'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('remove' as const),
      from: fc.constantFrom(...PLACES),
      which: fc.nat(9),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('add' as const),
      in: fc.constantFrom('group', 'shared', 'list'),
      range: addedByOthers,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('add' as const),
      in: fc.constantFrom('group', 'shared', 'list'),
      range: fc.constantFrom(...DOORS),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'lose state' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'restore state' as const }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('configure' as const),
      intercomRegions: fc.subarray([...REGIONS_HERE], { minLength: 1 }),
    }),
  },
);

/** The faults of one run, call by call. */
export function faultsOf(failure: Failure | undefined): (call: string) => Fault | undefined {
  let calls = 0;
  return (call) => {
    const number = calls++;
    if (!failure || number < failure.at) return undefined;
    if (failure.kind === 'kill') return { code: 'Killed' };
    return number === failure.at ? faultOf(failure.kind, call) : undefined;
  };
}

/** The errors with which AWS rejects a call because of a concurrent change. */
const CONFLICTS: Readonly<Record<string, string>> = {
  UpdateIPSet: 'WAFOptimisticLockException',
  AuthorizeSecurityGroupIngress: 'InvalidPermission.Duplicate',
  RevokeSecurityGroupIngress: 'InvalidPermission.NotFound',
  ModifyManagedPrefixList: 'PrefixListVersionMismatch',
};

function faultOf(kind: Exclude<Failure['kind'], 'kill'>, call: string): Fault {
  const faults = {
    'drop before': { drop: 'before' },
    'drop after': { drop: 'after' },
    twice: { twice: true },
    reject: { code: CONFLICTS[call] ?? 'AccessDeniedException' },
    '429': { code: 'TooManyRequestsException', status: 429 },
    '503': { code: 'ServiceUnavailable', status: 503 },
    delay: { delayMs: 5 },
  } as const;
  return faults[kind];
}
