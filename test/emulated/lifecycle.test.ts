import { ListTagsForResourceCommand, TagResourceCommand, WAFV2Client } from '@aws-sdk/client-wafv2';
import { IpSetLifecycle, type IpSetProperties } from '../../lambda/lifecycle/ip-set';
import { OWNER_TAG } from '../../lambda/shared/names';
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
