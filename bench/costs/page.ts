import { table } from '../figures';
import { EDGES, type EdgeName } from '../template';
import { billOf, type Feature, type Line, totalOf } from './bill';
import { PRICES, type Price } from './prices';
import { HOURS, type StackFacts, sum } from './stack-facts';

const VOLUMES = [1000, 100_000, 10_000_000] as const;
const EDGE_NAMES = Object.keys(EDGES) as EdgeName[];

const MILLION = 1_000_000;

type AllFacts = Readonly<Record<EdgeName, StackFacts>>;

/** What one may do without. */
interface Switch {
  readonly what: string;
  readonly lost: string;
  readonly where: string;
  readonly features: readonly Feature[];
  readonly edge: EdgeName;
}

/** The dearest first, at few notifications. */
const SWITCHES: readonly Switch[] = [
  {
    what: 'the load balancer, by `edge=regional`',
    lost: 'a security group before it, a host name and a network path of your own',
    where: '`cdk.json`',
    features: ['load balancer'],
    edge: 'alb',
  },
  {
    what: 'metrics by region and target, and of a run',
    lost: 'the graphs of ranges and feeds, and seven alarms with them',
    where: '`lambda/sync/metrics.ts`',
    features: ['sync metrics'],
    edge: 'regional',
  },
  {
    what: 'the web ACL behind a load balancer',
    lost: 'the second guard, and the log of what it blocks; the security group stays',
    where: '`lib/alb-edge.ts`',
    features: ['web ACL'],
    edge: 'alb',
  },
  {
    what: 'metrics by topic',
    lost: 'which topic comes how often',
    where: '`lambda/receiver/report.ts`',
    features: ['topic metrics'],
    edge: 'regional',
  },
  {
    what: 'the dashboard with its widget',
    lost: 'the view, and plans and approvals by button; `npx allowlist` stays',
    where: '`lib/intercom-allowlist-stack.ts`',
    features: ['dashboard'],
    edge: 'regional',
  },
  {
    what: 'the alarms',
    lost: 'being told: nobody should do without',
    where: '`lib/alarms.ts`',
    features: ['alarms'],
    edge: 'regional',
  },
  {
    what: 'the redrive each minute, if you invoke it yourself',
    lost: 'what the bus did not take stays in the overflow until then',
    where: '`lib/redrive.ts`',
    features: ['redrive'],
    edge: 'regional',
  },
  {
    what: 'the access log of the API',
    lost: 'who called and how it was answered, where the function was not reached',
    where: '`lib/webhook-api.ts`',
    features: ['access log'],
    edge: 'regional',
  },
  {
    what: 'the archive on the bus',
    lost: 'replaying the last 14 days',
    where: '`lib/receiver.ts`',
    features: ['archive'],
    edge: 'regional',
  },
];

/** All of docs/costs.md below its title. */
export function pageOf(facts: AllFacts): string {
  return [
    `Written by \`npm run bench -- costs\`: list prices of us-east-1 in US dollars, without taxes, for a month of ${HOURS} hours in which the
notifications come evenly, each of the size of a conversation with one part. **Nothing that is free is taken off**: an account's first
three dashboards, ten alarms and ten metrics, 5 GB of logs, a million requests to Lambda and to SQS and 14 million starts of the
Scheduler are, among others, so a small stack in a young account costs less. What your own rules on the bus cost is not in it, nor is
a domain; the certificate is free.`,
    summary(facts),
    `How often schedules start, how many alarms, rules and metrics there are and how long a log is kept comes from the synthesized
templates; how long a request takes and a line of a log is, from [\`bench/costs/bill.ts\`](../bench/costs/bill.ts), each with its reason.`,
    ...EDGE_NAMES.map((edge) => breakdown(edge, facts[edge])),
    '## What could be switched off',
    `US dollars a month that go with it. But for the first, none has a key: each is a few lines in the file that is named. Without both
kinds of metrics, the dashboard and the access log a stack still does all of its work.`,
    switches(facts),
    '## Prices',
    `Each links to AWS's own page, which shows today's price of every AWS Region, and to where this one was seen: mostly a dated copy of
AWS's price list. The list for VPC was not opened itself, but quoted with its date. What is **not confirmed** is said everywhere, but
was in no dated copy that could be had.`,
    prices(),
  ].join('\n\n');
}

