import { CreateTagsCommand, DescribeManagedPrefixListsCommand, EC2Client } from '@aws-sdk/client-ec2';
import { ListTagsForResourceCommand, TagResourceCommand, WAFV2Client } from '@aws-sdk/client-wafv2';
import { IpSetLifecycle, type IpSetProperties } from '../../lambda/custom-resources/ip-set';
import { PrefixListLifecycle, type PrefixListProperties } from '../../lambda/custom-resources/prefix-list';
import { OWNER_TAG } from '../../lambda/shared/constants';
import { Account } from './fixtures';
import { type Moto, startMoto } from './moto';

let moto: Moto;
let account: Account;
let lifecycle: IpSetLifecycle;

beforeAll(async () => {
  moto = await startMoto();
  account = new Account(moto.direct);
  lifecycle = new IpSetLifecycle(new WAFV2Client(moto.proxied));
});
beforeEach(() => moto.reset());
afterAll(() => moto?.stop());

const ADDRESSES = ['34.197.76.213/32', '54.216.9.3/32'];
const properties = (changes: Partial<IpSetProperties> = {}): IpSetProperties => ({
  Name: 'Stack-v4',
  IPAddressVersion: 'IPV4',
  Description: 'first',
  Tags: [{ Key: OWNER_TAG, Value: 'Stack' }],
  ...changes,
});
const tagsOf = async (ResourceARN: string) => {
  const answer = await new WAFV2Client(moto.direct).send(new ListTagsForResourceCommand({ ResourceARN }));
  return answer.TagInfoForResource?.TagList;
};

/** An update as CloudFormation sends it, with the previous properties. */
const update = (arn: string, changes: Partial<IpSetProperties> = {}, before: Partial<IpSetProperties> = {}) =>
  lifecycle.update(arn, properties(changes), properties(before));

/** moto creates a second set of the same name; WAF refuses it. */
function refuseSecondSet(): void {
  moto.proxy.fault = (call) => (call === 'CreateIPSet' ? { code: 'WAFDuplicateItemException' } : undefined);
}

/** A managed set that the sync has filled. */
async function filled(): Promise<string> {
  const arn = await lifecycle.create(properties());
  await account.setAddresses(arn, ADDRESSES);
  return arn;
}

describe('an IP set is created', () => {
  it('empty, with its description and tags', async () => {
    const arn = await lifecycle.create(properties());
    expect(await account.ipSet(arn)).toMatchObject({ addresses: [], description: 'first' });
    expect(await tagsOf(arn)).toEqual(properties().Tags);
  });

  it('once when the event is delivered twice, and its entries stay', async () => {
    const arn = await filled();
    refuseSecondSet();
    expect(await lifecycle.create(properties())).toBe(arn);
    expect((await account.ipSet(arn)).addresses).toEqual(ADDRESSES);
  });

  it('never by adopting a set without the owner tag', async () => {
    const theirs = await account.makeIpSet('Stack-v4', ['198.51.100.0/24']);
    refuseSecondSet();
    await expect(lifecycle.create(properties())).rejects.toThrow(
      /named Stack-v4 already exists, without this stack's owner tag\. It is unchanged/,
    );
    expect((await account.ipSet(theirs)).addresses).toEqual(['198.51.100.0/24']);
  });
});

describe('an update of an IP set', () => {
  it('changes the description and keeps every address', async () => {
    const arn = await filled();
    expect(await update(arn, { Description: 'second' })).toBe(arn);
    expect(await account.ipSet(arn)).toMatchObject({ addresses: ADDRESSES, description: 'second' });
  });

  it('of the description keeps what a sync writes at the same time', async () => {
    const arn = await filled();
    let raced = false;
    moto.proxy.before = async (call) => {
      if (call !== 'UpdateIPSet' || raced) return;
      raced = true;
      await account.setAddresses(arn, [...ADDRESSES, '3.104.68.152/32']);
    };
    await update(arn, { Description: 'second' });
    expect(await account.ipSet(arn)).toMatchObject({
      addresses: ['3.104.68.152/32', ...ADDRESSES],
      description: 'second',
    });
  });

  it('of tags never writes an address', async () => {
    const arn = await filled();
    const Tags = [
      { Key: OWNER_TAG, Value: 'Stack' },
      { Key: 'team', Value: 'platform' },
    ];
    await update(arn, { Tags });
    expect(await tagsOf(arn)).toEqual(Tags);
    await update(arn, {}, { Tags });
    expect(await tagsOf(arn)).toEqual(properties().Tags);
    expect(moto.proxy.calls).not.toContain('UpdateIPSet');
    expect((await account.ipSet(arn)).addresses).toEqual(ADDRESSES);
  });

  it('keeps the tags that others added', async () => {
    const arn = await filled();
    const costCenter = { Key: 'CostCenter', Value: '42' };
    await new WAFV2Client(moto.direct).send(new TagResourceCommand({ ResourceARN: arn, Tags: [costCenter] }));
    await update(arn, { Description: 'second' });
    expect(await tagsOf(arn)).toEqual([...properties().Tags, costCenter]);
  });

  it('without changes makes no write call', async () => {
    const arn = await filled();
    moto.proxy.calls.length = 0;
    await update(arn);
    expect(moto.proxy.calls).toEqual(['GetIPSet', 'ListTagsForResource']);
  });

  it('of the name creates a set with the same addresses, and leaves the old set for CloudFormation to delete', async () => {
    const old = await filled();
    const renamed = await update(old, { Name: 'Renamed-v4' });
    expect(renamed).not.toBe(old);
    expect((await account.ipSet(renamed)).addresses).toEqual(ADDRESSES);
    expect((await account.ipSet(old)).addresses).toEqual(ADDRESSES);
    await lifecycle.delete(old);
    await expect(account.ipSet(old)).rejects.toThrow();
  });

  it('of the address version is refused', async () => {
    const arn = await filled();
    await expect(update(arn, { IPAddressVersion: 'IPV6' })).rejects.toThrow(
      /can't be changed from IPV4 to IPV6\. The set is unchanged/,
    );
  });
});

