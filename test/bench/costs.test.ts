import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { billOf, costOf, type Line, totalOf } from '../../bench/costs/bill';
import { pageOf } from '../../bench/costs/page';
import { costs } from '../../bench/costs/part';
import { PRICES, type Price, type PriceName } from '../../bench/costs/prices';
import { factsOf } from '../../bench/costs/stack-facts';
import { sectionOf } from '../../bench/document';
import { ALB, synthesize } from '../lib/template';

const FACTS = { regional: factsOf(synthesize()), alb: factsOf(synthesize(ALB)) };
const MILLION = 1_000_000;

/** What all lines of a price cost, over a million notifications. */
function costBy(price: PriceName, lines: readonly Line[] = billOf(FACTS.alb, MILLION)): number {
  return totalOf(lines.filter((line) => line.price === price));
}

it('docs/costs.md is what the templates and the prices give', () => {
  const document = readFileSync(join(__dirname, '..', '..', 'docs', 'costs.md'), 'utf8');
  const page = sectionOf(costs, { text: pageOf(FACTS) }, '');
  // If this fails, something in the stack changed what it costs: npm run bench -- costs
  expect(document).toBe(`${page}\n`);
});

it.each<[PriceName, number, string]>([
  ['apiRequests', 3.5, 'a million at $3.50'],
  ['webAcls', 5, 'one'],
  ['rules', 3, 'two IP sets, and what calls itself Intercom'],
  ['events', 1, 'each under 64 KB'],
  ['writes', 1.25, 'an id is claimed and settled: 2 million at $0.625'],
  ['alarms', 1.6, 'sixteen'],
  ['loadBalancers', 16.425, '730 h at $0.0225'],
  ['addresses', 7.3, 'in two zones: 1,460 h at $0.005'],
  ['endpoints', 14.6, 'in two zones: 1,460 h at $0.01'],
  ['capacity', 0.08888, '1,000,000 / 2,628,000 s / 25 = 0.01522 units, 730 h at $0.008'],
  ['metrics', 31.2, '11 + 3 regions x 2 + 3 targets x 3 + 2 targets x 3 regions x 5 = 56, 8, 10 topics x 4, at $0.30'],
])('%s: %d, %s', (price, usd) => {
  expect(costBy(price)).toBeCloseTo(usd, 4);
});

it('the schedules start the sync 34 times a day, and the redrive each minute', () => {
  expect(FACTS.regional.syncRuns).toBe((34 * 365) / 12);
  expect(FACTS.regional.redriveRuns).toBe(43_800);
  expect(costBy('schedules')).toBeCloseTo((34 * 365) / 12 / MILLION + 0.0438, 6);
});

it('the receiver is charged by its memory: 50 ms of 1 GB a million times are 50,000 GB-seconds', () => {
  const ofReceiver = billOf(FACTS.regional, MILLION).filter((line) => line.for === 'receiver');
  expect(costBy('compute', ofReceiver)).toBeCloseTo(50_000 * 0.000_013_333_4, 6);
});

it('without a load balancer nothing of a network is charged', () => {
  const bill = billOf(FACTS.regional, MILLION);
  for (const price of ['loadBalancers', 'capacity', 'addresses', 'endpoints', 'endpointData'] as const) {
    expect(costBy(price, bill)).toBe(0);
  }
});

it('a line costs its units by the price', () => {
  expect(costOf({ price: 'secretCalls', units: 25_000 })).toBeCloseTo(0.125, 10);
});

it('each price has a page of AWS, and a dated source where it is confirmed', () => {
  const all = Object.entries<Price>(PRICES);
  for (const [, { page, source }] of all) {
    expect(page).toMatch(/^https:\/\/aws\.amazon\.com\/[a-z0-9-]+\/pricing\/$/);
    if (source)
      expect(source).toMatchObject({
        url: expect.stringMatching(/^https:/),
        date: expect.stringMatching(/^20\d\d-\d\d-\d\d$/),
      });
  }
  expect(all.filter(([, { source }]) => !source).map(([name]) => name)).toEqual(['schedules', 'firehose']);
});
