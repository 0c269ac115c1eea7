import { DescribeManagedPrefixListsCommand, EC2Client, ModifyManagedPrefixListCommand } from '@aws-sdk/client-ec2';
import type { CurrentEntry } from '../../lambda/core/plan/entries';
import { sequenceChanges } from '../../lambda/core/plan/sequence';
import { WriteProgress } from '../../lambda/core/plan/written';
import { formatRange, parseRange } from '../../lambda/core/ranges/range';
import { DISCOVERY_FAILURE, DISCOVERY_TAG } from '../../lambda/shared/constants';
import { PrefixListTarget } from '../../lambda/sync/targets/prefix-list/prefix-list-target';
import { Harness, PUBLISHED, type Run, TODAY, writes } from './harness';

let h: Harness;
beforeAll(async () => {
  h = await Harness.start();
});
beforeEach(() => h.reset());
afterAll(() => h?.stop());

const target = (run: Run, id: string) => run.report.targets.find((candidate) => candidate.id === id);
const tagged = (value: string) => ({ tags: [{ Key: DISCOVERY_TAG, Value: value }] });
const cidrs = async (id: string) => (await h.account.prefixListEntries(id)).map((line) => line.split(' ')[0]);
const modifications = () => h.moto.proxy.calls.filter((call) => call === 'ModifyManagedPrefixList').length;
/** Publishable ranges, no two of which merge. */
const ranges = (count: number, from = 0) =>
  Array.from({ length: count }, (_, i) => `34.${100 + ((i + from) >> 7)}.${((i + from) & 127) * 2}.1/32`);

describe('a prefix list is changed by at most a hundred entries per call', () => {
  const adapter = (id: string) =>
    new PrefixListTarget(new EC2Client(h.moto.proxied), { id, exclusive: true, backoffMs: 1 });

  /** Reads, plans and applies as the sync does. */
  async function change(id: string, add: readonly string[], remove: readonly string[]): Promise<void> {
    const list = adapter(id);
    const snapshot = await list.read([]);
    const goes = snapshot.entries.filter(({ range }) => remove.includes(formatRange(range)));
    const comes = add.map((cidr) => ({ range: parseRange(cidr), port: undefined, intercomRegions: ['us' as const] }));
    const sequence = sequenceChanges<CurrentEntry>(
      { add: comes, remove: goes },
      snapshot.capacity,
      snapshot.entries.length,
    );
    await list.apply(snapshot, sequence, () => 'Intercom', new WriteProgress(snapshot.entries));
  }

  it.each([
    [1, 1],
    [99, 1],
    [100, 1],
    [101, 2],
    [250, 3],
    [1000, 10],
  ])('%i additions take %i calls, and as many removals take the same', async (count, calls) => {
    const id = await h.account.makePrefixList('large', 1000);
    await change(id, ranges(count), []);
    expect(modifications()).toBe(calls);
    expect(await cidrs(id)).toEqual([...ranges(count)].sort());
    await change(id, [], ranges(count));
    expect(modifications()).toBe(2 * calls);
    expect(await cidrs(id)).toEqual([]);
  });

  it('with all additions complete before the first removal', async () => {
    const id = await h.account.makePrefixList('both', 1000);
    await change(id, ranges(150), []);
    const sizes: number[] = [];
    h.moto.proxy.before = async (call) => {
      if (call === 'ModifyManagedPrefixList') sizes.push((await cidrs(id)).length);
    };
    await change(id, ranges(150, 200), ranges(150));
    expect(sizes).toEqual([150, 250, 300, 200]);
    expect(await cidrs(id)).toEqual([...ranges(150, 200)].sort());
  });

  it('with as many removals first as the additions need room for', async () => {
    const id = await h.account.makePrefixList('tight', 120);
    await change(id, ranges(110), []);
    await change(id, ranges(110, 200), ranges(110));
    expect(await cidrs(id)).toEqual([...ranges(110, 200)].sort());
  });
});

