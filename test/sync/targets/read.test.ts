import { EC2Client } from '@aws-sdk/client-ec2';
import { formatRange } from '../../../lambda/core/ranges/range';
import { PrefixListTarget } from '../../../lambda/sync/targets/prefix-list/prefix-list-target';
import { SecurityGroupTarget } from '../../../lambda/sync/targets/security-group/security-group-target';

/**
 * A client that answers each operation with its pages in order.
 *
 * @param isMissing whether the request names something that does not exist
 */
function paging(
  answers: Readonly<Record<string, readonly object[]>>,
  isMissing: (input: object) => boolean = () => false,
): EC2Client {
  const client = new EC2Client({});
  const asked: Record<string, number> = {};
  jest.spyOn(client, 'send').mockImplementation(async ({ constructor: { name }, input }) => {
    if (isMissing(input)) throw Object.assign(new Error('not found'), { name: 'InvalidPrefixListID.NotFound' });
    const operation = name.replace(/Command$/, '');
    const page = asked[operation] ?? 0;
    asked[operation] = page + 1;
    const pages = answers[operation] ?? [];
    const next = page + 1 < pages.length ? { NextToken: `page ${page + 1}` } : {};
    return { ...pages[page], ...next, $metadata: { attempts: 1 } };
  });
  return client;
}

describe('a target is read to its last page', () => {
  const rule = (id: string, source: object) => ({
    SecurityGroupRuleId: id,
    IsEgress: false,
    IpProtocol: 'tcp',
    FromPort: 443,
    ToPort: 443,
    ...source,
  });

  it('for the rules of a security group, and the prefix lists that they reference with their entries', async () => {
    const client = paging({
      DescribeSecurityGroupRules: [
        { SecurityGroupRules: [rule('sgr-1', { CidrIpv4: '34.0.0.1/32' })] },
        { SecurityGroupRules: [] },
        { SecurityGroupRules: [rule('sgr-2', { CidrIpv4: '34.0.0.3/32' }), rule('sgr-3', { PrefixListId: 'pl-2' })] },
      ],
      DescribeManagedPrefixLists: [
        { PrefixLists: [] },
        { PrefixLists: [{ PrefixListId: 'pl-2', AddressFamily: 'IPv4', MaxEntries: 20 }] },
      ],
      GetManagedPrefixListEntries: [{ Entries: [{ Cidr: '34.0.0.5/32' }] }, { Entries: [{ Cidr: '34.0.0.7/32' }] }],
    });
    const target = new SecurityGroupTarget(client, {
      id: 'sg-1',
      ports: [443],
      exclusive: false,
      owner: 'Test',
      maxRules: 60,
      exists: false,
      listEntries: new Map(),
    });
    const { entries, capacity, references } = await target.read([]);
    expect(entries.map(({ range }) => formatRange(range))).toEqual(['34.0.0.1/32', '34.0.0.3/32']);
    expect(references?.map(({ id, ranges }) => [id, ranges?.map(formatRange)])).toEqual([
      ['pl-2', ['34.0.0.5/32', '34.0.0.7/32']],
    ]);
    expect(capacity).toMatchObject({ limit: 60, used: { 4: 22, 6: 0 } });
    expect(target.apiCalls).toBe(7);
  });

  it('although a rule references a prefix list that is no longer shared: it weighs one rule, and its entries are unknown', async () => {
    const rules = [rule('sgr-1', { CidrIpv4: '34.0.0.1/32' }), rule('sgr-2', { PrefixListId: 'pl-gone' })];
    const answers = { DescribeSecurityGroupRules: [{ SecurityGroupRules: rules }] };
    const client = paging(
      { ...answers, DescribeManagedPrefixLists: [{ PrefixLists: [] }] },
      (input) => 'PrefixListIds' in input || 'PrefixListId' in input,
    );
    const options = { id: 'sg-1', ports: [443], exclusive: false, owner: 'Test', maxRules: 60, exists: false };
    const target = new SecurityGroupTarget(client, { ...options, listEntries: new Map() });
    const { entries, capacity, references } = await target.read([]);
    expect(entries.map(({ range }) => formatRange(range))).toEqual(['34.0.0.1/32']);
    expect(capacity.used).toEqual({ 4: 2, 6: 1 });
    expect(references).toMatchObject([{ id: 'pl-gone', ranges: undefined, ports: [443] }]);
  });

  it('for the entries of a prefix list', async () => {
    const list = { PrefixListId: 'pl-1', State: 'create-complete', Version: 7, MaxEntries: 30, AddressFamily: 'IPv4' };
    const client = paging({
      DescribeManagedPrefixLists: [{ PrefixLists: [list] }],
      GetManagedPrefixListEntries: [
        { Entries: [{ Cidr: '34.0.0.1/32' }] },
        { Entries: [] },
        { Entries: [{ Cidr: '34.0.0.3/32' }] },
      ],
    });
    const { entries, capacity } = await new PrefixListTarget(client, { id: 'pl-1', exclusive: true }).read([]);
    expect(entries.map(({ range }) => formatRange(range))).toEqual(['34.0.0.1/32', '34.0.0.3/32']);
    expect(capacity).toMatchObject({ limit: 30, used: { 4: 2, 6: 0 } });
  });
});
