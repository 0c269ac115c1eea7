import fc from 'fast-check';
import { composeMessage, type Message } from '../../../lambda/core/message/message';
import { EVENTS } from '../../../lambda/core/message/message-events';
import { NOTHING_NOTIFIED, type Notified, notifiedAfter } from '../../../lambda/core/message/notified';
import { paragraphsWithin } from '../../../lambda/core/message/text';
import type { RegionResult, RunRecord, TargetResult } from '../../../lambda/core/report/run-record';
import { DISCOVERY_FAILURE } from '../../../lambda/shared/constants';
import { freshFeed, quietTarget, reportOf } from '../report/builders';

const OPTIONS = { owner: 'IntercomAllowlist', format: 'text', dashboardUrl: 'https://example.com/d' } as const;
const PLAN = '0123456789ab';
const SET = 'arn:aws:wafv2:eu-west-1:111122223333:regional/ipset/Allow-v4/0f1e2d3c';
const NONE = { added: [], removed: [], pendingRemoval: [], awaitingApproval: { added: [], removed: [] } };

function share(overrides: Partial<RegionResult>): RegionResult {
  return { region: 'us', inForce: 7, ...NONE, ...overrides };
}

/** A target of which there is something to say, the same in its list by region. */
function target(overrides: Partial<TargetResult> = {}, region: RegionResult['region'] = 'us'): TargetResult {
  const { added = [], removed = [], pendingRemoval = [], awaitingApproval = NONE.awaitingApproval } = overrides;
  const pending = pendingRemoval.map(({ range }) => range);
  const byRegion = [share({ region, added, removed, pendingRemoval: pending, awaitingApproval })];
  return quietTarget({ id: SET, byRegion, ...overrides });
}

const changed = target({ outcome: 'changed', added: ['3.5.7.9/32'] });
const pendingRemoval = [
  { range: '3.0.0.1/32', absentSince: '2026-06-30T08:05:00.000Z', removeAfter: '2026-07-01T08:05:00.000Z' },
];
const waits = target({
  outcome: 'awaiting-approval',
  planId: PLAN,
  awaitingApproval: { added: ['34.0.0.0/20'], removed: [] },
  error: 'Awaiting approval: adding 4096 new addresses',
});
const declined = target({
  declined: PLAN,
  declinedBy: 'Ann',
  declinedAt: '2026-06-30T08:05:00.000Z',
  awaitingApproval: { added: ['34.0.0.0/20'], removed: [] },
});
const approved = target({ outcome: 'changed', approved: PLAN, added: ['34.0.0.0/20'] });
const failed = target({ outcome: 'failed', error: 'no access. Allow it' });
const noFeed = freshFeed({ status: 'failed', error: 'HTTP 503' });

const exposed = target({ exposed: true, exposure: [{ range: '0.0.0.0/0', ports: [443], entry: 'rule sgr-1' }] });
const faulty = { id: 'a1/live', kind: 'api-stage', outcome: 'exposed', problems: ['It is open'], notes: [] } as const;
const guarding = { ...faulty, outcome: 'guarding', problems: [] } as const;

type Given = Partial<RunRecord> & { readonly endedEarly?: boolean };

function runOf({ endedEarly = false, ...report }: Given) {
  return { record: reportOf(report), endedEarly };
}

/** What people know after some runs. */
function notifiedOf(...runs: readonly Given[]): Notified {
  return runs.reduce((before: Notified, run) => notifiedAfter(before, runOf(run)), NOTHING_NOTIFIED);
}

function compose(
  run: Given,
  before: Notified = NOTHING_NOTIFIED,
  options: Partial<Parameters<typeof composeMessage>[2]> = {},
) {
  return composeMessage(before, runOf(run), { ...OPTIONS, ...options });
}

const messageOf = (run: Given, before?: Notified) => compose(run, before) as Message;
const eventsOf = (run: Given, before?: Notified) => compose(run, before)?.attributes.event ?? [];

