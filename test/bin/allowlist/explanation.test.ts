import { type AddressStatus, type Explanation, explainRange, type Facts } from '../../../bin/allowlist/explanation';
import type { Publication } from '../../../bin/allowlist/publication';
import type { EntryInForce, TargetInForce } from '../../../bin/allowlist/targets';
import { parseRange } from '../../../lambda/core/ranges/range';
import { truncateForLog } from '../../../lambda/core/report/truncate-for-log';

const SINCE = '2026-11-20T09:05:12.000Z';

function entry(range: string, overrides: Partial<EntryInForce> = {}): EntryInForce {
  return {
    range: parseRange(range),
    ports: [],
    managed: true,
    intercomRegions: ['us'],
    since: SINCE,
    absentSince: undefined,
    ...overrides,
  };
}

function ipSet(entries: readonly EntryInForce[], overrides: Partial<TargetInForce> = {}): TargetInForce {
  return {
    id: 'set',
    kind: 'ip-set',
    name: 'IP set Allow-v4',
    families: [4],
    entries,
    exposed: false,
    exposure: [],
    acceptedExposure: null,
    error: null,
    ...overrides,
  };
}

function group(entries: readonly EntryInForce[], overrides: Partial<TargetInForce> = {}): TargetInForce {
  const name = 'security group sg-1';
  return ipSet(entries, { id: 'sg-1', kind: 'security-group', name, families: [4, 6], ...overrides });
}

function published(overrides: Partial<Publication> = {}): Publication {
  return { region: 'us', date: '2026-11-24', ranges: [], rejected: [], others: [], error: undefined, ...overrides };
}

function explain(text: string, facts: Partial<Facts> = {}): Explanation {
  const nothing = {
    targets: [ipSet([])],
    publications: [published()],
    waiting: [],
    intercomRegions: ['us'] as const,
    webAcls: [],
    now: new Date('2026-11-25T08:00:00.000Z'),
    command: (text: string) => `npx intercom-allowlist ${text}`,
  };
  return explainRange(parseRange(text), { ...nothing, removalGraceHours: 24, ...facts });
}

const LIVE = '34.0.0.1/32';
const inUs = { publications: [published({ ranges: [parseRange(LIVE)] })] };

