import { type Decline, declinedText, declinesAfter, markDeclined } from '../../../lambda/core/report/declines';
import { DISCOVERY_FAILURE } from '../../../lambda/shared/constants';
import { freshFeed, quietTarget } from './builders';

const PLAN = '0123456789ab';
const decline: Decline = { planId: PLAN, by: 'Ann', at: '2026-06-30T08:05:00.000Z' };
const awaitingApproval = { added: ['34.0.0.0/20'], removed: [] };
const waiting = quietTarget({
  outcome: 'awaiting-approval',
  planId: PLAN,
  awaitingApproval,
  error: 'Awaiting approval: too much',
});

const undiscovered = quietTarget({ id: DISCOVERY_FAILURE, outcome: 'failed', error: 'throttled' });

describe('a result with a declined plan', () => {
  it('awaits no approval, and says what is not applied, who declined it and when', () => {
    expect(markDeclined(waiting, [decline])).toEqual(
      quietTarget({ awaitingApproval, declined: PLAN, declinedBy: 'Ann', declinedAt: decline.at }),
    );
  });

  it('keeps the changes that need no approval', () => {
    const changed = { ...waiting, outcome: 'changed', added: ['34.1.0.1/32'] } as const;
    expect(markDeclined(changed, [decline])).toMatchObject({
      outcome: 'changed',
      added: ['34.1.0.1/32'],
      declined: PLAN,
    });
  });

  it('is as it was if another plan was declined', () => {
    expect(markDeclined(waiting, [{ ...decline, planId: 'ba9876543210' }])).toBe(waiting);
  });

  it('is as it was if no plan awaits approval', () => {
    expect(markDeclined(quietTarget(), [decline])).toEqual(quietTarget());
  });

  it('is described in one line', () => {
    expect(declinedText(markDeclined(waiting, [decline]))).toBe(
      'plan 0123456789ab was declined by Ann on 2026-06-30 08:05 UTC',
    );
  });
});

describe('a decline', () => {
  const share = { region: 'us', inForce: 7, added: [], removed: [], pendingRemoval: [], awaitingApproval } as const;
  const there = markDeclined({ ...waiting, byRegion: [share] }, [decline]);
  const known = { ...decline, targetId: there.id, regions: ['us' as const] };
  const trusted = [freshFeed(), freshFeed({ region: 'eu' })];
  const us = [freshFeed({ error: 'HTTP 503' }), freshFeed({ region: 'eu' })];
  const eu = [freshFeed(), freshFeed({ region: 'eu', error: 'HTTP 503' })];
  const other = quietTarget({ outcome: 'awaiting-approval', planId: 'ba9876543210' });
  const failed = quietTarget({ outcome: 'failed', error: 'no access' });

  it('is recorded with the target and the Intercom regions of its plan', () => {
    expect(declinesAfter([decline], [quietTarget({ id: 'sg-1' }), there], trusted)).toEqual([known]);
  });

  it.each([
    ['lasts for as long as its plan is there', [there], trusted],
    ['lasts if its target failed, because nothing is known of its plan', [failed], trusted],
    ['lasts if the tagged targets could not be found, its own perhaps among them', [undiscovered], trusted],
    ['lasts if the feed of its region is untrusted, because then the plan may be hidden', [other], us],
  ])('%s', (_rule, targets, feeds) => {
    expect(declinesAfter([known], targets, feeds)).toEqual([known]);
  });

  it('lasts if any feed is untrusted and the region of its ranges is unknown', () => {
    const unknown = { ...known, regions: ['unknown' as const] };
    expect(declinesAfter([unknown], [other], eu)).toEqual([unknown]);
  });

  it.each([
    ['ends when the plan became another one', [other], trusted],
    ['ends when nothing is left to do', [quietTarget()], trusted],
    ['ends although another target failed', [other, { ...failed, id: 'sg-1' }], trusted],
    ['ends although the feed of another region is untrusted', [other], eu],
    ['ends when its target is a target no longer', [{ ...failed, id: 'sg-1' }], trusted],
    ['ends when the plan is approved after all, whatever the feeds', [quietTarget({ approved: PLAN })], us],
  ])('%s', (_rule, targets, feeds) => {
    expect(declinesAfter([known], targets, feeds)).toEqual([]);
  });
});