describe('a message is sent', () => {
  it.each<[string, Given, string[], string]>([
    ['of a change', { targets: [changed] }, ['changed'], 'US +1 range'],
    [
      'of a new pending removal',
      { targets: [target({ pendingRemoval })] },
      ['pending-removal'],
      '1 to be removed on 2026-07-01',
    ],
    ['of a plan that awaits approval', { targets: [waits] }, ['awaiting-approval'], `plan ${PLAN} awaits approval`],
    ['of a declined plan', { targets: [declined] }, ['declined'], `plan ${PLAN} declined`],
    ['of an approved plan', { targets: [approved] }, ['approved', 'changed'], `plan ${PLAN} approved, US +1 range`],
    ['of a failed target', { targets: [failed] }, ['failed'], '1 target failed'],
    ['of a run without any usable feed', { feeds: [noFeed] }, ['failed'], 'no feed could be used'],
    ['of a run that ended early', { endedEarly: true }, ['failed'], 'the run failed'],
    [
      'of changes that no approval can apply',
      { targets: [target({ outcome: 'awaiting-approval', error: 'It would be empty' })] },
      ['awaiting-approval'],
      '1 plan awaits approval',
    ],
    ['of a target that others opened', { targets: [exposed] }, ['exposed'], '1 target exposed'],
    ['of a guard with a problem', { guards: [faulty] }, ['exposed'], '1 guard with a problem'],
    [
      'of what a target did before it failed',
      { targets: [target({ outcome: 'failed', added: ['3.5.7.9/32'], error: 'no access' })] },
      ['failed', 'changed'],
      '1 target failed, US +1 range',
    ],
  ])('%s, once', (_what, run, events, headline) => {
    const message = messageOf(run);
    expect(message.attributes.event).toEqual(events);
    expect(message.subject).toBe(`Intercom allowlist IntercomAllowlist: ${headline}`);
    const repeated = {
      ...run,
      targets: run.targets?.map((each) => ({ ...each, added: [], removed: [], approved: null })),
    };
    expect(eventsOf({ ...run, ...(run.targets && { targets: repeated.targets ?? [] }) }, notifiedOf(run))).toEqual([]);
  });

  it.each<[string, Given, Given, string[]]>([
    ['when a failed target recovers', { targets: [failed] }, { targets: [target()] }, ['recovered']],
    ['when a feed is usable again', { feeds: [noFeed] }, {}, ['recovered']],
    ['when runs no longer end early', { endedEarly: true }, {}, ['recovered']],
    ['when a target is no longer open', { targets: [exposed] }, { targets: [target()] }, ['no-longer-exposed']],
    [
      'when somebody accepts an exposure',
      { targets: [exposed] },
      { targets: [{ ...exposed, acceptedExposure: 'office' }] },
      ['no-longer-exposed'],
    ],
    ['when a guard no longer has a problem', { guards: [faulty] }, { guards: [guarding] }, ['no-longer-exposed']],
    ['when one more target fails', { targets: [failed] }, { targets: [failed, { ...failed, id: 'sg-1' }] }, ['failed']],
    [
      'when the plan is another one',
      { targets: [waits] },
      { targets: [{ ...waits, planId: 'ba9876543210' }] },
      ['awaiting-approval'],
    ],
    ['when a plan comes back', { targets: [target()] }, { targets: [waits] }, ['awaiting-approval']],
    [
      'when one more removal is pending',
      { targets: [target({ pendingRemoval })] },
      {
        targets: [
          target({
            pendingRemoval: [
              ...pendingRemoval,
              { ...pendingRemoval[0], range: '3.0.0.2/32', absentSince: '2026-06-30T09:05:00.000Z', removeAfter: '' },
            ] as TargetResult['pendingRemoval'],
          }),
        ],
      },
      ['pending-removal'],
    ],
  ])('%s', (_what, before, run, events) => {
    expect(eventsOf(run, notifiedOf(before))).toEqual(events);
  });

  it.each<[string, Given, Given]>([
    ['of a run with nothing to do', {}, {}],
    ['of a plan', {}, { mode: 'plan', targets: [target({ outcome: 'planned', added: ['3.5.7.9/32'] })] }],
    [
      'of a run that failed like the one before',
      { targets: [failed] },
      { targets: [{ ...failed, error: 'another reason' }] },
    ],
    ['of a plan that waits on, after its target failed', { targets: [waits] }, { targets: [waits] }],
    [
      'of a run that failed before it read the targets that had failed',
      { endedEarly: true, targets: [failed] },
      { endedEarly: true, feeds: [], targets: [] },
    ],
    ['of guards that the run of a deployment did not check', { guards: [faulty] }, { guards: [] }],
    ['of an exposure that its owner accepts', {}, { targets: [{ ...exposed, acceptedExposure: 'office' }] }],
    ['of a plan that is no longer needed', { targets: [waits] }, { targets: [target()] }],
  ])('never %s', (_what, before, run) => {
    expect(compose(run, notifiedOf(before))).toBeUndefined();
  });

  it('not again of an exposure after its target failed in between', () => {
    const before = notifiedOf({ targets: [exposed] }, { targets: [failed] });
    expect(eventsOf({ targets: [exposed] }, before)).toEqual(['recovered']);
  });

  it('not again of a plan after its target failed in between', () => {
    const before = notifiedOf({ targets: [waits] }, { targets: [failed] });
    expect(eventsOf({ targets: [waits] }, before)).toEqual(['recovered']);
  });

  it.each<[string, TargetResult]>([
    ['an exposed target', exposed],
    ['a failed target', failed],
    ['a target whose plan awaits approval', waits],
    ['a target with a pending removal', target({ pendingRemoval })],
  ])('neither a recovery nor a second message of %s that a failed discovery hides', (_what, hidden) => {
    const undiscovered = { ...failed, id: DISCOVERY_FAILURE, error: 'throttled' };
    const before = notifiedOf({ targets: [hidden] });
    expect(eventsOf({ targets: [undiscovered] }, before)).toEqual(['failed']);
    expect(eventsOf({ targets: [hidden] }, notifiedAfter(before, runOf({ targets: [undiscovered] })))).toEqual([
      'recovered',
    ]);
  });

  it('of an exposed target that is a target no longer, although another target failed', () => {
    const before = notifiedOf({ targets: [exposed, { ...failed, id: 'sg-1' }] });
    expect(eventsOf({ targets: [{ ...failed, id: 'sg-1' }] }, before)).toEqual(['no-longer-exposed']);
  });
});

