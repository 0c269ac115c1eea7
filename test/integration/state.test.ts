import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import { parseRange } from '../../lambda/core/ranges/range';
import { acquireLease, isUntouched, LeaseHeldError } from '../../lambda/sync/state/lease';
import { StateStore } from '../../lambda/sync/state/store';
import type { Fault } from './fault-proxy';
import { Account } from './fixtures';
import { type Moto, startMoto } from './moto';

const TABLE = 'state';
const ONCE = { tries: 1 };
let moto: Moto;
let client: DynamoDBDocumentClient;

beforeAll(async () => {
  moto = await startMoto();
  client = DynamoDBDocumentClient.from(new DynamoDBClient(moto.direct), {
    marshallOptions: { removeUndefinedValues: true },
  });
});
beforeEach(async () => {
  await moto.reset();
  await new Account(moto.direct).makeStateTable(TABLE);
});
afterAll(() => moto?.stop());

const feed = (date: string) => ({
  region: 'eu' as const,
  source: 'https://feeds.example/eu/intercom-ip-ranges.json',
  etag: '"abc"',
  date,
  newestDate: date,
  ranges: [parseRange('54.216.9.3'), parseRange('2600:1f18::/48')],
});
const owned = (range: string, addedAt = '2026-06-29T08:05:00.000Z') => ({
  range: parseRange(range),
  intercomRegions: ['eu' as const],
  addedAt,
});

describe('StateStore', () => {
  it('an empty state table is a first run', async () => {
    expect(await new StateStore(client, TABLE).load()).toEqual({
      feeds: new Map(),
      owned: new Map(),
      missedUpdates: new Map(),
      declines: [],
      messages: { notified: { failed: [], open: [], targets: {} }, unsent: [] },
    });
  });

  it('the state store returns what was saved', async () => {
    const store = new StateStore(client, TABLE);
    await store.saveFeed(feed('2026-06-29'));
    const absent = {
      ...owned('34.0.0.1', '2026-06-30T08:05:00.000Z'),
      intercomRegions: [],
      absentSince: '2026-07-01T08:05:00.000Z',
    };
    await store.saveOwned('sg-1', [owned('54.216.9.3'), absent]);
    const state = await new StateStore(client, TABLE).load();
    expect(state.feeds.get('eu')).toEqual(feed('2026-06-29'));
    expect(state.owned.get('sg-1')).toEqual([absent, owned('54.216.9.3')]);
  });

  it.each<Fault>([{ drop: 'after' }, { twice: true }])(
    'a write that took effect though the network did %j is no failure, and the next one replaces it',
    async (fault) => {
      const proxied = DynamoDBDocumentClient.from(new DynamoDBClient(moto.proxied), {
        marshallOptions: { removeUndefinedValues: true },
      });
      const store = new StateStore(proxied, TABLE);
      await store.load();
      let left = 1;
      moto.proxy.fault = (call) => (call === 'PutItem' && left-- > 0 ? fault : undefined);
      await store.saveFeed(feed('2026-06-29'));
      await store.saveFeed(feed('2026-06-30'));
      expect(moto.proxy.calls.filter((call) => call === 'PutItem').length).toBeGreaterThanOrEqual(2);
      expect((await new StateStore(client, TABLE).load()).feeds.get('eu')?.date).toBe('2026-06-30');
    },
  );

  it('items that the state store cannot read are ignored and do not fail the run', async () => {
    const store = new StateStore(client, TABLE);
    await store.saveFeed(feed('2026-06-29'));
    const strange = [
      { kind: 'approval', id: 'x' },
      { kind: 'feed', id: 'us', source: 'https://feeds.example', ranges: 'not a list' },
      { kind: 'target', id: 'sg-1', owned: Buffer.from('not deflated') },
    ];
    for (const Item of strange) await client.send(new PutCommand({ TableName: TABLE, Item }));
    const { feeds, owned } = await store.load();
    expect([[...feeds.keys()], owned.size]).toEqual([['eu'], 0]);
    await store.saveFeed({ ...feed('2026-06-30'), region: 'us' });
    expect([...(await store.load()).feeds.keys()].sort()).toEqual(['eu', 'us']);
  });

  it('the state store holds 10,000 ranges of one target', async () => {
    const many = Array.from({ length: 10_000 }, (_, i) => owned(`34.${i >> 8}.${i & 255}.1`));
    await new StateStore(client, TABLE).saveOwned('set', many);
    expect((await new StateStore(client, TABLE).load()).owned.get('set')).toEqual(many);
  });
});

describe('lease', () => {
  it('the lease belongs to one run at a time', async () => {
    const first = await acquireLease(client, TABLE, 'first', ONCE);
    await expect(acquireLease(client, TABLE, 'second', ONCE)).rejects.toThrow(LeaseHeldError);
    await first.release();
    await expect(acquireLease(client, TABLE, 'second', ONCE)).resolves.toBeDefined();
  });

  it('a later run waits for the lease', async () => {
    const first = await acquireLease(client, TABLE, 'first');
    const isRefused = new Promise<void>((resolve) => {
      moto.proxy.alter = (_call, answer) => {
        if (answer.includes('ConditionalCheckFailed')) resolve();
        return answer;
      };
    });
    const proxied = DynamoDBDocumentClient.from(new DynamoDBClient(moto.proxied));
    const second = acquireLease(proxied, TABLE, 'second', { tries: 1000, backoffMs: 1 });
    await isRefused;
    await first.release();
    await expect(second).resolves.toBeDefined();
  });

  it('a run has the lease even if the response to taking it was lost', async () => {
    const proxied = DynamoDBDocumentClient.from(new DynamoDBClient(moto.proxied));
    let left = 1;
    moto.proxy.fault = (call) => (call === 'UpdateItem' && left-- > 0 ? { drop: 'after' } : undefined);
    const held = await acquireLease(proxied, TABLE, 'first', ONCE);
    await expect(acquireLease(client, TABLE, 'second', ONCE)).rejects.toThrow(LeaseHeldError);
    await held.release();
    await expect(acquireLease(client, TABLE, 'second', ONCE)).resolves.toBeDefined();
  });

  it('the lease tells whether another run has applied changes since it was read', async () => {
    const look = async () => {
      const store = new StateStore(client, TABLE);
      await store.load();
      return store.lease;
    };
    const never = await look();
    const first = await acquireLease(client, TABLE, 'first', ONCE);
    expect(isUntouched(never, first.before)).toBe(true);
    const underWay = await look();
    await first.release();
    const after = await look();
    const second = await acquireLease(client, TABLE, 'second', ONCE);
    expect(isUntouched(never, second.before)).toBe(false);
    expect(isUntouched(underWay, second.before)).toBe(false);
    expect(isUntouched(after, second.before)).toBe(true);
  });

  it('of two runs with the same id, one has the lease', async () => {
    await acquireLease(client, TABLE, 'twice', ONCE);
    await expect(acquireLease(client, TABLE, 'twice', ONCE)).rejects.toThrow(LeaseHeldError);
  });

  it('an expired lease is taken over, and its former holder can no longer release it', async () => {
    const dead = await acquireLease(client, TABLE, 'dead', ONCE);
    const expired = { kind: 'lease', id: 'sync', holder: 'dead', expiresAt: 1 };
    await client.send(new PutCommand({ TableName: TABLE, Item: expired }));
    await acquireLease(client, TABLE, 'next', ONCE);
    await dead.release();
    await expect(acquireLease(client, TABLE, 'third', ONCE)).rejects.toThrow(LeaseHeldError);
  });
});
