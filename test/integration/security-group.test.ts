import { DISCOVERY_TAG } from '../../lambda/shared/constants';
import { permission } from './fixtures';
import { Harness, PUBLISHED, type Run, writes } from './harness';

let h: Harness;
let id: string;
beforeAll(async () => {
  h = await Harness.start();
});
beforeEach(async () => {
  await h.reset();
  id = await h.account.makeGroup('tagged', [{ Key: DISCOVERY_TAG, Value: '443' }]);
});
afterAll(() => h?.stop());

const target = (run: Run) => run.report.targets.find((candidate) => candidate.id === id);
const ranges = async () => (await h.account.rules(id)).map((rule) => rule.split(' ')[1]);
const US = PUBLISHED.filter((range) => /^(34|35|52\.44|52\.70)/.test(range));

/** EC2's reads lag behind: these ranges are in no answer about rules. */
function hideRules(hidden: readonly string[]): void {
  h.moto.proxy.alter = (call, answer) =>
    call === 'DescribeSecurityGroupRules'
      ? hidden.reduce((text, range) => text.replaceAll(`<cidrIpv4>${range}</cidrIpv4>`, ''), answer)
      : answer;
}

describe('a rule that exists although no read shows it', () => {
  const THEIRS = '52.64.2.165/32';

  it('is not added, and all other rules are', async () => {
    await h.account.allow(id, permission(443, THEIRS, 'by hand'));
    hideRules([THEIRS]);
    const run = await h.sync();
    const added = PUBLISHED.filter((range) => range !== THEIRS);
    expect(target(run)).toMatchObject({ outcome: 'changed', added, error: null });
    expect(await h.account.rules(id)).toContain(`443 ${THEIRS} (by hand)`);
    expect(await ranges()).toEqual(PUBLISHED);
  });

  it('is never removed if somebody else added it', async () => {
    await h.account.allow(id, permission(443, THEIRS, 'by hand'));
    hideRules([THEIRS]);
    await h.sync();
    await h.publish('au', ['3.104.68.152/32']);
    expect(target(await h.sync())).toMatchObject({ removed: ['52.63.36.185/32'] });
    hideRules([]);
    expect(target(await h.sync())).toMatchObject({ outcome: 'in-sync', removed: [] });
    expect(await h.account.rules(id)).toContain(`443 ${THEIRS} (by hand)`);
  });

  it('stays managed if the sync added it', async () => {
    await h.sync();
    hideRules(PUBLISHED);
    expect(target(await h.sync())).toMatchObject({ outcome: 'in-sync', added: [], removed: [], drift: [] });
    hideRules([]);
    await h.publish('us', US.slice(1));
    expect(target(await h.sync())).toMatchObject({ outcome: 'changed', removed: US.slice(0, 1) });
  });

  it('does not make the next attempt add rules again that this run added', async () => {
    hideRules(PUBLISHED);
    // EC2 adds all rules of a call or none.
    h.moto.proxy.refuse = (call, body) =>
      call === 'AuthorizeSecurityGroupIngress' && body.includes(encodeURIComponent(THEIRS))
        ? { code: 'InvalidPermission.Duplicate' }
        : undefined;
    const run = await h.sync();
    expect(target(run)?.added).toHaveLength(11);
    // One call for all, then one per rule.
    expect(run.calls.filter((call) => call === 'AuthorizeSecurityGroupIngress')).toHaveLength(13);
  });
});

describe('a rule that is gone although a read shows it', () => {
  it('holds up no other removal, and fails nothing', async () => {
    await h.sync();
    const gone = await h.account.ruleId(id, US[0] ?? '');
    h.moto.proxy.refuse = (call, body) =>
      call === 'RevokeSecurityGroupIngress' && body.includes(gone)
        ? { code: 'InvalidSecurityGroupRuleId.NotFound' }
        : undefined;
    await h.publish('us', US.slice(2));
    expect(target(await h.sync())).toMatchObject({ outcome: 'changed', removed: US.slice(0, 2), error: null });
    expect(await ranges()).toEqual(PUBLISHED.filter((range) => range !== US[1]));
  });
});

it('a security group that another change holds up is read and planned again', async () => {
  let left = 1;
  h.moto.proxy.fault = (call) =>
    call === 'AuthorizeSecurityGroupIngress' && left-- > 0 ? { code: 'ConcurrentMutationLimitExceeded' } : undefined;
  const run = await h.sync();
  expect(target(run)).toMatchObject({ outcome: 'changed', added: PUBLISHED });
  expect(writes(run.calls)).toContain('AuthorizeSecurityGroupIngress');
});