describe('the text of a message', () => {
  it('says what changed where, what it means, what to do, and by whom it was started', () => {
    const eu = target({ id: 'sg-1', kind: 'security-group', pendingRemoval }, 'eu');
    const { body } = messageOf({ by: 'Ann', targets: [changed, eu, { ...waits, id: 'pl-1', kind: 'prefix-list' }] });
    expect(body).toBe(
      `Intercom allowlist IntercomAllowlist: plan ${PLAN} awaits approval, US +1 range, 1 to be removed on 2026-07-01.

IP set Allow-v4
  Added (US, feed of 2026-06-29): 3.5.7.9/32. Requests from there are allowed from now on.

security group sg-1
  No longer published: 3.0.0.1/32. Allowed until 2026-07-01 08:05 UTC, then removed, unless published again.

prefix list pl-1
  Awaiting approval: adding 4096 new addresses
  Not added: 34.0.0.0/20

  npx intercom-allowlist approve ${PLAN}
  npx intercom-allowlist decline ${PLAN}
  npx intercom-allowlist status

Dashboard: https://example.com/d

Run run-1, started by Ann.`,
    );
  });

  it('says what is open, and what to do about it', () => {
    const { body } = messageOf({ targets: [exposed], guards: [faulty] });
    expect(body).toMatch(
      /\nExposed\n {2}IP set Allow-v4 allows 0\.0\.0\.0\/0 at port 443 by rule sgr-1, .*Remove the entry/,
    );
    expect(body).toContain('\nProblems of guards\n  API stage a1/live: It is open\n');
  });

  it('says of which target the exposure is over, and of which guard the problem', () => {
    const over = messageOf(
      { targets: [target()], guards: [guarding] },
      notifiedOf({ targets: [exposed], guards: [faulty] }),
    );
    expect(over.body).toContain('\nNo longer exposed\n  arn:');
    expect(over.body).toContain('\nGuards without a problem again\n  guard api-stage a1/live\n');
    expect(over.subject).toMatch(/: no longer exposed$/);
    const guard = messageOf({ guards: [guarding] }, notifiedOf({ guards: [faulty] }));
    expect(guard.subject).toMatch(/: 1 guard without a problem again$/);
    expect(guard.body).not.toContain('xposed');
  });

  it.each([
    ['that it is applied', 'changed' as const, 'is applied.'],
    ['that only a part is, if the target failed', 'failed' as const, 'is applied in part.'],
  ])('says of an approved plan %s', (_rule, outcome, end) => {
    const { body } = messageOf({ by: 'Ann', targets: [target({ outcome, approved: PLAN })] });
    expect(body).toContain(`Plan ${PLAN} was approved by Ann and ${end}`);
  });

  it('says what recovered', () => {
    const before = notifiedOf({ endedEarly: true, targets: [failed, { ...failed, id: 'gone' }], feeds: [noFeed] });
    const { subject, body } = messageOf({ targets: [target()] }, before);
    expect(subject).toBe('Intercom allowlist IntercomAllowlist: recovered');
    expect(body).toContain('\nRecovered\n  Runs succeed again.\n  The feeds are usable again.\n');
    expect(body).toContain('\nIP set Allow-v4\n  Recovered.\n');
  });

  it('counts plans without an id, and several', () => {
    const others = { ...waits, id: 'sg-1', planId: 'ba9876543210' };
    expect(messageOf({ targets: [waits, others] }).subject).toBe(
      'Intercom allowlist IntercomAllowlist: 2 plans await approval',
    );
  });

  it('names targets with the same events together', () => {
    const { body } = messageOf({ targets: [changed, { ...changed, id: 'sg-1', kind: 'security-group' }] });
    expect(body).toContain('\nIP set Allow-v4, security group sg-1\n  Added');
  });

  it('counts each range once in the subject, in however many targets and Intercom regions it is', () => {
    const removed = target({ id: 'sg-1', outcome: 'changed', removed: ['3.0.0.1/32', '3.0.0.2/32'] }, 'eu');
    expect(messageOf({ targets: [changed, { ...changed, id: 'sg-2' }, removed] }).subject).toBe(
      'Intercom allowlist IntercomAllowlist: US +1 range, EU -2 ranges',
    );
  });

  it('names the ranges of extraRanges in the subject and the text, without a feed', () => {
    const extra = target({ outcome: 'changed', added: ['198.51.100.7/32'], removed: ['198.51.100.8/32'] }, 'extra');
    const { subject, body, attributes } = messageOf({ targets: [extra] });
    expect(subject).toBe('Intercom allowlist IntercomAllowlist: EXTRA +1 -1 ranges');
    expect(body).toContain('Added (configured in extraRanges): 198.51.100.7/32.');
    expect(body).toContain('Removed (no longer in extraRanges): 198.51.100.8/32.');
    expect(attributes.intercomRegion).toEqual(['extra']);
  });

  it.each<[string, Given]>([
    ['another target fails', { targets: [changed, { ...failed, id: 'sg-1' }] }],
    ['another target becomes exposed', { targets: [changed, { ...exposed, id: 'sg-1' }] }],
    ['a guard gets a problem', { targets: [changed], guards: [faulty] }],
  ])('is about every Intercom region of the run if %s while the ranges of one change', (_case, run) => {
    const feeds = [freshFeed(), freshFeed({ region: 'eu' })];
    expect(messageOf({ ...run, feeds }).attributes.intercomRegion).toEqual(['eu', 'us']);
  });

  it('ends a text that is too long after a whole line, and says how many are missing', () => {
    const lines = Array.from({ length: 20 }, (_, i) => `34.0.0.${i}/32`);
    const [text = '', ...more] = paragraphsWithin([['Added', ...lines].join('\n')], 100);
    const shown = text.split('\n').slice(1, -1);
    expect(shown.length).toBeGreaterThan(3);
    expect(shown).toEqual(lines.slice(0, shown.length));
    expect(text.split('\n').at(-1)).toBe(`And ${20 - shown.length} more lines: see the record of the run.`);
    expect(more).toEqual([]);
  });

  it('names the stack in the commands if it has another name than usual', () => {
    expect(compose({ targets: [waits] }, NOTHING_NOTIFIED, { owner: 'Other' })?.body).toContain(
      `npx intercom-allowlist decline ${PLAN} --stack Other`,
    );
  });

  it('says who declined a plan, when, and how to apply it after all', () => {
    const { body } = messageOf({ targets: [declined] });
    expect(body).toContain(`Plan ${PLAN} was declined by Ann on 2026-06-30 08:05 UTC. Its changes are not applied.`);
    expect(body).toContain(`npx intercom-allowlist approve ${PLAN}`);
  });

  it('fits into a message of Amazon SNS, whatever happened', () => {
    const added = Array.from({ length: 10_000 }, (_, i) => `2600:1f18:${i.toString(16)}::/48`);
    const targets = Array.from({ length: 500 }, (_, i) =>
      target({ id: `sg-${i}`, outcome: 'changed', added, error: `${i}` }),
    );
    for (const format of ['text', 'chat'] as const) {
      const message = compose({ targets, error: 'x'.repeat(400_000), endedEarly: true }, NOTHING_NOTIFIED, { format });
      expect(Buffer.byteLength(JSON.stringify(message))).toBeLessThan(256 * 1024);
      expect(message?.body).toMatch(/and 9900 more|And \d+ more/);
    }
  });
});

