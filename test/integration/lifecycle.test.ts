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
  Scope: 'REGIONAL',
  Description: 'first',
  Tags: [{ Key: OWNER_TAG, Value: 'Stack' }],
  ...changes,
});
const tagsOf = async (ResourceARN: string) => {
  const answer = await new WAFV2Client(moto.direct).send(new ListTagsForResourceCommand({ ResourceARN }));
  return answer.TagInfoForResource?.TagList;
};

/** An update as CloudFormation sends it: with the properties of before. */
const update = (arn: string, changes: Partial<IpSetProperties> = {}, before: Partial<IpSetProperties> = {}) =>
  lifecycle.update(arn, properties(changes), properties(before));

/** moto makes a second set of the same name; WAF does not. */
function refuseSecondSet(): void {
  moto.proxy.fault = (call) => (call === 'CreateIPSet' ? { code: 'WAFDuplicateItemException' } : undefined);
}

/** A set of ours that the sync has filled. */
async function filled(): Promise<string> {
  const arn = await lifecycle.create(properties());
  await account.setAddresses(arn, ADDRESSES);
  return arn;
}

describe('create', () => {
  it('makes an empty set with description and tags', async () => {
    const arn = await lifecycle.create(properties());
    expect(await account.ipSet(arn)).toMatchObject({ addresses: [], description: 'first' });
    expect(await tagsOf(arn)).toEqual(properties().Tags);
  });

  it('seen twice makes one set', async () => {
    const arn = await filled();
    refuseSecondSet();
    expect(await lifecycle.create(properties())).toBe(arn);
    expect((await account.ipSet(arn)).addresses).toEqual(ADDRESSES);
  });

  it('never takes over a set of somebody else', async () => {
    const theirs = await account.makeIpSet('Stack-v4', ['198.51.100.0/24']);
    refuseSecondSet();
    await expect(lifecycle.create(properties())).rejects.toThrow(/named Stack-v4 exists and is not this stack's/);
    expect((await account.ipSet(theirs)).addresses).toEqual(['198.51.100.0/24']);
  });
});

describe('update', () => {
  it('of the description leaves every address', async () => {
    const arn = await filled();
    expect(await update(arn, { Description: 'second' })).toBe(arn);
    expect(await account.ipSet(arn)).toMatchObject({ addresses: ADDRESSES, description: 'second' });
  });

  it('of the description beside a sync leaves what the sync wrote', async () => {
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

  it('of tags writes no address at all', async () => {
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

  it('leaves the tags that others put on', async () => {
    const arn = await filled();
    const costCenter = { Key: 'CostCenter', Value: '42' };
    await new WAFV2Client(moto.direct).send(new TagResourceCommand({ ResourceARN: arn, Tags: [costCenter] }));
    await update(arn, { Description: 'second' });
    expect(await tagsOf(arn)).toEqual([...properties().Tags, costCenter]);
  });

  it('of nothing writes nothing', async () => {
    const arn = await filled();
    moto.proxy.calls.length = 0;
    await update(arn);
    expect(moto.proxy.calls).toEqual(['GetIPSet', 'ListTagsForResource']);
  });

  it('of the name makes a new set with the same addresses and leaves the old one to its deletion', async () => {
    const old = await filled();
    const renamed = await update(old, { Name: 'Renamed-v4' });
    expect(renamed).not.toBe(old);
    expect((await account.ipSet(renamed)).addresses).toEqual(ADDRESSES);
    expect((await account.ipSet(old)).addresses).toEqual(ADDRESSES);
    await lifecycle.delete(old);
    await expect(account.ipSet(old)).rejects.toThrow();
  });

  it('of the address family is refused', async () => {
    const arn = await filled();
    await expect(update(arn, { IPAddressVersion: 'IPV6' })).rejects.toThrow(/can't change: it is IPV4/);
  });
});

describe('delete', () => {
  it('seen twice is fine', async () => {
    const arn = await filled();
    await lifecycle.delete(arn);
    await lifecycle.delete(arn);
    await expect(account.ipSet(arn)).rejects.toThrow();
  });

  it('waits until WAF lets go of the set', async () => {
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

  it('is made empty, with size and tags', async () => {
    const id = await lists.create(listProperties(), 'token');
    expect(await describeList(id)).toMatchObject({
      PrefixListName: 'Stack-v4',
      AddressFamily: 'IPv4',
      MaxEntries: 30,
      Tags: listProperties().Tags,
    });
    expect(await account.prefixListEntries(id)).toEqual([]);
  });

  it('is one list, though its creation is seen twice', async () => {
    const id = await filledList();
    expect(await lists.create(listProperties(), 'token')).toBe(id);
    expect(await account.prefixListEntries(id)).toEqual(ENTRIES);
  });

  it('is grown and renamed each in a call of its own, and keeps every entry', async () => {
    const id = await filledList();
    moto.proxy.calls.length = 0;
    await updateList(id, { Name: 'Renamed-v4', MaxEntries: 60 });
    expect(moto.proxy.calls.filter((call) => call === 'ModifyManagedPrefixList')).toHaveLength(2);
    expect((await describeList(id))?.MaxEntries).toBe(60);
    expect(await account.prefixListEntries(id)).toEqual(ENTRIES);
  });

  it("that can't be grown fails the deploy in AWS's words", async () => {
    const id = await filledList();
    moto.prefixLists.nextFailure = 'sg-12345678 does not currently have sufficient capacity';
    await expect(updateList(id, { MaxEntries: 61 })).rejects.toThrow(
      /is modify-failed: sg-12345678 does not currently/,
    );
    expect(await account.prefixListEntries(id)).toEqual(ENTRIES);
  });

  it('of another address family is refused', async () => {
    const id = await filledList();
    await expect(updateList(id, { AddressFamily: 'IPv6' })).rejects.toThrow(/can't change: it is IPv4/);
  });

  it('gets new tags, loses old ones of ours, and keeps those of others', async () => {
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

  it('an update of nothing writes nothing', async () => {
    const id = await lists.create(listProperties(), 'token');
    moto.proxy.calls.length = 0;
    await updateList(id, {});
    expect(moto.proxy.calls).toEqual(['DescribeManagedPrefixLists']);
  });

  it('is deleted, and again', async () => {
    const id = await filledList();
    await lists.delete(id);
    // moto tells of a deleted list twice.
    await lists.delete(id);
    await lists.delete('pl-0123456789abcdef0');
    expect(await describeList(id)).toBeUndefined();
  });
});