describe('a deletion of an IP set', () => {
  it('succeeds again when the event is delivered twice', async () => {
    const arn = await filled();
    await lifecycle.delete(arn);
    await lifecycle.delete(arn);
    await expect(account.ipSet(arn)).rejects.toThrow();
  });

  it('waits until WAF no longer counts the set as associated', async () => {
    const arn = await filled();
    let left = 1;
    moto.proxy.fault = (call) =>
      call === 'DeleteIPSet' && left-- > 0 ? { code: 'WAFAssociatedItemException' } : undefined;
    await lifecycle.delete(arn);
    await expect(account.ipSet(arn)).rejects.toThrow();
  });
});

describe('a prefix list', () => {
  let lists: PrefixListLifecycle;
  let ec2: EC2Client;
  beforeAll(() => {
    ec2 = new EC2Client(moto.direct);
    lists = new PrefixListLifecycle(new EC2Client(moto.proxied), 1);
  });

  const ENTRIES = ['34.197.76.213/32 (by hand)', '54.216.9.3/32 (by hand)'];
  const listProperties = (changes: Partial<PrefixListProperties> = {}): PrefixListProperties => ({
    Name: 'Stack-v4',
    AddressFamily: 'IPv4',
    MaxEntries: 30,
    Tags: [{ Key: OWNER_TAG, Value: 'Stack' }],
    ...changes,
  });
  const describeList = async (id: string) => {
    const client = new EC2Client(moto.proxied);
    const { PrefixLists } = await client.send(new DescribeManagedPrefixListsCommand({ PrefixListIds: [id] }));
    return PrefixLists?.[0];
  };
  const filledList = async () => {
    const id = await lists.create(listProperties(), 'token');
    for (const address of ADDRESSES) await account.addToPrefixList(id, address);
    return id;
  };
  const updateList = (id: string, changes: Partial<PrefixListProperties>, before: Partial<PrefixListProperties> = {}) =>
    lists.update(id, listProperties(changes), listProperties(before));

  it('is created empty, with its size and tags', async () => {
    const id = await lists.create(listProperties(), 'token');
    expect(await describeList(id)).toMatchObject({
      PrefixListName: 'Stack-v4',
      AddressFamily: 'IPv4',
      MaxEntries: 30,
      Tags: listProperties().Tags,
    });
    expect(await account.prefixListEntries(id)).toEqual([]);
  });

  it('is created once when the event is delivered twice', async () => {
    const id = await filledList();
    expect(await lists.create(listProperties(), 'token')).toBe(id);
    expect(await account.prefixListEntries(id)).toEqual(ENTRIES);
  });

  it('is resized and renamed in separate calls, and keeps every entry', async () => {
    const id = await filledList();
    moto.proxy.calls.length = 0;
    await updateList(id, { Name: 'Renamed-v4', MaxEntries: 60 });
    expect(moto.proxy.calls.filter((call) => call === 'ModifyManagedPrefixList')).toHaveLength(2);
    expect((await describeList(id))?.MaxEntries).toBe(60);
    expect(await account.prefixListEntries(id)).toEqual(ENTRIES);
  });

  it("that can't be resized fails the deployment with AWS's message", async () => {
    const id = await filledList();
    moto.prefixLists.nextFailure = 'sg-12345678 does not currently have sufficient capacity';
    await expect(updateList(id, { MaxEntries: 61 })).rejects.toThrow(
      /is modify-failed: sg-12345678 does not currently/,
    );
    expect(await account.prefixListEntries(id)).toEqual(ENTRIES);
  });

  it('can not change its address family', async () => {
    const id = await filledList();
    await expect(updateList(id, { AddressFamily: 'IPv6' })).rejects.toThrow(
      /can't be changed from IPv4 to IPv6\. The list is unchanged/,
    );
  });

  it('gets new tags, loses those that the stack no longer sets, and keeps those of others', async () => {
    const id = await filledList();
    const theirs = { Key: 'CostCenter', Value: '42' };
    await ec2.send(new CreateTagsCommand({ Resources: [id], Tags: [theirs] }));
    const Tags = [...listProperties().Tags, { Key: 'team', Value: 'platform' }];
    await updateList(id, { Tags });
    expect((await describeList(id))?.Tags).toEqual(expect.arrayContaining([...Tags, theirs]));
    await updateList(id, {}, { Tags });
    expect((await describeList(id))?.Tags).toEqual(expect.arrayContaining([...listProperties().Tags, theirs]));
    expect((await describeList(id))?.Tags).toHaveLength(2);
  });

  it('is not written by an update without changes', async () => {
    const id = await lists.create(listProperties(), 'token');
    moto.proxy.calls.length = 0;
    await updateList(id, {});
    expect(moto.proxy.calls).toEqual(['DescribeManagedPrefixLists']);
  });

  it('is deleted once when the event is delivered twice', async () => {
    const id = await filledList();
    await lists.delete(id);
    // moto still describes a deleted list.
    await lists.delete(id);
    await lists.delete('pl-0123456789abcdef0');
    expect(await describeList(id)).toBeUndefined();
  });
});