describe('the subject', () => {
  const anyText = fc.string({ unit: 'binary', maxLength: 200 });

  it('is ASCII, without control characters, begins with a letter and has fewer than 100 characters, whatever the stack is called', () => {
    const anyPlans = fc.array(fc.constantFrom(changed, waits, declined, approved, failed), { minLength: 1 });
    fc.assert(
      fc.property(anyText, anyPlans, (owner, targets) => {
        const { subject = '' } =
          compose({ targets: targets.map((each, i) => ({ ...each, id: `${i}` })) }, NOTHING_NOTIFIED, { owner }) ?? {};
        expect(subject).toMatch(/^Intercom allowlist [\x20-\x7e]{1,80}$/);
      }),
    );
  });

  it('leaves out what does not fit, and says so', () => {
    const all = [
      { ...failed, id: 'a' },
      { ...waits, id: 'b' },
      { ...approved, id: 'c' },
      { ...declined, id: 'd' },
    ];
    expect(messageOf({ targets: all }).subject).toBe(
      `Intercom allowlist IntercomAllowlist: 1 target failed, plan ${PLAN} awaits approval ...`,
    );
  });
});

describe('the form for chat applications', () => {
  const chat = (run: Given) => JSON.parse(compose(run, NOTHING_NOTIFIED, { format: 'chat' })?.body ?? '');

  it('is a custom notification of Amazon Q Developer', () => {
    expect(chat({ by: 'Ann', outcome: 'awaiting-approval', targets: [waits] })).toEqual({
      version: '1.0',
      source: 'custom',
      id: 'run-1',
      content: {
        textType: 'client-markdown',
        title: `Intercom allowlist IntercomAllowlist: plan ${PLAN} awaits approval`,
        description:
          '*IP set Allow-v4*\nAwaiting approval: adding 4096 new addresses\nNot added: 34.0.0.0/20\n\nhttps://example.com/d\n\n' +
          'Run run-1, started by Ann.',
        nextSteps: [
          `\`npx intercom-allowlist approve ${PLAN}\``,
          `\`npx intercom-allowlist decline ${PLAN}\``,
          '`npx intercom-allowlist status`',
        ],
        keywords: ['Intercom allowlist', 'awaiting-approval'],
      },
      metadata: {
        summary: `Intercom allowlist IntercomAllowlist: plan ${PLAN} awaits approval`,
        eventType: 'awaiting-approval',
        relatedResources: [SET],
        additionalContext: { stack: 'IntercomAllowlist', outcome: 'awaiting-approval', by: 'Ann' },
      },
    });
  });

  it('lets no text from outside call everybody in the channel', () => {
    const { content } = chat({ by: '<!channel>', targets: [{ ...failed, error: '<!here> & more' }] });
    expect(JSON.stringify(content)).not.toMatch(/[<>]/);
    expect(content.description).toContain('&lt;!here&gt; &amp; more');
  });
});

describe('the attributes', () => {
  it('name the Intercom regions that the message is about', () => {
    const targets = [changed, target({ id: 'sg-1', outcome: 'changed', removed: ['3.0.0.1/32'] }, 'eu')];
    expect(messageOf({ outcome: 'changed', targets }).attributes).toEqual({
      event: ['changed'],
      intercomRegion: ['eu', 'us'],
      outcome: 'changed',
    });
  });

  it('name all Intercom regions of a run that failed', () => {
    const feeds = [noFeed, { ...noFeed, region: 'eu' as const }];
    expect(messageOf({ feeds }).attributes).toEqual({
      event: ['failed'],
      intercomRegion: ['eu', 'us'],
      outcome: 'failed',
    });
  });

  it('have an event for everything that a message can be about, each once', () => {
    const targets = [changed, waits, declined, approved, failed, target({ pendingRemoval }), exposed];
    const before = { ...NOTHING_NOTIFIED, failed: ['gone'], open: ['closed'] };
    expect(eventsOf({ targets: targets.map((each, i) => ({ ...each, id: `${i}` })) }, before)).toEqual(EVENTS);
  });
});