function summary(facts: AllFacts): string {
  const rows = EDGE_NAMES.flatMap((edge) =>
    VOLUMES.map((volume) => {
      const total = totalOf(billOf(facts[edge], volume));
      return [edge, grouped(volume), money(total), money((total / volume) * MILLION)];
    }),
  );
  const fixed = EDGE_NAMES.map((edge) => `${money(totalOf(billOf(facts[edge], 0)))} (${edge})`);
  const more = EDGE_NAMES.map((edge) => `${money(furtherMillion(facts[edge]))} (${edge})`);
  return `${table(['edge', 'notifications', 'in all', 'for a million of them'], rows)}

Without any notification a stack costs ${fixed.join(' and ')}.
Beyond ten million each further million costs ${more.join(' and ')}.`;
}

function furtherMillion(facts: StackFacts): number {
  const most = Math.max(...VOLUMES);
  return totalOf(billOf(facts, most + MILLION)) - totalOf(billOf(facts, most));
}

function breakdown(edge: EdgeName, facts: StackFacts): string {
  const bills = VOLUMES.map((volume) => billOf(facts, volume));
  const kinds = (bills.at(-1) ?? []).map((kind) => ({
    cells: [kind.for, PRICES[kind.price].what],
    costs: bills.map((bill) => totalOf(bill.filter((line) => sameKind(line, kind)))),
  }));
  const [small, large] = [kinds.filter(isSmall), kinds.filter((kind) => !isSmall(kind))];
  const rest = VOLUMES.map((_, index) => money(sum(small.map(({ costs }) => costs[index] ?? 0))));
  const rows = [
    ...large.map(({ cells, costs }) => [...cells, ...costs.map(money)]),
    [`${small.length} lines, none of two cents`, '', ...rest],
    ['**in all**', '', ...bills.map((bill) => `**${money(totalOf(bill))}**`)],
  ];
  return `## The ${edge} edge\n\n${table(['for', 'price', ...VOLUMES.map(grouped)], rows, { text: 2 })}`;
}

function isSmall({ costs }: { readonly costs: readonly number[] }): boolean {
  return costs.every((usd) => usd < 0.02);
}

function sameKind(line: Line, kind: Line): boolean {
  return line.for === kind.for && line.price === kind.price;
}

function switches(facts: AllFacts): string {
  const rows = SWITCHES.map(({ what, lost, where, features, edge }) => {
    const saved = VOLUMES.map((volume) =>
      totalOf(billOf(facts[edge], volume).filter(({ feature }) => feature && features.includes(feature))),
    );
    return [what, lost, where, ...saved.map(money)];
  });
  return table(['what', 'what is lost', 'where', ...VOLUMES.map(grouped)], rows, { text: 3 });
}

/** The table, and the addresses that it refers to by number: whole ones would make it unreadable as text. */
function prices(): string {
  const all = Object.values<Price>(PRICES);
  const urls = [...new Set(all.flatMap(({ source }) => source?.url ?? []))];
  const rows = all.map(({ what, unit, page, source, usd }) => {
    const seen = source
      ? [`[${source.name}][${urls.indexOf(source.url) + 1}]`, source.date]
      : ['**not confirmed**', '-'];
    return [`[${what}](${page})`, unit, ...seen, String(usd)];
  });
  const addresses = urls.map((url, index) => `[${index + 1}]: ${url}`);
  return [table(['what', 'for a', 'seen in', 'of', 'USD'], rows, { text: 4 }), addresses.join('\n')].join('\n\n');
}

/** In US dollars; what is less than a cent is not nothing. */
function money(usd: number): string {
  if (usd > 0 && usd < 0.005) return '<0.01';
  return usd.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
}

/** `10,000,000` */
function grouped(count: number): string {
  return count.toLocaleString('en-US');
}