describe('explainRange', () => {
  test.each<[what: string, address: string, facts: Partial<Facts>, status: AddressStatus, sentence: string]>([
    [
      'explains an address that the sync added',
      '34.0.0.1',
      { targets: [ipSet([entry(LIVE)]), ipSet([], { name: 'IP set Allow-v6', families: [6] })] },
      'allowed',
      '34.0.0.1 is allowed by 34.0.0.1/32 of the US feed since 2026-11-20 09:05 UTC, in IP set Allow-v4.',
    ],
    [
      'explains an address in several targets',
      '34.0.0.1',
      { targets: [ipSet([entry(LIVE)]), group([entry(LIVE, { ports: [443, 8443] })])] },
      'allowed',
      '34.0.0.1 is allowed by 34.0.0.1/32 of the US feed since 2026-11-20 09:05 UTC, in IP set Allow-v4 and security group ' +
        'sg-1 (port 443, 8443).',
    ],
    [
      'explains an address within a wider entry of two regions',
      '34.0.0.200',
      { targets: [ipSet([entry('34.0.0.0/24', { intercomRegions: ['us', 'eu'] })])] },
      'allowed',
      '34.0.0.200 is allowed by 34.0.0.0/24 of the US+EU feed since 2026-11-20 09:05 UTC, in IP set Allow-v4.',
    ],
    [
      'explains an address that an entry of others allows too',
      '34.0.0.1',
      {
        targets: [
          ipSet([entry(LIVE)]),
          group([entry('34.0.0.0/8', { managed: false, intercomRegions: [], ports: [443] })]),
        ],
      },
      'allowed',
      '34.0.0.1 is allowed by 34.0.0.1/32 of the US feed since 2026-11-20 09:05 UTC, in IP set Allow-v4; and by 34.0.0.0/8, ' +
        'which this stack does not manage, in security group sg-1 (port 443).',
    ],
    [
      'explains an entry without an ownership record',
      '34.0.0.1',
      { targets: [ipSet([entry(LIVE, { intercomRegions: [], since: undefined })])] },
      'allowed',
      '34.0.0.1 is allowed by 34.0.0.1/32, which has no ownership record, in IP set Allow-v4.',
    ],
    [
      'names the plan that one target still needs for the address',
      '34.0.0.1',
      {
        targets: [ipSet([entry(LIVE)]), group([])],
        waiting: [{ planId: '0123456789ab', target: 'sg-1', added: ['34.0.0.0/20'] }],
      },
      'allowed',
      '34.0.0.1 is allowed by 34.0.0.1/32 of the US feed since 2026-11-20 09:05 UTC, in IP set Allow-v4. Not in security ' +
        'group sg-1 until plan 0123456789ab is approved.',
    ],
    [
      'explains an address that is pending removal',
      '34.0.0.1',
      { targets: [ipSet([entry(LIVE, { absentSince: '2026-11-24T09:05:00.000Z' })])] },
      'pending-removal',
      '34.0.0.1 is still allowed by 34.0.0.1/32 of the US feed since 2026-11-20 09:05 UTC, in IP set Allow-v4, and will be removed after ' +
        '2026-11-25 09:05 UTC unless it is published again.',
    ],
    [
      'gives no time in the past for a removal whose grace period is over',
      '34.0.0.1',
      { targets: [ipSet([entry(LIVE, { absentSince: '2026-11-21T09:05:00.000Z' })])] },
      'pending-removal',
      '34.0.0.1 is still allowed by 34.0.0.1/32 of the US feed since 2026-11-20 09:05 UTC, in IP set Allow-v4, no longer published: its ' +
        'grace period is over, and the next run removes it, unless the removal is deferred or was not approved.',
    ],
    [
      'tells a plan that awaits approval from one that was declined',
      '34.0.0.1',
      {
        ...inUs,
        targets: [ipSet([]), group([])],
        waiting: [
          { planId: '0123456789ab', target: 'set', added: [LIVE] },
          { planId: 'ba9876543210', target: 'sg-1', added: [LIVE], declined: true },
        ],
      },
      'awaiting-approval',
      '34.0.0.1 is not allowed: the US feed of 2026-11-24 publishes it, but it is blocked until plan 0123456789ab is approved; plan ' +
        'ba9876543210 was declined.',
    ],
    [
      'explains an address that is pending removal but allowed by an entry of others',
      '34.0.0.1',
      {
        targets: [
          ipSet([entry(LIVE, { absentSince: '2026-11-24T09:05:00.000Z' })]),
          group([entry(LIVE, { managed: false, intercomRegions: [] })]),
        ],
      },
      'allowed',
      '34.0.0.1 is allowed by 34.0.0.1/32 of the US feed since 2026-11-20 09:05 UTC, in IP set Allow-v4, and will be removed after ' +
        '2026-11-25 09:05 UTC unless it is published again; and by 34.0.0.1/32, which this stack does not manage, in security ' +
        'group sg-1.',
    ],
    [
      'explains a CIDR that several entries allow together',
      '34.0.0.0/23',
      { targets: [ipSet([entry('34.0.0.0/24'), entry('34.0.1.0/24', { since: '2026-11-21T09:05:00.000Z' })])] },
      'allowed',
      '34.0.0.0/23 is allowed by 34.0.0.0/24 of the US feed since 2026-11-20 09:05 UTC, in IP set Allow-v4; and by ' +
        '34.0.1.0/24 of the US feed since 2026-11-21 09:05 UTC, in IP set Allow-v4.',
    ],
    [
      'explains a CIDR that is only partly allowed',
      '34.0.0.0/24',
      { targets: [ipSet([entry(LIVE)]), group([entry(LIVE)])] },
      'partly',
      '34.0.0.0/24 is not allowed as a whole, only 34.0.0.1/32 of it.',
    ],
    [
      'explains an address whose plan awaits approval',
      '34.0.0.1',
      { ...inUs, waiting: [{ planId: '0123456789ab', target: 'set', added: [LIVE] }] },
      'awaiting-approval',
      '34.0.0.1 is not allowed: the US feed of 2026-11-24 publishes it, but it is blocked until plan 0123456789ab is approved.',
    ],
    [
      'explains an address that was published after the last run',
      '34.0.0.1',
      inUs,
      'not-yet',
      '34.0.0.1 is not allowed yet: the US feed of 2026-11-24 publishes it; the next run adds it.',
    ],
    [
      'explains an address of a region that is not configured',
      '34.0.0.1',
      { ...inUs, intercomRegions: ['eu', 'au'] },
      'region-not-configured',
      '34.0.0.1 is not allowed: the US feed of 2026-11-24 publishes it, but this stack is configured for EU+AU (context key intercomRegions).',
    ],
    [
      'prefers the feed of a configured region over the feed of another region',
      '34.0.0.1',
      {
        publications: [...inUs.publications, published({ ...inUs.publications[0], region: 'eu' })],
        intercomRegions: ['eu'],
      },
      'not-yet',
      '34.0.0.1 is not allowed yet: the EU feed of 2026-11-24 publishes it; the next run adds it.',
    ],
    [
      'explains an address in a rejected entry',
      '10.1.2.3',
      { publications: [published({ rejected: [{ range: '10.0.0.0/8', reason: 'not globally routable (private)' }] })] },
      'rejected',
      '10.1.2.3 is not allowed: the US feed of 2026-11-24 publishes 10.0.0.0/8, which is rejected: not globally routable (private).',
    ],
    [
      'explains an address of an Intercom service that sends no webhooks',
      '18.97.36.5',
      {
        publications: [published({ others: [{ range: parseRange('18.97.36.0/25'), service: 'INTERCOM-ENDPOINTS' }] })],
      },
      'other-service',
      '18.97.36.5 is not allowed: the US feed of 2026-11-24 publishes 18.97.36.0/25 for INTERCOM-ENDPOINTS, which sends no ' +
        'webhooks.',
    ],
    [
      'explains an address that no feed publishes',
      '2600:1f18::1',
      {
        publications: [
          published({ rejected: [{ range: 'no range at all', reason: 'not an address or CIDR' }] }),
          published({ region: 'eu', date: undefined }),
          published({ region: 'au', error: 'HTTP 503' }),
        ],
      },
      'not-published',
      '2600:1f18::1 is not allowed: no feed publishes it (US 2026-11-24, EU undated, AU could not be read: HTTP 503).',
    ],
    [
      'names a target that could not be read',
      '34.0.0.1',
      { targets: [ipSet([entry(LIVE)]), group([], { families: [], error: 'it does not exist' })] },
      'allowed',
      '34.0.0.1 is allowed by 34.0.0.1/32 of the US feed since 2026-11-20 09:05 UTC, in IP set Allow-v4. security group sg-1 ' +
        'could not be read: it does not exist.',
    ],
  ])('%s', (_what, address, facts, status, sentence) => {
    const explanation = explain(address, facts);
    expect(explanation).toMatchObject({ status, sentence });
    expect(explanation.allowed).toBe(status === 'allowed' || status === 'pending-removal');
  });

  it('lists every plan that would allow the address, and every entry that allows it now', () => {
    const waiting = [
      { planId: '0123456789ab', target: 'set', added: [LIVE] },
      { planId: 'ba9876543210', target: 'sg-1', added: [LIVE] },
      { planId: 'cccccccccccc', target: 'sg-1', added: ['35.0.0.1/32'] },
    ];
    expect(explain('34.0.0.1', { ...inUs, targets: [ipSet([]), group([])], waiting }).planIds).toEqual([
      '0123456789ab',
      'ba9876543210',
    ]);
    expect(explain('34.0.0.1', { targets: [group([entry(LIVE, { ports: [443] })])] }).entries).toEqual([
      {
        range: LIVE,
        target: 'sg-1',
        ports: [443],
        managed: true,
        entry: null,
        intercomRegions: ['us'],
        since: SINCE,
        removeAfter: null,
      },
    ]);
  });
});

