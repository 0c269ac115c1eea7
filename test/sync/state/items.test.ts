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

/** As DynamoDB counts it: the UTF-8 of each name, and each value's UTF-8 or bytes. What is undefined is not sent. */
function itemBytes(item: object): number {
  return Object.entries(item).reduce((sum, [name, value]) => {
    if (value === undefined) return sum;
    if (typeof value !== 'string' && !(value instanceof Uint8Array)) throw new Error(`${name} is counted otherwise`);
    return sum + Buffer.byteLength(name) + Buffer.byteLength(value);
  }, 0);
}

/** Bytes that no compression makes fewer, yet the same in each run. */
const hashOf = (text: string) => createHash('sha512').update(text).digest();

/** A time of one year, to the millisecond. */
const timeOf = (text: string) => new Date(1.76e12 + (hashOf(text).readUIntBE(0, 6) % 3.2e10)).toISOString();

/** As many single IPv6 addresses, of which nothing can be told from another. */
function randomAddresses(count: number): OwnershipRecord[] {
  return Array.from({ length: count }, (_, i) => {
    const address = BigInt(`0x${hashOf(`address ${i}`).subarray(0, 16).toString('hex')}`);
    return { range: rangeOf(6, address, 128), intercomRegions: ['us' as const], addedAt: '2026-06-29T08:05:00.000Z' };
  }).sort((a, b) => compareRanges(a.range, b.range));
}

const ownedIn = (item: object) => stateIn([item]).owned.get('set');

describe('an item of a target', () => {
  it.each<[string, (record: OwnershipRecord, i: number) => OwnershipRecord]>([
    ['that came together', (record) => record],
    ['that each came at another time', (record, i) => ({ ...record, addedAt: timeOf(`added ${i}`) })],
    [
      'that each came and went at another time, of any regions',
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

  it('gives back any records, sorted', () => {
    fc.assert(
      fc.property(anyRecords, (records) => {
        const sorted = [...records].sort((a, b) => compareRanges(a.range, b.range));
        expect(ownedIn(targetItem('set', records))).toEqual(sorted);
      }),
    );
  });

  it('is the same in whatever order the records come', () => {
    fc.assert(
      fc.property(anyRecords, (records) => {
        const reversed = [...records].reverse();
        expect(targetItem('set', reversed)).toEqual(targetItem('set', records));
        expect(sameOwned(reversed, records)).toBe(true);
      }),
    );
  });

  it('is another one if one record has another value', () => {
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

  it('is another one with one record more', () => {
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

  it('is read from its columns', () => {
    expect(ownedIn({ kind: 'target', id: 'set', owned: packed(good) })).toHaveLength(1);
  });

  it.each<[string, unknown]>([
    ['of the form before', [{ addedAt: '2026-06-29T08:05:00.000Z', intercomRegions: ['us'], ranges: ['34.0.0.0/32'] }]],
    ['that is not deflated', Buffer.from(JSON.stringify(good))],
    ['that was cut off', packed(good).subarray(0, 40)],
    ['with a bit turned over', flipped(packed(good))],
    ['that is not JSON', deflateSync('{')],
    ['without a column', packed({ ...good, intercomRegions: undefined })],
    ['with a column that is too short', packed({ ...good, addedAt: [] })],
    ['with a range that is none', packed({ ...good, range: ['34.0.0'] })],
    ['with a region that is none', packed({ ...good, intercomRegions: [['uk']] })],
  ])('%s is not remembered', (_rule, owned) => {
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

  it('with a range that is none is not remembered', () => {
    const item = { kind: 'feed', id: 'eu', source: 'https://feeds.example', ranges: deflateSync('["34.0.0"]') };
    expect(stateIn([item]).feeds.size).toBe(0);
  });
});

function flipped(bytes: Buffer): Buffer {
  return Buffer.from(bytes.map((byte, i) => (i === 20 ? byte ^ 1 : byte)));
}
