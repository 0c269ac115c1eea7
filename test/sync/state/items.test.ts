import { createHash } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import type { OwnershipRecord } from '../../../lambda/core/plan/entries';
import { compareRanges, formatRange } from '../../../lambda/core/ranges/range';
import { INTERCOM_REGIONS } from '../../../lambda/shared/intercom-regions';
import { feedItem, sameOwned, stateIn, targetItem } from '../../../lambda/sync/state/items';
import { anyRangeAtAll, rangeOf } from '../../core/ranges/arbitraries';

/** docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html: names and values of an item. */
const MAX_ITEM_BYTES = 400 * 1024;

/** The size as DynamoDB counts it: the UTF-8 bytes of each name, and the UTF-8 or binary bytes of each value, without undefined values. */
function itemBytes(item: object): number {
  return Object.entries(item).reduce((sum, [name, value]) => {
    if (value === undefined) return sum;
    if (typeof value !== 'string' && !(value instanceof Uint8Array))
      throw new Error(`${name} has a type that this function does not count`);
    return sum + Buffer.byteLength(name) + Buffer.byteLength(value);
  }, 0);
}

/** Bytes that cannot be compressed but are the same in every run. */
const hashOf = (text: string) => createHash('sha512').update(text).digest();

/** A time within one year, with milliseconds. */
const timeOf = (text: string) => new Date(1.76e12 + (hashOf(text).readUIntBE(0, 6) % 3.2e10)).toISOString();

/** Single IPv6 addresses that cannot be compressed. */
function randomAddresses(count: number): OwnershipRecord[] {
  return Array.from({ length: count }, (_, i) => {
    const address = BigInt(`0x${hashOf(`address ${i}`).subarray(0, 16).toString('hex')}`);
    return { range: rangeOf(6, address, 128), intercomRegions: ['us' as const], addedAt: '2026-06-29T08:05:00.000Z' };
  }).sort((a, b) => compareRanges(a.range, b.range));
}

const ownedIn = (item: object) => stateIn([item]).owned.get('set');

describe('an item of a target', () => {
  it.each<[string, (record: OwnershipRecord, i: number) => OwnershipRecord]>([
    ['added at the same time', (record) => record],
    ['added at different times', (record, i) => ({ ...record, addedAt: timeOf(`added ${i}`) })],
    [
      'added and withdrawn at different times, of any regions',
      (record, i) => ({
        ...record,
        intercomRegions: INTERCOM_REGIONS.filter((region) => (hashOf(`${region} ${i}`)[0] as number) < 0x80),
        addedAt: timeOf(`added ${i}`),
        unapproved: (hashOf(`unapproved ${i}`)[0] as number) < 0x80 ? ('recent' as const) : undefined,
        absentSince: timeOf(`absent ${i}`),
      }),
    ],
  ])('holds 10,000 random IPv6 addresses %s', (_rule, change) => {
    const many = randomAddresses(10_000).map(change);
    const item = targetItem('set', many);
    expect(itemBytes(item)).toBeLessThan(MAX_ITEM_BYTES);
    expect(ownedIn(item)).toEqual(many);
  });

  const anyTime = fc.date({ min: new Date(0), noInvalidDate: true }).map((time) => time.toISOString());
  const anyRecord = fc.record({
    range: anyRangeAtAll,
    intercomRegions: fc.subarray([...INTERCOM_REGIONS]),
    addedAt: anyTime,
    unapproved: fc.constantFrom(undefined, 'recent' as const, 'limiting' as const),
    absentSince: fc.option(anyTime, { nil: undefined }),
  });
  const anyRecords = fc.uniqueArray(anyRecord, { selector: ({ range }) => formatRange(range), maxLength: 40 });

  it('returns any records that were stored, sorted', () => {
    fc.assert(
      fc.property(anyRecords, (records) => {
        const sorted = [...records].sort((a, b) => compareRanges(a.range, b.range));
        expect(ownedIn(targetItem('set', records))).toEqual(sorted);
      }),
    );
  });

  it('does not depend on the order of the records', () => {
    fc.assert(
      fc.property(anyRecords, (records) => {
        const reversed = [...records].reverse();
        expect(targetItem('set', reversed)).toEqual(targetItem('set', records));
        expect(sameOwned(reversed, records)).toBe(true);
      }),
    );
  });

  it('differs if one record has a different value', () => {
    fc.assert(
      fc.property(
        anyRecords,
        anyRecord,
        fc.constantFrom('intercomRegions', 'addedAt', 'unapproved', 'absentSince'),
        (others, one, field) => {
          const cleared = { unapproved: undefined, absentSince: undefined };
          const changed = { ...one, ...cleared, intercomRegions: [], addedAt: '2026-06-29T08:05:00.000Z' };
          const other = { ...one, [field]: changed[field] };
          fc.pre(JSON.stringify(one[field]) !== JSON.stringify(other[field]));
          expect(sameOwned([...others, one], [...others, other])).toBe(false);
        },
      ),
    );
  });

  it('differs if there is one more record', () => {
    fc.assert(fc.property(anyRecords, anyRecord, (some, one) => expect(sameOwned(some, [...some, one])).toBe(false)));
  });

  const good = {
    range: ['34.0.0.0/32'],
    intercomRegions: [['us']],
    addedAt: ['2026-06-29T08:05:00.000Z'],
    unapproved: [null],
    absentSince: [null],
  };
  const packed = (value: unknown) => deflateSync(JSON.stringify(value));

  it('is decoded from its columns', () => {
    expect(ownedIn({ kind: 'target', id: 'set', owned: packed(good) })).toHaveLength(1);
  });

  it.each<[string, unknown]>([
    [
      'in an earlier format',
      [{ addedAt: '2026-06-29T08:05:00.000Z', intercomRegions: ['us'], ranges: ['34.0.0.0/32'] }],
    ],
    ['that is not deflated', Buffer.from(JSON.stringify(good))],
    ['that was truncated', packed(good).subarray(0, 40)],
    ['with a flipped bit', flipped(packed(good))],
    ['that is not JSON', deflateSync('{')],
    ['without a column', packed({ ...good, intercomRegions: undefined })],
    ['with a column that is too short', packed({ ...good, addedAt: [] })],
    ['with an invalid range', packed({ ...good, range: ['34.0.0'] })],
    ['with an unknown region', packed({ ...good, intercomRegions: [['uk']] })],
  ])('%s counts as lost', (_rule, owned) => {
    expect(ownedIn({ kind: 'target', id: 'set', owned })).toBeUndefined();
  });
});

describe('an item of a feed', () => {
  it('holds 10,000 random IPv6 addresses', () => {
    const ranges = randomAddresses(10_000).map(({ range }) => range);
    const feed = { region: 'eu' as const, source: 'https://feeds.example', etag: '"a"', date: undefined, ranges };
    const item = feedItem({ ...feed, newestDate: undefined });
    expect(itemBytes(item)).toBeLessThan(MAX_ITEM_BYTES);
    expect(stateIn([item]).feeds.get('eu')).toEqual(feed);
  });

  it('with an invalid range counts as lost', () => {
    const item = { kind: 'feed', id: 'eu', source: 'https://feeds.example', ranges: deflateSync('["34.0.0"]') };
    expect(stateIn([item]).feeds.size).toBe(0);
  });
});

function flipped(bytes: Buffer): Buffer {
  return Buffer.from(bytes.map((byte, i) => (i === 20 ? byte ^ 1 : byte)));
}