describe('a plan of which the log does not list all additions', () => {
  const all = Array.from({ length: 5000 }, (_, i) => `34.${i >> 8}.${i & 255}.1/32`);
  const waiting = [{ planId: '0123456789ab', target: 'set', added: truncateForLog({ added: all }).added }];
  const publications = [published({ ranges: all.map(parseRange) })];
  const cut =
    'plan 0123456789ab may add it: the log lists only 500 of its 5000 additions. Its change records list all: npx intercom-allowlist history --json.';

  it('explains a listed address as usual', () => {
    expect(explain('34.0.7.1', { publications, waiting })).toMatchObject({
      status: 'awaiting-approval',
      planIds: ['0123456789ab'],
    });
  });

  it('may hold an address that is not listed: the next run is not said to add it', () => {
    expect(explain('34.19.7.1', { publications, waiting })).toMatchObject({
      status: 'awaiting-approval',
      planIds: [],
      sentence: `34.19.7.1 is not allowed: the US feed of 2026-11-24 publishes it, and ${cut}`,
    });
  });

  it('may hold an address that another target allows already', () => {
    const targets = [group([entry('34.19.7.1/32', { ports: [443] })]), ipSet([])];
    expect(explain('34.19.7.1', { targets, publications, waiting }).sentence).toContain(
      `. Not in IP set Allow-v4; ${cut}`,
    );
  });
});
