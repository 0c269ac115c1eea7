import { parseRange } from '../../lambda/core/ranges/range';
import { DISCOVERY_FAILURE, DISCOVERY_TAG } from '../../lambda/shared/constants';
import { Account, permission } from './fixtures';
import { Harness, PUBLISHED, type Run, TABLE, TODAY, writes } from './harness';

let h: Harness;
beforeAll(async () => {
  h = await Harness.start();
});
beforeEach(() => h.reset());
afterAll(() => h?.stop());

const target = (run: Awaited<ReturnType<Harness['sync']>>, id: string) =>
  run.report.targets.find((candidate) => candidate.id === id);
const tag = (ports: string) => [{ Key: DISCOVERY_TAG, Value: ports }];
const US_WITHOUT_ONE = PUBLISHED.filter((range) => /^(34\.197|35|52\.44|52\.70)/.test(range));

describe('a first run', () => {
  it("a first run makes the stack's sets hold exactly the published ranges of every region", async () => {
    const { report, error } = await h.sync();
    expect(error).toBeUndefined();
    expect(report.outcome).toBe('changed');
    expect((await h.account.ipSet(h.ownV4)).addresses).toEqual(PUBLISHED);
    expect((await h.account.ipSet(h.ownV6)).addresses).toEqual([]);
  });

  it('a run reads only the feeds of the configured regions', async () => {
    h.settings = { ...h.settings, intercomRegions: ['eu'] };
    const { report } = await h.sync();
    expect(report.feeds.map((feed) => feed.region)).toEqual(['eu']);
    expect((await h.account.ipSet(h.ownV4)).addresses).toEqual([
      '54.216.9.3/32',
      '54.217.125.63/32',
      '54.246.173.113/32',
    ]);
  });

  it('a run never allows the ranges of another service of Intercom', async () => {
    const { report } = await h.sync();
    expect(JSON.stringify(report)).not.toMatch(/18\.97\.36|100\.26\.10|100\.28\.79/);
  });
});

describe('a run with nothing to do', () => {
  it('a run with nothing to do writes nothing and reads each target once', async () => {
    await h.account.makeGroup('tagged', tag('443'));
    await h.sync();
    const { report, calls } = await h.sync();
    expect(report.outcome).toBe('in-sync');
    expect(report.feeds.map((feed) => feed.status)).toEqual(['not-modified', 'not-modified', 'not-modified']);
    expect(writes(calls)).toEqual([]);
    expect([...calls].sort()).toEqual([
      'DescribeManagedPrefixLists',
      'DescribeSecurityGroupRules',
      'DescribeSecurityGroups',
      'GetIPSet',
      'GetIPSet',
      'GetResources',
      'Scan',
    ]);
    expect(report.targets.map(({ apiCalls }) => apiCalls)).toEqual([1, 1, 1]);
  });

  it('a rewritten feed with the same ranges is recorded without a write to any target', async () => {
    await h.sync();
    await h.publish('eu', ['54.216.9.3/32', '54.217.125.63/32', '54.246.173.113/32'], '2026-07-01');
    const { report, calls } = await h.sync('apply', '2026-07-01');
    expect(report.outcome).toBe('in-sync');
    expect(writes(calls)).toEqual(['UpdateItem', 'PutItem', 'UpdateItem']);
    expect((await h.sync('apply', '2026-07-01')).report.feeds[1]?.status).toBe('not-modified');
  });
});

describe('plan mode', () => {
  it('plan mode reports what would change and writes nothing, not even state', async () => {
    const { report, calls } = await h.sync('plan');
    expect(report).toMatchObject({ mode: 'plan', outcome: 'planned' });
    expect(target(await h.sync('plan'), h.ownV4)).toMatchObject({
      outcome: 'planned',
      added: expect.arrayContaining(PUBLISHED),
    });
    expect(writes(calls)).toEqual([]);
    expect((await h.account.ipSet(h.ownV4)).addresses).toEqual([]);
  });
});