describe('an exclusive list', () => {
  it('holds exactly the published ranges, each with a description', async () => {
    const id = await h.account.makePrefixList('exclusive', 30);
    h.settings = { ...h.settings, intercomRegions: ['eu'] };
    h.addTarget({ kind: 'prefix-list', id, exclusive: true });
    expect(target(await h.sync(), id)).toMatchObject({ kind: 'prefix-list', outcome: 'changed' });
    expect(await h.account.prefixListEntries(id)).toEqual(
      ['54.216.9.3/32', '54.217.125.63/32', '54.246.173.113/32'].map(
        (range) => `${range} (Intercom EU webhooks, feed of ${TODAY})`,
      ),
    );
  });

  it('loses entries that others add, reported as drift, and the next run writes nothing', async () => {
    const id = await h.account.makePrefixList('exclusive', 30);
    h.addTarget({ kind: 'prefix-list', id, exclusive: true });
    await h.sync();
    await h.account.addToPrefixList(id, '198.51.100.7/32');
    expect(target(await h.sync(), id)).toMatchObject({ removed: ['198.51.100.7/32'], drift: ['198.51.100.7/32'] });
    expect(await cidrs(id)).toEqual(PUBLISHED);
    const { report, calls } = await h.sync();
    expect(report.outcome).toBe('in-sync');
    expect(writes(calls)).toEqual([]);
    expect(report.targets.find((one) => one.id === id)?.apiCalls).toBe(1);
  });

  it('of IPv6 holds only IPv6 ranges', async () => {
    const id = await h.account.makePrefixList('exclusive', 30, 'IPv6');
    h.addTarget({ kind: 'prefix-list', id, exclusive: true });
    await h.publish('eu', ['54.216.9.3/32', '54.217.125.63/32', '54.246.173.113/32', '2600:1f18:1234::/48']);
    await h.sync();
    expect(await cidrs(id)).toEqual(['2600:1f18:1234::/48']);
  });
});

describe('a shared list', () => {
  it('gets the missing ranges, and loses only those that the sync added', async () => {
    const id = await h.account.makePrefixList('theirs', 30, 'IPv4', { entries: ['198.51.100.0/24', '54.216.0.0/16'] });
    h.addTarget({ kind: 'prefix-list', id });
    await h.sync();
    const theirs = ['198.51.100.0/24', '54.216.0.0/16'];
    const added = PUBLISHED.filter((range) => range !== '54.216.9.3/32');
    expect(await cidrs(id)).toEqual([...theirs, ...added].sort());
    await h.publish('us', ['35.169.138.21/32']);
    await h.sync();
    const left = added.filter((range) => !/^(34|35\.171|52\.44|52\.70)/.test(range));
    expect(await cidrs(id)).toEqual([...theirs, ...left].sort());
  });

  it('keeps all entries of both when somebody changes it between two calls of the sync', async () => {
    const id = await h.account.makePrefixList('theirs', 300);
    h.addTarget({ kind: 'prefix-list', id });
    await h.publish('us', ranges(150));
    let calls = 0;
    h.moto.proxy.before = async (call) => {
      if (call === 'ModifyManagedPrefixList' && ++calls === 2) await h.account.addToPrefixList(id, '198.51.100.7/32');
    };
    expect(target(await h.sync(), id)).toMatchObject({ outcome: 'changed', drift: [] });
    const managed = [...ranges(150), ...PUBLISHED.filter((range) => /^(3\.|52\.6|54)/.test(range))];
    expect(await cidrs(id)).toEqual([...managed, '198.51.100.7/32'].sort());
    await h.publish('us', ['34.197.76.213/32']);
    await h.sync();
    expect(await cidrs(id)).toContain('198.51.100.7/32');
    expect(await cidrs(id)).toHaveLength(8);
  });

  it('that changes before every write fails as one target, and the error says what to do', async () => {
    const id = await h.account.makePrefixList('theirs', 300);
    h.addTarget({ kind: 'prefix-list', id });
    let n = 0;
    h.moto.proxy.before = async (call) => {
      if (call === 'ModifyManagedPrefixList') await h.account.addToPrefixList(id, `198.51.100.${++n}/32`);
    };
    const run = await h.sync();
    expect(n).toBe(5);
    expect(target(run, id)).toMatchObject({
      outcome: 'failed',
      error: expect.stringContaining('something else had changed it first'),
    });
    expect((await h.account.ipSet(h.ownV4)).addresses).toEqual(PUBLISHED);
  });
});

