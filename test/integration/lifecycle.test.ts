import { CreateTagsCommand, DescribeManagedPrefixListsCommand, EC2Client } from '@aws-sdk/client-ec2';
import { ListTagsForResourceCommand, TagResourceCommand, WAFV2Client } from '@aws-sdk/client-wafv2';
import { type IpSetClients, IpSetLifecycle, type IpSetProperties } from '../../lambda/custom-resources/ip-set';
import { PrefixListLifecycle, type PrefixListProperties } from '../../lambda/custom-resources/prefix-list';
import { OWNER_TAG } from '../../lambda/shared/constants';
import { Account } from './fixtures';
import { IMPATIENT } from './harness';
import { type Moto, startMoto } from './moto';

let moto: Moto;
let account: Account;
let clients: IpSetClients;
let lifecycle: IpSetLifecycle;

beforeAll(async () => {
  moto = await startMoto();
  account = new Account(moto.direct);
  const waf = new WAFV2Client({ ...moto.proxied, retryStrategy: IMPATIENT });
  clients = { regional: waf, global: waf };
  lifecycle = new IpSetLifecycle(clients, { backoffMs: 1 });
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

/** An update as CloudFormation sends it, with the previous properties. */
const update = (arn: string, changes: Partial<IpSetProperties> = {}, before: Partial<IpSetProperties> = {}) =>
  lifecycle.update(arn, properties(changes), properties(before));

/** moto creates a second set of the same name; WAF refuses it. */
function refuseSecondSet(): void {
  moto.proxy.fault = (call) => (call === 'CreateIPSet' ? { code: 'WAFDuplicateItemException' } : undefined);
}

/** The next calls of this name fail with this code. */
function failNext(name: string, code: string, times: number): void {
  let left = times;
  moto.proxy.fault = (call) => (call === name && left-- > 0 ? { code } : undefined);
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

describe('the creation of an IP set', () => {
  it.each([
    'WAFOptimisticLockException',
    'WAFUnavailableEntityException',
    'WAFInternalErrorException',
    'ThrottlingException',
  ])('is repeated after %s, more often than the SDK does', async (code) => {
    failNext('CreateIPSet', code, 9);
    expect(await account.ipSet(await lifecycle.create(properties()))).toMatchObject({ addresses: [] });
  });

  it('whose answer was lost is found again, also before the list of sets shows it', async () => {
    let created = 0;
    moto.proxy.fault = (call) => {
      if (call !== 'CreateIPSet') return undefined;
      return created++ === 0 ? { drop: 'after' } : { code: 'WAFDuplicateItemException' };
    };
    let lists = 0;
    moto.proxy.alter = (call, answer) => (call === 'ListIPSets' && lists++ < 2 ? '{"IPSets":[]}' : answer);
    const arn = await lifecycle.create(properties());
    expect(await tagsOf(arn)).toEqual(properties().Tags);
    expect(lists).toBe(3);
  });

  it('ends when WAF knows the new set, because what references it comes next', async () => {
    failNext('GetIPSet', 'WAFNonexistentItemException', 4);
    await lifecycle.create(properties());
    expect(moto.proxy.calls.filter((call) => call === 'GetIPSet')).toHaveLength(5);
  });

  it.each([
    ['fails afterwards', 'WAFInvalidParameterException', /injected/],
    ['runs out of time', 'WAFNonexistentItemException', /in the time that CloudFormation allows.*Deploy again/],
  ])('that %s leaves no set behind', async (_how, code, error) => {
    const { signal, abort } = stopwatch();
    let arn = '';
    moto.proxy.fault = (call) => (call === 'GetIPSet' ? { code } : undefined);
    moto.proxy.alter = (call, answer) => {
      if (call === 'CreateIPSet') {
        arn = JSON.parse(answer).Summary.ARN;
        abort();
      }
      return answer;
    };
    await expect(new IpSetLifecycle(clients, { signal, backoffMs: 1 }).create(properties())).rejects.toThrow(error);
    expect(arn).toMatch(/^arn:/);
    await expect(account.ipSet(arn)).rejects.toThrow();
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
    failNext('DeleteIPSet', 'WAFAssociatedItemException', 30);
    await lifecycle.delete(arn);
    await expect(account.ipSet(arn)).rejects.toThrow();
  });

  it('of a set that is still in use when the time is over says what to do', async () => {
    const arn = await filled();
    const { signal, abort } = stopwatch();
    moto.proxy.fault = (call) => {
      if (call !== 'DeleteIPSet') return undefined;
      abort();
      return { code: 'WAFAssociatedItemException' };
    };
    await expect(new IpSetLifecycle(clients, { signal, backoffMs: 1 }).delete(arn)).rejects.toThrow(
      /^Could not delete IP set .*: WAFAssociatedItemException: .*stays in force\. Remove the set from every web ACL/,
    );
  });
});

function stopwatch() {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort() };
}

describe('a prefix list', () => {
  let lists: PrefixListLifecycle;
  let ec2: EC2Client;
  beforeAll(() => {
    ec2 = new EC2Client(moto.direct);
    const impatient = new EC2Client({ ...moto.proxied, retryStrategy: IMPATIENT });
    lists = new PrefixListLifecycle(impatient, { backoffMs: 1 });
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

  it.each(['RequestLimitExceeded', 'InternalError', 'UnauthorizedOperation'])(
    'is created after %s, more often than the SDK repeats the call',
    async (code) => {
      failNext('CreateManagedPrefixList', code, 9);
      expect(await describeList(await lists.create(listProperties(), 'token'))).toMatchObject({ MaxEntries: 30 });
    },
  );

  it('is created although EC2 does not know it yet right after the creation', async () => {
    failNext('DescribeManagedPrefixLists', 'InvalidPrefixListID.NotFound', 4);
    const id = await lists.create(listProperties(), 'token');
    expect(moto.proxy.calls.filter((call) => call === 'CreateManagedPrefixList')).toHaveLength(1);
    expect(await describeList(id)).toMatchObject({ PrefixListName: 'Stack-v4' });
  });

  it('whose creation fails in the end is not left behind', async () => {
    moto.proxy.alter = (call, answer) =>
      call === 'DescribeManagedPrefixLists' ? answer.replace('create-complete', 'create-failed') : answer;
    await expect(lists.create(listProperties(), 'token')).rejects.toThrow(/is create-failed: .*The deployment fails/);
    expect(moto.proxy.calls).toContain('DeleteManagedPrefixList');
  });

  it.each(['IncorrectState', 'ConcurrentMutationLimitExceeded'])(
    'is resized after %s, when another change is complete',
    async (code) => {
      const id = await filledList();
      failNext('ModifyManagedPrefixList', code, 9);
      await updateList(id, { MaxEntries: 60 });
      expect(await describeList(id)).toMatchObject({ MaxEntries: 60 });
    },
  );

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
