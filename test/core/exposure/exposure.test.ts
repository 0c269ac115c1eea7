import { assessExposure, type Reference } from '../../../lambda/core/exposure/exposure';
import type { CurrentEntry } from '../../../lambda/core/plan/entries';
import { parseRange } from '../../../lambda/core/ranges/range';
import { managed, others, unrecorded } from '../plan/builders';
import { groupReference, listReference } from './builders';

const PUBLISHED = ['34.197.76.213/32', '35.169.138.0/31', '2600:1f18::/48'].map(parseRange);

function assess(entries: readonly CurrentEntry[], references: readonly Reference[] = []) {
  const { exposed, exposure } = assessExposure({ entries, references }, PUBLISHED);
  return { exposed, open: exposure.map(({ range, ports }) => [range, ...ports].join(' ')) };
}

it.each([
  ['everyone by IPv4', others('0.0.0.0/0 443'), '0.0.0.0/0 443'],
  ['everyone by IPv6', others('::/0 443'), '::/0 443'],
  ['half of IPv4', others('128.0.0.0/1'), '128.0.0.0/1'],
  ['one bit wider than /20', others('52.44.0.0/19'), '52.44.0.0/19'],
  ['one bit wider than /40', others('2600:1f00::/39'), '2600:1f00::/39'],
  ['a private range that is wider than /20', others('10.0.0.0/8'), '10.0.0.0/8'],
])('an entry of others that lets in %s exposes the target', (_case, entry, open) => {
  expect(assess([entry])).toEqual({ exposed: true, open: [open] });
});

it.each([
  ['of exactly /20', others('52.44.0.0/20'), '52.44.0.0/20'],
  ['of exactly /40', others('2600:1f00::/40'), '2600:1f00::/40'],
  ['of a single address', others('203.0.113.7/32'), '203.0.113.7/32'],
  ['that contains a published range and more', others('34.197.76.212/31'), '34.197.76.212/31'],
])('an entry of others %s is listed, but does not expose the target', (_case, entry, open) => {
  expect(assess([entry])).toEqual({ exposed: false, open: [open] });
});

it.each([
  ['is published', others('34.197.76.213/32')],
  ['is part of a published range', others('35.169.138.1/32')],
  ['the sync manages and still allows', managed('52.63.36.185/32', ['au'], '2026-06-29T08:05:00.000Z')],
  ['the sync manages without an ownership record', unrecorded('52.63.36.185/32')],
])('a range that %s is no exposure', (_case, entry) => {
  expect(assess([entry])).toEqual({ exposed: false, open: [] });
});

it('a range of others that the sync allows as well is no exposure', () => {
  expect(assess([managed('52.63.36.185/32 443'), others('52.63.36.185/32 443')])).toEqual({ exposed: false, open: [] });
});

it('a managed entry that somebody has widened exposes the target until it is removed', () => {
  expect(assess([unrecorded('0.0.0.0/0')])).toEqual({ exposed: true, open: ['0.0.0.0/0'] });
});

it('a rule at several ports is one entry with its ports in order', () => {
  const rule = (port: number) => ({ ...others(`0.0.0.0/0 ${port}`), label: 'rule sgr-1 (all protocols)' });
  expect(assessExposure({ entries: [rule(8443), rule(443)] }, PUBLISHED).exposure).toEqual([
    { range: '0.0.0.0/0', ports: [443, 8443], entry: 'rule sgr-1 (all protocols)' },
  ]);
});

it('two rules with one range are two entries: closing one leaves the other', () => {
  const rule = (id: string) => ({ ...others('0.0.0.0/0 443'), label: `rule ${id}` });
  const { exposure } = assessExposure({ entries: [rule('sgr-1'), rule('sgr-2')] }, PUBLISHED);
  expect(exposure.map(({ entry }) => entry)).toEqual(['rule sgr-1', 'rule sgr-2']);
});

it('an entry without a name is called by its range', () => {
  expect(assessExposure({ entries: [others('10.0.0.0/8')] }, PUBLISHED).exposure).toEqual([
    { range: '10.0.0.0/8', ports: [], entry: 'entry 10.0.0.0/8' },
  ]);
});

it('the widest entry comes first, IPv4 and IPv6 measured by their own limits, and unjudged references last', () => {
  const entries = ['203.0.113.7/32', '2600:1f00::/39', '10.0.0.0/8', '::/0', '0.0.0.0/0', '52.44.0.0/18'].map(others);
  expect(assess(entries, [groupReference('sg-1')]).open).toEqual([
    '::/0',
    '0.0.0.0/0',
    '10.0.0.0/8',
    '52.44.0.0/18',
    '2600:1f00::/39',
    '203.0.113.7/32',
    'sg-1 443',
  ]);
});

it('a reference to a prefix list is assessed by the entries of the list', () => {
  const references = [listReference('pl-1', ['34.197.76.213/32', '0.0.0.0/0'])];
  expect(assessExposure({ entries: [], references }, PUBLISHED)).toEqual({
    exposed: true,
    exposure: [{ range: '0.0.0.0/0', ports: [443], entry: 'rule sgr-1 (tcp 443), prefix list pl-1' }],
  });
});

it.each([
  ['a prefix list whose entries are all published', listReference('pl-1', ['34.197.76.213/32'])],
  ['an empty prefix list', listReference('pl-1', [])],
])('a reference to %s is no exposure', (_case, reference) => {
  expect(assess([], [reference])).toEqual({ exposed: false, open: [] });
});

it.each([
  [
    'a prefix list of AWS by its name',
    listReference('pl-3b927c52', undefined, 'com.amazonaws.global.x'),
    'com.amazonaws.global.x',
  ],
  ['a prefix list that cannot be read by its id', listReference('pl-1', undefined), 'pl-1'],
  ['a security group by its id', groupReference('sg-1'), 'sg-1'],
])('a reference to %s is listed, but not assessed', (_case, reference, name) => {
  expect(assess([], [reference])).toEqual({ exposed: false, open: [`${name} 443`] });
});