describe('a changed feed', () => {
  beforeEach(() => h.sync());

  it('a changed feed changes exactly the ranges that differ', async () => {
    await h.publish('us', [...US_WITHOUT_ONE, '34.195.12.34/32']);
    const run = await h.sync();
    expect(target(run, h.ownV4)).toMatchObject({
      outcome: 'changed',
      added: ['34.195.12.34/32'],
      removed: ['34.231.68.152/32'],
      drift: [],
    });
    const expected = [...PUBLISHED.filter((range) => range !== '34.231.68.152/32'), '34.195.12.34/32'].sort();
    expect((await h.account.ipSet(h.ownV4)).addresses).toEqual(expected);
  });

  it('IPv6 ranges are added to the IPv6 set and to no other', async () => {
    await h.publish('eu', ['54.216.9.3/32', '54.217.125.63/32', '54.246.173.113/32', '2600:1f18:1234::/48']);
    await h.sync();
    expect((await h.account.ipSet(h.ownV6)).addresses).toEqual(['2600:1f18:1234::/48']);
    expect((await h.account.ipSet(h.ownV4)).addresses).toEqual(PUBLISHED);
  });

  it.each([
    ['gone', () => h.unpublish('us'), 'failed'],
    ['HTML', () => h.publishText('us', '<html>maintenance</html>'), 'invalid'],
    ['truncated', () => h.publishText('us', '{"ip_ranges":[{"range":"34.197.'), 'invalid'],
    ['an empty list', () => h.publish('us', []), 'invalid'],
    ['of an earlier date', () => h.publish('us', ['34.197.76.213/32'], '2026-06-01'), 'stale'],
    ['with /0', () => h.publish('us', ['34.197.76.213/32', '0.0.0.0/0']), 'fresh'],
    ['with a private range', () => h.publish('us', ['34.197.76.213/32', '10.0.0.0/24']), 'fresh'],
    ['with garbage in one entry', () => h.publish('us', ['34.197.76.213/32', '34.197.76.21334.231.68.152']), 'fresh'],
    [
      'of another region',
      () =>
        h.publishText('us', '{"ip_ranges":[{"range":"54.216.9.3/32","region":"EU","service":"INTERCOM-OUTBOUND"}]}'),
      'invalid',
    ],
    ['huge', () => h.publishText('us', `{"ip_ranges":[],"pad":"${'x'.repeat(1024 * 1024)}"}`), 'invalid'],
  ])('a US feed that is %s removes nothing, and holds up no other region', async (_name, spoil, status) => {
    await spoil();
    await h.publish('au', ['52.63.36.185/32', '3.104.68.152/32', '13.54.1.2/32']);
    const run = await h.sync();
    expect(run.error).toBeUndefined();
    expect(run.report.feeds[0]).toMatchObject({ region: 'us', status });
    expect(run.report.feeds[0]?.error).not.toBeNull();
    expect(target(run, h.ownV4)).toMatchObject({ added: ['13.54.1.2/32'], removed: ['52.64.2.165/32'] });
    const expected = [...PUBLISHED.filter((range) => range !== '52.64.2.165/32'), '13.54.1.2/32'].sort();
    expect((await h.account.ipSet(h.ownV4)).addresses).toEqual(expected);
  });

  it('when every feed fails, every range stays in force and the run fails with every reason', async () => {
    for (const region of ['us', 'eu', 'au'] as const) await h.unpublish(region);
    const { error, calls } = await h.sync();
    expect(error).toMatch(/No feed could be used.*us: GET .*HTTP 404.*eu: .*au: /);
    expect(writes(calls)).toEqual([]);
    expect((await h.account.ipSet(h.ownV4)).addresses).toEqual(PUBLISHED);
  });

  it('the good entries of an untrusted feed are still added', async () => {
    await h.publish('us', ['34.195.12.34/32', 'garbage']);
    expect(target(await h.sync(), h.ownV4)).toMatchObject({ added: ['34.195.12.34/32'], removed: [] });
  });

  it('a range of an untrusted region stays even if another region also published it and no longer does', async () => {
    await h.publish('eu', ['54.216.9.3/32', '13.54.1.2/32', 'garbage']);
    await h.sync();
    await h.publish('us', ['34.197.76.213/32', '13.54.1.2/32']);
    await h.sync();
    await h.unpublish('eu');
    await h.publish('us', ['34.197.76.213/32']);
    await h.sync();
    expect((await h.account.ipSet(h.ownV4)).addresses).toContain('13.54.1.2/32');
  });

  it('the ranges of a region that is no longer configured are removed by the next run', async () => {
    h.settings = { ...h.settings, intercomRegions: ['us', 'eu'] };
    expect(target(await h.sync(), h.ownV4)).toMatchObject({
      removed: ['3.104.68.152/32', '52.63.36.185/32', '52.64.2.165/32'],
    });
  });

  it('an entry removed from an exclusive set comes back, an entry added by others is removed, and both are reported as drift', async () => {
    await h.account.setAddresses(h.ownV4, [...PUBLISHED.slice(1), '198.51.100.7/32']);
    expect(target(await h.sync(), h.ownV4)).toMatchObject({
      added: [PUBLISHED[0]],
      removed: ['198.51.100.7/32'],
      drift: [PUBLISHED[0], '198.51.100.7/32'],
    });
    expect((await h.account.ipSet(h.ownV4)).addresses).toEqual(PUBLISHED);
  });
});