describe('a change of a prefix list', () => {
  it('that is in progress when the sync starts is awaited', async () => {
    const id = await h.account.makePrefixList('busy', 30);
    h.addTarget({ kind: 'prefix-list', id, exclusive: true });
    h.moto.prefixLists.looks = 3;
    const AddEntries = [{ Cidr: '198.51.100.7/32' }];
    await new EC2Client(h.moto.proxied).send(
      new ModifyManagedPrefixListCommand({ PrefixListId: id, CurrentVersion: 1, AddEntries }),
    );
    expect(target(await h.sync(), id)).toMatchObject({ outcome: 'changed', removed: ['198.51.100.7/32'] });
    expect(await cidrs(id)).toEqual(PUBLISHED);
  });

  it('that never completes fails as one target, and delays no other', async () => {
    const id = await h.account.makePrefixList('stuck', 30);
    h.addTarget({ kind: 'prefix-list', id, exclusive: true });
    h.moto.prefixLists.looks = Number.POSITIVE_INFINITY;
    const run = await h.sync();
    expect(target(run, id)).toMatchObject({
      outcome: 'failed',
      error: expect.stringContaining(`${id} stays modify-in-progress. What it allows stays in force`),
    });
    expect((await h.account.ipSet(h.ownV4)).addresses).toEqual(PUBLISHED);
  });

  it("that fails is reported with AWS's message, and the next run tries again", async () => {
    const id = await h.account.makePrefixList('failing', 30);
    h.addTarget({ kind: 'prefix-list', id, exclusive: true });
    h.moto.prefixLists.nextFailure = 'sg-12345678 does not currently have sufficient capacity';
    expect(target(await h.sync(), id)).toMatchObject({
      outcome: 'failed',
      error: expect.stringMatching(
        /is modify-failed: sg-12345678 does not currently have sufficient capacity\. .*in force/,
      ),
    });
    expect(await cidrs(id)).toEqual([]);
    expect(target(await h.sync(), id)).toMatchObject({ outcome: 'changed' });
    expect(await cidrs(id)).toEqual(PUBLISHED);
  });

  it('that fails after others succeeded leaves those in the run record', async () => {
    const id = await h.account.makePrefixList('failing', 300);
    h.addTarget({ kind: 'prefix-list', id });
    await h.publish('us', ranges(150));
    h.moto.proxy.before = async (call) => {
      if (call === 'ModifyManagedPrefixList' && modifications() === 2) h.moto.prefixLists.nextFailure = 'no room';
    };
    const run = await h.sync();
    expect(target(run, id)?.outcome).toBe('failed');
    expect(target(run, id)?.added).toHaveLength(100);
    expect(await cidrs(id)).toHaveLength(100);
    await h.sync();
    expect(await cidrs(id)).toHaveLength(156);
  });
});

describe('a conflict that EC2 reports', () => {
  it.each([
    ['PrefixListVersionMismatch', 'The prefix list has the incorrect version number.'],
    ['IncorrectState', 'The prefix list is in the modify-in-progress state.'],
    ['ConcurrentMutationLimitExceeded', 'Cannot initiate another change at this time.'],
    ['InvalidParameterValue', 'The specified value for version (1) is not the current version (2).'],
  ])('as %s makes the sync read and plan again', async (code, message) => {
    const id = await h.account.makePrefixList('contended', 30);
    h.addTarget({ kind: 'prefix-list', id });
    let left = 1;
    h.moto.proxy.refuse = (call) => (call === 'ModifyManagedPrefixList' && left-- > 0 ? { code, message } : undefined);
    expect(target(await h.sync(), id)).toMatchObject({ outcome: 'changed', added: PUBLISHED, error: null });
  });

  it('is not every wrong parameter', async () => {
    const id = await h.account.makePrefixList('wrong', 30);
    h.addTarget({ kind: 'prefix-list', id });
    h.moto.proxy.refuse = (call) =>
      call === 'ModifyManagedPrefixList' ? { code: 'InvalidParameterValue' } : undefined;
    expect(target(await h.sync(), id)).toMatchObject({ outcome: 'failed' });
    expect(modifications()).toBe(1);
  });
});