describe('the last range of a family', () => {
  it('the last range of an address family is never removed from a target', async () => {
    await h.publish('eu', ['54.216.9.3/32', '2600:1f18:1234::/48']);
    await h.sync();
    await h.publish('eu', ['54.216.9.3/32']);
    const run = await h.sync();
    expect(target(run, h.ownV6)).toMatchObject({
      outcome: 'awaiting-approval',
      removed: [],
      error: expect.stringContaining('empty'),
    });
    expect((await h.account.ipSet(h.ownV6)).addresses).toEqual(['2600:1f18:1234::/48']);
  });
});

describe("somebody else's IP set", () => {
  it('an IP set of others gets the missing ranges, loses only managed entries, and keeps its description and all other entries', async () => {
    const arn = await h.account.makeIpSet('theirs', ['198.51.100.0/24', '34.197.76.213/32', '54.216.0.0/16']);
    h.addTarget({ kind: 'ip-set', id: arn });
    await h.sync();
    const covered = ['34.197.76.213/32', '54.216.9.3/32'];
    const added = PUBLISHED.filter((range) => !covered.includes(range));
    const theirs = ['198.51.100.0/24', '34.197.76.213/32', '54.216.0.0/16'];
    expect((await h.account.ipSet(arn)).addresses).toEqual([...theirs, ...added].sort());

    await h.publish('us', ['35.169.138.21/32']);
    await h.sync();
    const left = added.filter((range) => !/^(34|35\.171|52\.44|52\.70)/.test(range));
    expect(await h.account.ipSet(arn)).toMatchObject({
      addresses: [...theirs, ...left].sort(),
      description: 'made by hand: theirs',
    });
  });
});

describe('a security group', () => {
  it('a tagged security group is a target: one rule per range and port, with the owner tag and a readable description', async () => {
    const id = await h.account.makeGroup('tagged', tag('443, 8443'));
    h.settings = { ...h.settings, intercomRegions: ['eu'] };
    const run = await h.sync();
    expect(target(run, id)).toMatchObject({ kind: 'security-group', outcome: 'changed', apiCalls: 2 });
    const description = `(Intercom EU webhooks, feed of ${TODAY}) owner=Test`;
    const cidrs = ['54.216.9.3/32', '54.217.125.63/32', '54.246.173.113/32'];
    expect(await h.account.rules(id)).toEqual(
      ['443', '8443'].flatMap((port) => cidrs.map((cidr) => `${port} ${cidr} ${description}`)),
    );
  });

  it('a named security group is a target at the configured ports', async () => {
    const id = await h.account.makeGroup('named');
    h.settings = { ...h.settings, intercomRegions: ['au'] };
    h.addTarget({ kind: 'security-group', id, ports: [8443] });
    await h.sync();
    expect((await h.account.rules(id)).map((rule) => rule.split(' ').slice(0, 2).join(' '))).toEqual([
      '8443 3.104.68.152/32',
      '8443 52.63.36.185/32',
      '8443 52.64.2.165/32',
    ]);
  });

  it('a security group gets separate rules for IPv6 ranges', async () => {
    const id = await h.account.makeGroup('tagged', tag('443'));
    h.settings = { ...h.settings, intercomRegions: ['eu'] };
    await h.publish('eu', ['54.216.9.3/32', '2600:1f18:1234::/56']);
    await h.sync();
    const rules = async () => (await h.account.rules(id)).map((rule) => rule.split(' ').slice(0, 2).join(' '));
    expect(await rules()).toEqual(['443 2600:1f18:1234::/56', '443 54.216.9.3/32']);
    await h.publish('eu', ['54.216.9.3/32']);
    await h.sync();
    expect(await rules()).toEqual(['443 54.216.9.3/32']);
  });

  it('a security group that is neither named nor tagged is never changed', async () => {
    const id = await h.account.makeGroup('bystander');
    await h.sync();
    expect(await h.account.rules(id)).toEqual([]);
  });

  it('a security group keeps the rules of others and gets no rule for ranges that they cover', async () => {
    const id = await h.account.makeGroup('tagged', tag('443'));
    await h.account.allow(id, permission(22, '198.51.100.7/32', 'office'));
    await h.account.allow(id, permission(443, '54.216.0.0/16', 'somebody covers one of ours'));
    await h.account.allow(id, permission(443, '52.63.36.185/32', 'by hand'));
    await h.sync();
    const rules = await h.account.rules(id);
    expect(rules).toContain('22 198.51.100.7/32 (office)');
    expect(rules).toContain('443 52.63.36.185/32 (by hand)');
    expect(rules.filter((rule) => rule.includes('owner='))).toHaveLength(10);

    await h.publish('au', ['13.54.1.2/32']);
    await h.sync();
    const after = await h.account.rules(id);
    expect(after).toContain('443 52.63.36.185/32 (by hand)');
    expect(after.filter((rule) => /52\.64\.2\.165|3\.104\.68\.152/.test(rule))).toEqual([]);
  });

  it('if adding rules fails, no rule is revoked', async () => {
    const id = await h.account.makeGroup('tagged', tag('443'));
    await h.sync();
    await h.publish('au', ['13.54.1.2/32']);
    h.moto.proxy.fault = (call) =>
      call.startsWith('Authorize') ? { code: 'RulesPerSecurityGroupLimitExceeded' } : undefined;
    const run = await h.sync();
    expect(target(run, id)).toMatchObject({ outcome: 'failed', error: expect.stringContaining('The target is full') });
    expect(run.calls).not.toContain('RevokeSecurityGroupIngress');
    expect((await h.account.rules(id)).filter((rule) => /52\.64\.2\.165/.test(rule))).toHaveLength(1);

    h.moto.proxy.clear();
    expect(target(await h.sync(), id)).toMatchObject({ outcome: 'changed', added: ['13.54.1.2/32'], drift: [] });
  });

  it('a security group at its quota loses no rule of others, and the other targets are updated', async () => {
    const id = await h.account.makeGroup('full', tag('443'));
    for (let i = 0; i < 55; i++) await h.account.allow(id, permission(22, `198.51.100.${i}/32`, 'others'));
    const run = await h.sync();
    expect(run.error).toMatch(
      /Target sg-\w+: 67 entries would be needed, and 60 are allowed \(rules per security group/,
    );
    expect((await h.account.rules(id)).filter((rule) => rule.endsWith('(others)'))).toHaveLength(55);
    expect((await h.account.ipSet(h.ownV4)).addresses).toEqual(PUBLISHED);
  });

  it('a security group whose tag is not a list of ports is one failed target with a clear error', async () => {
    const id = await h.account.makeGroup('tagged', tag('https'));
    const run = await h.sync();
    expect(target(run, id)).toMatchObject({
      outcome: 'failed',
      error: expect.stringMatching(/"https" is not allowed.*1 to 65535/),
    });
    expect((await h.account.ipSet(h.ownV4)).addresses).toEqual(PUBLISHED);
  });

  it('a security group keeps its rules while its tag cannot be read as ports', async () => {
    const id = await h.account.makeGroup('named and tagged', tag('8443'));
    h.addTarget({ kind: 'security-group', id, ports: [443] });
    await h.sync();
    const rules = await h.account.rules(id);
    h.moto.proxy.fault = (call) => (call === 'DescribeSecurityGroups' ? { code: 'UnauthorizedOperation' } : undefined);
    expect(target(await h.sync(), id)).toMatchObject({ outcome: 'failed' });
    expect(await h.account.rules(id)).toEqual(rules);
  });

  it('if revoking rules fails, the record still holds what was added', async () => {
    const id = await h.account.makeGroup('tagged', tag('443'));
    await h.sync();
    await h.publish('us', [...US_WITHOUT_ONE, '34.195.12.34/32']);
    h.moto.proxy.fault = (call) => (call.startsWith('Revoke') ? { code: 'UnauthorizedOperation' } : undefined);
    expect(target(await h.sync(), id)).toMatchObject({
      outcome: 'failed',
      added: ['34.195.12.34/32'],
      removed: [],
      error: expect.stringContaining('Ranges that were to be removed are still allowed'),
    });
  });

  it('a managed rule that was widened is made narrow again', async () => {
    const id = await h.account.makeGroup('tagged', tag('443'));
    h.settings = { ...h.settings, intercomRegions: ['au'] };
    await h.sync();
    await h.account.widenRule(id, '52.64.2.165/32', 1, 65535);
    await h.sync();
    expect((await h.account.rules(id)).map((rule) => rule.split(' ').slice(0, 2).join(' '))).toEqual([
      '443 3.104.68.152/32',
      '443 52.63.36.185/32',
      '443 52.64.2.165/32',
    ]);
  });
});

describe('extraRanges', () => {
  const OFFICE = parseRange('8.8.8.0/24');
  const OFFICE_TEXT = '8.8.8.0/24';

  beforeEach(() => {
    h.settings = { ...h.settings, extraRanges: [OFFICE], removalGraceHours: 24, maxRemovalShare: 0.1 };
  });

  it('are in the exclusive targets only, reported as of "extra", and need no approval', async () => {
    const shared = await h.account.makeIpSet('shared', []);
    h.addTarget({ kind: 'ip-set', id: shared });
    h.settings = { ...h.settings, extraRanges: [OFFICE, parseRange('8.8.16.0/20')] };
    const run = await h.sync();
    expect(run.error).toBeUndefined();
    expect((await h.account.ipSet(h.ownV4)).addresses).toEqual([...PUBLISHED, OFFICE_TEXT, '8.8.16.0/20'].sort());
    expect((await h.account.ipSet(shared)).addresses).toEqual(PUBLISHED);
    expect(target(run, h.ownV4)?.byRegion.find(({ region }) => region === 'extra')).toMatchObject({
      inForce: 2,
      added: [OFFICE_TEXT, '8.8.16.0/20'],
    });
    expect((await h.sync()).report.outcome).toBe('in-sync');
  });

  it('are in an exclusive security group too, which keeps the rules of others', async () => {
    const [own, shared] = [await h.account.makeGroup('own'), await h.account.makeGroup('shared')];
    await h.account.allow(own, permission(443, '198.51.100.7/32', 'by hand'));
    h.addTarget({ kind: 'security-group', id: own, ports: [443], exclusive: true });
    h.addTarget({ kind: 'security-group', id: shared, ports: [443] });
    const ranges = async (id: string) => (await h.account.rules(id)).map((rule) => rule.split(' ')[1]).sort();
    await h.sync();
    expect(await ranges(own)).toEqual([...PUBLISHED, OFFICE_TEXT, '198.51.100.7/32'].sort());
    expect(await ranges(shared)).toEqual(PUBLISHED);
    h.settings = { ...h.settings, extraRanges: [] };
    await h.sync();
    expect(await ranges(own)).toEqual([...PUBLISHED, '198.51.100.7/32'].sort());
  });

  it('leave at the next sync when they are taken out of the configuration, without grace or approval', async () => {
    await h.sync();
    h.settings = { ...h.settings, extraRanges: [] };
    const run = await h.sync();
    expect(target(run, h.ownV4)).toMatchObject({ outcome: 'changed', removed: [OFFICE_TEXT], pendingRemoval: [] });
    expect((await h.account.ipSet(h.ownV4)).addresses).toEqual(PUBLISHED);
  });

  it('that a feed publishes too stay for as long as it does, and for its grace', async () => {
    const [published = ''] = PUBLISHED;
    h.settings = { ...h.settings, extraRanges: [parseRange(published)] };
    await h.sync();
    h.settings = { ...h.settings, extraRanges: [] };
    expect((await h.sync()).report.outcome).toBe('in-sync');
    expect((await h.account.ipSet(h.ownV4)).addresses).toEqual(PUBLISHED);
  });
});

describe('an IP set with the discovery tag', () => {
  const US = PUBLISHED.filter((range) => /^3[45]\.|^52\.(44|70)/.test(range));

  it('is found without any configuration, in one call for all of them, and filled', async () => {
    const Tags = [{ Key: DISCOVERY_TAG, Value: '' }];
    const first = await h.account.makeIpSet('tagged-1', [], 'IPV4', { Tags });
    const second = await h.account.makeIpSet('tagged-2', ['198.51.100.0/24'], 'IPV4', { Tags });
    const run = await h.sync();
    expect(run.error).toBeUndefined();
    expect((await h.account.ipSet(first)).addresses).toEqual(PUBLISHED);
    expect((await h.account.ipSet(second)).addresses).toEqual([...PUBLISHED, '198.51.100.0/24'].sort());
    expect(run.calls.filter((call) => call === 'GetResources')).toHaveLength(1);
  });

  it('with another value is one failed target that says what is allowed', async () => {
    const Tags = [{ Key: DISCOVERY_TAG, Value: '443' }];
    const id = await h.account.makeIpSet('tagged', [], 'IPV4', { Tags });
    const run = await h.sync();
    expect(target(run, id)).toMatchObject({
      outcome: 'failed',
      error: expect.stringMatching(/"443" is not allowed\. Allowed: no value, or "list"/),
    });
    expect((await h.account.ipSet(h.ownV4)).addresses).toEqual(PUBLISHED);
  });

  it('is not served while the tags cannot be read, and the named targets are', async () => {
    h.moto.proxy.fault = (call) => (call === 'GetResources' ? { code: 'AccessDeniedException' } : undefined);
    const run = await h.sync();
    expect(target(run, DISCOVERY_FAILURE)).toMatchObject({ kind: 'ip-set', outcome: 'failed' });
    expect((await h.account.ipSet(h.ownV4)).addresses).toEqual(PUBLISHED);
  });

  it('of CloudFront is filled in us-east-1 by a stack in another AWS Region that names one there', async () => {
    const named = await h.account.makeIpSet('cloudfront', [], 'IPV4', { Scope: 'CLOUDFRONT' });
    const Tags = [{ Key: DISCOVERY_TAG, Value: 'list' }];
    const tagged = await h.account.makeIpSet('cloudfront-tagged', [], 'IPV4', { Scope: 'CLOUDFRONT', Tags });
    h.settings = { ...h.settings, targets: [], intercomRegions: ['us'] };
    h.aws = { region: 'eu-west-1' };
    await new Account({ ...h.moto.direct, region: 'eu-west-1' }).makeStateTable(TABLE);
    h.addTarget({ kind: 'ip-set', id: named });
    const run = await h.sync();
    expect(run.error).toBeUndefined();
    expect((await h.account.ipSet(named)).addresses).toEqual(US);
    expect((await h.account.ipSet(tagged)).addresses).toEqual(US);
  });
});

describe('AWS says no', () => {
  it.each([
    [
      'a set that does not exist',
      () => 'arn:aws:wafv2:us-east-1:123456789012:regional/ipset/gone/00000000-0000-0000-0000-000000000000',
      /does not exist/,
    ],
    [
      'an ARN of something else',
      () => 'arn:aws:wafv2:us-east-1:123456789012:regional/webacl/x/y',
      /Allowed: the ARN of a regional WAF IP set, or of a global one in us-east-1/,
    ],
  ])('%s is one clear failed target, and the others are served', async (_name, arn, expected) => {
    h.addTarget({ kind: 'ip-set', id: arn() });
    const run = await h.sync();
    expect(run.report.outcome).toBe('failed');
    expect(target(run, arn())).toMatchObject({ outcome: 'failed', error: expect.stringMatching(expected) });
    expect((await h.account.ipSet(h.ownV4)).addresses).toEqual(PUBLISHED);
  });

  it('a target that does not exist is one failed target with a clear error, and the others are updated', async () => {
    h.addTarget({ kind: 'security-group', id: 'sg-0123456789abcdef0', ports: [443] });
    const run = await h.sync();
    expect(target(run, 'sg-0123456789abcdef0')).toMatchObject({
      outcome: 'failed',
      error: expect.stringMatching(/does not exist/),
    });
    expect((await h.account.ipSet(h.ownV4)).addresses).toEqual(PUBLISHED);
  });

  it.each([
    ['UpdateIPSet', 'AccessDeniedException', /permissions boundary/],
    ['GetIPSet', 'AccessDeniedException', /permissions boundary/],
  ])('access denied to %s: what happened, what it means, what to do', async (call, code, advice) => {
    h.moto.proxy.fault = (name) => (name === call ? { code } : undefined);
    const run = await h.sync();
    expect(run.error).toMatch(advice);
    expect(run.error).toMatch(/stays in force/);
    expect((await h.account.ipSet(h.ownV4)).addresses).toEqual([]);
  });

  it.each(['Scan', 'UpdateItem', 'PutItem'])(
    'no %s of the state table: nothing is changed, and why is said',
    async (call) => {
      h.moto.proxy.fault = (name) => (name === call ? { code: 'ResourceNotFoundException' } : undefined);
      const { error } = await h.sync();
      expect(error).toMatch(/Could not (read|write) state table state: ResourceNotFoundException.*stay in force/);
      expect((await h.account.ipSet(h.ownV4)).addresses).toEqual([]);
    },
  );

  it('throttled calls are retried until they succeed', async () => {
    let left = 2;
    h.moto.proxy.fault = (call) => (call === 'UpdateIPSet' && left-- > 0 ? { code: 'ThrottlingException' } : undefined);
    const run = await h.sync();
    expect(run.error).toBeUndefined();
    expect(target(run, h.ownV4)).toMatchObject({ apiCalls: 4, throttled: 2, conflicts: 0 });
    expect((await h.account.ipSet(h.ownV4)).addresses).toEqual(PUBLISHED);
  });
});

describe('contention', () => {
  it('a set that changed since it was read is read and planned again', async () => {
    let raced = false;
    h.moto.proxy.before = async (call) => {
      if (call !== 'UpdateIPSet' || raced) return;
      raced = true;
      await h.account.setAddresses(h.ownV4, ['198.51.100.7/32']);
    };
    const run = await h.sync();
    expect(run.error).toBeUndefined();
    expect(run.calls.filter((call) => call === 'UpdateIPSet')).toHaveLength(2);
    expect(target(run, h.ownV4)).toMatchObject({ conflicts: 1, throttled: 0 });
    expect((await h.account.ipSet(h.ownV4)).addresses).toEqual(PUBLISHED);
  });

  it('a rule that was added between reading and writing stays unmanaged', async () => {
    const id = await h.account.makeGroup('tagged', tag('443'));
    let raced = false;
    h.moto.proxy.before = async (call) => {
      if (call !== 'AuthorizeSecurityGroupIngress' || raced) return;
      raced = true;
      await h.account.allow(id, permission(443, '52.64.2.165/32', 'by hand'));
    };
    const run = await h.sync();
    expect(run.error).toBeUndefined();
    const rules = await h.account.rules(id);
    expect(rules).toHaveLength(12);
    expect(rules).toContain('443 52.64.2.165/32 (by hand)');
  });

  it('an entry that others add to a shared set or list between reading and writing stays unmanaged', async () => {
    const range = '34.231.68.152/32';
    const set = await h.account.makeIpSet('theirs', ['198.51.100.0/24']);
    const list = await h.account.makePrefixList('theirs', 20);
    h.addTarget({ kind: 'ip-set', id: set });
    h.addTarget({ kind: 'prefix-list', id: list });
    // The stack's own sets are in sync, so that only the shared ones are written.
    h.settings = { ...h.settings, targets: h.settings.targets.filter(({ exclusive }) => !exclusive) };
    const raced = new Set<string>();
    h.moto.proxy.before = async (call) => {
      if (raced.has(call)) return;
      raced.add(call);
      if (call === 'UpdateIPSet') await h.account.setAddresses(set, ['198.51.100.0/24', range]);
      if (call === 'ModifyManagedPrefixList') await h.account.addToPrefixList(list, range);
    };
    const run = await h.sync();
    expect(run.error).toBeUndefined();
    expect([target(run, set), target(run, list)]).toMatchObject([{ conflicts: 1 }, { conflicts: 1 }]);
    await h.publish('us', US_WITHOUT_ONE);
    expect(await h.sync()).toMatchObject({ report: { outcome: 'in-sync' } });
    expect((await h.account.ipSet(set)).addresses).toContain(range);
    expect(await h.account.prefixListEntries(list)).toContain(`${range} (by hand)`);
  });

  it('an entry that others add to a shared set before every write stays unmanaged although the run fails', async () => {
    const range = '34.231.68.152/32';
    const set = await h.account.makeIpSet('theirs', []);
    h.addTarget({ kind: 'ip-set', id: set });
    let count = 0;
    const others = () => [range, ...Array.from({ length: count }, (_, i) => `198.51.100.${i}/32`)];
    h.moto.proxy.fault = (call) => (call === 'UpdateIPSet' && count >= 5 ? { code: 'Killed' } : undefined);
    h.settings = { ...h.settings, targets: h.settings.targets.filter(({ exclusive }) => !exclusive) };
    h.moto.proxy.before = async (call) => {
      if (call === 'UpdateIPSet' && count++ < 5) await h.account.setAddresses(set, others());
    };
    expect((await h.sync()).error).toMatch(/something else had changed it first/);
    h.moto.proxy.clear();
    await h.publish('us', US_WITHOUT_ONE);
    expect((await h.sync()).error).toBeUndefined();
    expect((await h.account.ipSet(set)).addresses).toContain(range);
  });

  it.each(['after', 'twice'])(
    'entries added to a list by a change whose response was lost (%s) are still managed',
    async (kind) => {
      const list = await h.account.makePrefixList('theirs', 20);
      h.addTarget({ kind: 'prefix-list', id: list });
      let left = 1;
      const fault = kind === 'twice' ? { twice: true as const } : { drop: 'after' as const };
      h.moto.proxy.fault = (call) => (call === 'ModifyManagedPrefixList' && left-- > 0 ? fault : undefined);
      expect((await h.sync()).error).toBeUndefined();
      await h.publish('us', US_WITHOUT_ONE);
      expect(target(await h.sync(), list)).toMatchObject({ removed: ['34.231.68.152/32'] });
    },
  );

  it('entries added by an update whose response was lost are still managed', async () => {
    await h.sync();
    const arn = await h.account.makeIpSet('theirs', ['198.51.100.0/24']);
    h.addTarget({ kind: 'ip-set', id: arn });
    let left = 1;
    h.moto.proxy.fault = (call) => (call === 'UpdateIPSet' && left-- > 0 ? { drop: 'after' } : undefined);
    expect((await h.sync()).error).toBeUndefined();
    expect((await h.account.ipSet(arn)).addresses).toEqual(['198.51.100.0/24', ...PUBLISHED].sort());
    await h.publish('us', US_WITHOUT_ONE);
    expect(target(await h.sync(), arn)).toMatchObject({ removed: ['34.231.68.152/32'] });
  });

  it('a set that changes before every write fails after five tries', async () => {
    let acquire = 0;
    h.moto.proxy.before = async (call) => {
      if (call === 'UpdateIPSet') await h.account.setAddresses(h.ownV4, [`198.51.100.${acquire++}/32`]);
    };
    const run = await h.sync();
    expect(run.error).toMatch(/something else had changed it first/);
    expect(run.calls.filter((call) => call === 'UpdateIPSet')).toHaveLength(5);
  });

  it('a run that started while another was writing plans again instead of failing', async () => {
    await h.publish('us', PUBLISHED.slice(1, 3));
    await h.sync();
    await h.publish('us', ['34.195.12.34/32', '34.197.76.213/32']);
    let second: Promise<Run> | undefined;
    h.moto.proxy.before = async (call) => {
      if (call !== 'UpdateIPSet' || second) return;
      // It reads the state while this one holds the lease and is about to write.
      const read = new Promise<void>((resolve) => {
        h.moto.proxy.before = async (next) => {
          if (next.startsWith('GetIPSet')) resolve();
        };
      });
      second = h.sync();
      await read;
    };
    expect((await h.sync()).error).toBeUndefined();
    expect((await second)?.error).toBeUndefined();
    expect((await second)?.report.outcome).toBe('in-sync');
  });

  it('two concurrent runs end in the same state as one run', async () => {
    await h.account.makeGroup('tagged', tag('443'));
    const runs = await Promise.all([h.sync(), h.sync()]);
    expect(runs.map((run) => run.error)).toEqual([undefined, undefined]);
    expect((await h.account.ipSet(h.ownV4)).addresses).toEqual(PUBLISHED);
    const { report, calls } = await h.sync();
    expect(report.outcome).toBe('in-sync');
    expect(writes(calls)).toEqual([]);
  });
});