describe('a list that is too small for the published ranges', () => {
  it('fails with both numbers before the first write, and is not resized', async () => {
    const id = await h.account.makePrefixList('small', 11);
    h.addTarget({ kind: 'prefix-list', id });
    const run = await h.sync();
    expect(target(run, id)).toMatchObject({
      outcome: 'failed',
      error: expect.stringMatching(/12 entries would be needed, and 11 are allowed \(MaxEntries of the prefix list/),
    });
    expect(run.calls).not.toContain('ModifyManagedPrefixList');
    const { PrefixLists } = await new EC2Client(h.moto.direct).send(
      new DescribeManagedPrefixListsCommand({ PrefixListIds: [id] }),
    );
    expect(PrefixLists?.[0]?.MaxEntries).toBe(11);
  });
});

describe('a list that can not be a target', () => {
  it.each([
    ['does not exist', async () => 'pl-0123456789abcdef0', /It does not exist in this account and Region/],
    [
      'is managed by AWS',
      awsManaged,
      /is managed by AWS and can't be modified\. The published ranges are not in it.* Remove it/,
    ],
  ])('because it %s fails as one target', async (_why, make, error) => {
    const id = await make();
    h.addTarget({ kind: 'prefix-list', id });
    expect(target(await h.sync(), id)).toMatchObject({ outcome: 'failed', error: expect.stringMatching(error) });
    expect((await h.account.ipSet(h.ownV4)).addresses).toEqual(PUBLISHED);
  });

  const byIpam = (elements: string) => {
    h.moto.proxy.alter = (call, answer) =>
      call === 'DescribeManagedPrefixLists'
        ? answer.replaceAll('<prefixListName>ipam</prefixListName>', `<prefixListName>ipam</prefixListName>${elements}`)
        : answer;
  };
  const TARGET = '<ipamPrefixListResolverTargetId>ipam-plrt-1</ipamPrefixListResolverTargetId>';

  it('because IPAM manages it fails when it is read, with what to do', async () => {
    const id = await h.account.makePrefixList('ipam', 30);
    h.addTarget({ kind: 'prefix-list', id });
    byIpam(TARGET);
    expect(target(await h.sync(), id)).toMatchObject({
      outcome: 'failed',
      error: expect.stringMatching(
        /managed by the IPAM prefix list resolver target ipam-plrt-1, .*Remove the list from/,
      ),
    });
    expect(modifications()).toBe(0);
  });

  it('unless IPAM no longer synchronizes it', async () => {
    const id = await h.account.makePrefixList('ipam', 30);
    h.addTarget({ kind: 'prefix-list', id });
    byIpam(`${TARGET}<ipamPrefixListResolverSyncEnabled>false</ipamPrefixListResolverSyncEnabled>`);
    expect(target(await h.sync(), id)).toMatchObject({ outcome: 'changed' });
  });

  async function awsManaged(): Promise<string> {
    const { PrefixLists = [] } = await new EC2Client(h.moto.direct).send(new DescribeManagedPrefixListsCommand({}));
    return PrefixLists.find(({ OwnerId }) => OwnerId === 'AWS')?.PrefixListId ?? '';
  }
});

describe('discovery of prefix lists by tag', () => {
  it.each(['', 'list'])('makes a list tagged %j a target', async (value) => {
    const id = await h.account.makePrefixList('tagged', 30, 'IPv4', tagged(value));
    await h.sync();
    expect(await cidrs(id)).toEqual(PUBLISHED);
  });

  it.each(['443', 'true', 'List'])(
    'makes a list tagged %j one failed target, even if it is named as well',
    async (value) => {
      const id = await h.account.makePrefixList('tagged', 30, 'IPv4', tagged(value));
      h.addTarget({ kind: 'prefix-list', id });
      const run = await h.sync();
      expect(run.report.targets.filter((one) => one.id === id)).toEqual([
        expect.objectContaining({
          outcome: 'failed',
          error: expect.stringContaining(`${JSON.stringify(value)} is not allowed. Allowed: an empty value or "list"`),
        }),
      ]);
      expect(await cidrs(id)).toEqual([]);
      expect((await h.account.ipSet(h.ownV4)).addresses).toEqual(PUBLISHED);
    },
  );

  it('never touches a list that is neither named nor tagged', async () => {
    const id = await h.account.makePrefixList('bystander', 30);
    await h.sync();
    expect(await cidrs(id)).toEqual([]);
  });

  it('fails as one target, and named lists are still updated', async () => {
    const id = await h.account.makePrefixList('named', 30);
    h.addTarget({ kind: 'prefix-list', id });
    let looks = 0;
    h.moto.proxy.fault = (call) =>
      call === 'DescribeManagedPrefixLists' && looks++ === 0
        ? { code: 'UnauthorizedOperation', status: 403 }
        : undefined;
    const run = await h.sync();
    expect(run.report.targets.filter(({ outcome }) => outcome === 'failed')).toEqual([
      expect.objectContaining({ id: DISCOVERY_FAILURE, kind: 'prefix-list' }),
    ]);
    expect(await cidrs(id)).toEqual(PUBLISHED);
  });
});
