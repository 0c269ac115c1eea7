import { ReceiverMetric } from '../../lambda/shared/metrics';
import { RUN_MS } from '../lag/simulation';
import { notificationText } from '../receiver/notification';
import { PRICES, type PriceName } from './prices';
import { HOURS, type StackFacts, sum } from './stack-facts';

/** What can be left out, together with all that only it costs. */
export type Feature =
  | 'topic metrics'
  | 'sync metrics'
  | 'dashboard'
  | 'alarms'
  | 'archive'
  | 'access log'
  | 'redrive'
  | 'web ACL'
  | 'load balancer';

/** One line of a month's bill. */
export interface Line {
  readonly for: string;
  readonly price: PriceName;
  /** Of what the price counts. */
  readonly units: number;
  /** @default - it can't be left out */
  readonly feature?: Feature;
}

const DAYS = HOURS / 24;
const GB = 1024 ** 3;
const KB = 1024;

/** A conversation with one part: what the bench of the receiver sends. */
const BODY = Buffer.byteLength(notificationText(1));
/** What EventBridge adds to a notification, and what HTTP adds to a body: headers with a signature. */
const ENVELOPE = 500;
const HEADERS = 1000;
/** The answer with its headers, and the share of a TLS handshake where a connection carries a few requests. */
const ANSWER = 1000;
/** Milliseconds that are charged for a notification: decision 10 has 20 to 50 with AWS itself. */
const RECEIVER_MS = 50;
/** One record of 630 bytes and three lines of Lambda's own, each counted with 26 bytes more. */
const RECEIVER_LOG = 1000;
/** Lambda's own three lines: where there is nothing to do the redrive writes none. */
const REDRIVE_LOG = 350;
/** The record of a run, its summary, some ten records of metrics, and Lambda's own lines. */
const SYNC_LOG = 9000;
/** It waits for messages for a second. */
const REDRIVE_MS = 1100;
/** A line of the access log. Firehose counts it as 5 KB. */
const ACCESS_LINE = 450;
const FIREHOSE_STEP = 5 * KB;
/** What gzip leaves of a log, in a bucket and by CloudWatch Logs alike. */
const GZIPPED = 0.15;
/** A line of the load balancer's access log. */
const BALANCER_LINE = 700;
/** Load balancers write their log each five minutes, in each zone; Firehose after a minute. */
const BALANCER_FILES = HOURS * 12;
const ACCESS_FILES = HOURS * 60;
/** An id in the table, with what DynamoDB adds; it is there for a day. */
const ID_ITEM = 300;
/** The state: a few items. A run reads it once, strongly. */
const STATE = 8 * KB;
/** Topics that are subscribed to, and the metrics of each: received, accepted, duplicates, latency. */
const TOPICS = 10;
const METRICS_OF_TOPIC = 4;
/** The busiest minute against the average, which says how many instances of the receiver there are. */
const PEAK = 20;
/** Each instance reads two versions of the secret in five minutes. */
const SECRET_READS = 2 * 12;
/** Opened dashboards, each of which asks the widget once. */
const VIEWS = 200;
const WIDGET_MS = 500;
/** Requests of strangers a day: an API has a name that nobody guesses, a load balancer's group drops them. */
const STRANGERS = 100;
const BLOCKED_LOG = 1500;
/** What scans the internet, at two addresses. */
const REJECTED_PACKETS = 20_000;
const REJECTED_LOG = 150;

/** A month of one stack that gets so many notifications, spread evenly. */
export function billOf(facts: StackFacts, notifications: number): Line[] {
  const lines = [
    ...traffic(facts, notifications),
    ...receiver(facts, notifications),
    ...sync(facts),
    ...watching(facts, notifications),
    ...accessLog(facts, notifications),
    ...(facts.loadBalancers > 0 ? loadBalancer(facts, notifications) : []),
  ];
  return lines.filter(({ units }) => units > 0);
}

/** In US dollars. */
export function costOf({ price, units }: Pick<Line, 'price' | 'units'>): number {
  return (units / PRICES[price].per) * PRICES[price].usd;
}

export function totalOf(lines: readonly Line[]): number {
  return sum(lines.map(costOf));
}

function traffic({ webAcls, rules, loadBalancers }: StackFacts, notifications: number): Line[] {
  const strangers = loadBalancers > 0 ? 0 : STRANGERS * DAYS;
  return [
    { for: 'web ACL', price: 'webAcls', units: webAcls, feature: 'web ACL' },
    { for: 'its rules', price: 'rules', units: rules, feature: 'web ACL' },
    { for: 'requests through it', price: 'inspected', units: notifications + strangers, feature: 'web ACL' },
    { for: 'requests to the API', price: 'apiRequests', units: notifications },
    { for: 'answers', price: 'internet', units: (notifications * ANSWER) / GB },
  ];
}

function receiver(facts: StackFacts, notifications: number): Line[] {
  const { memory, kept, redriveRuns, secrets } = facts;
  const archived = (notifications * (BODY + ENVELOPE)) / GB;
  const instances = Math.ceil((notifications * PEAK * RECEIVER_MS) / (HOURS * 3_600_000));
  return [
    { for: 'receiver', price: 'invocations', units: notifications },
    { for: 'receiver', price: 'compute', units: (notifications * RECEIVER_MS * memory.receiver) / 1000 },
    { for: 'claiming and settling ids', price: 'writes', units: 2 * notifications },
    { for: 'ids of a day', price: 'items', units: (notifications * ID_ITEM) / DAYS / GB },
    {
      for: 'notifications on the bus',
      price: 'events',
      units: notifications * Math.ceil((BODY + ENVELOPE) / (64 * KB)),
    },
    { for: 'notifications into the archive', price: 'archiving', units: archived, feature: 'archive' },
    {
      for: `archive of ${kept.archive} days`,
      price: 'archived',
      units: archived * (kept.archive / DAYS),
      feature: 'archive',
    },
    { for: 'client secret', price: 'secrets', units: secrets },
    {
      for: 'reading the secret',
      price: 'secretCalls',
      units: Math.min(2 * notifications, instances * HOURS * SECRET_READS),
    },
    { for: 'redrive each minute', price: 'schedules', units: redriveRuns, feature: 'redrive' },
    { for: 'redrive each minute', price: 'invocations', units: redriveRuns, feature: 'redrive' },
    {
      for: 'redrive each minute',
      price: 'compute',
      units: (redriveRuns * REDRIVE_MS * memory.redrive) / 1000,
      feature: 'redrive',
    },
    { for: 'looking into the overflow', price: 'queueCalls', units: redriveRuns, feature: 'redrive' },
    ...log('receiver', notifications * RECEIVER_LOG, kept.receiverLog),
    ...log('redrive', redriveRuns * REDRIVE_LOG, kept.redriveLog, 'redrive'),
  ];
}

function sync({ syncRuns, memory, kept }: StackFacts): Line[] {
  return [
    { for: 'sync', price: 'schedules', units: syncRuns },
    { for: 'sync', price: 'invocations', units: syncRuns },
    { for: 'sync', price: 'compute', units: (syncRuns * RUN_MS * memory.sync) / 1000 },
    { for: 'reading the state', price: 'reads', units: syncRuns * Math.ceil(STATE / (4 * KB)) },
    { for: 'state', price: 'items', units: STATE / GB },
    { for: 'state as it was', price: 'backups', units: STATE / GB },
    ...log('sync', syncRuns * SYNC_LOG, kept.syncLog),
  ];
}

function watching(facts: StackFacts, notifications: number): Line[] {
  const { alarms, dashboards, syncMetrics, memory, kept, loadBalancers } = facts;
  const ofTopics = TOPICS * METRICS_OF_TOPIC;
  // A metric is charged for the hours in which it gets a value.
  const hours = (share: number) => Math.min(1, (notifications * share) / HOURS);
  const strangers = loadBalancers > 0 ? 0 : STRANGERS * DAYS;
  return [
    { for: 'alarms', price: 'alarms', units: alarms, feature: 'alarms' },
    { for: 'dashboard', price: 'dashboards', units: dashboards, feature: 'dashboard' },
    { for: 'metrics of the sync', price: 'metrics', units: syncMetrics, feature: 'sync metrics' },
    { for: 'metrics of the receiver', price: 'metrics', units: Object.keys(ReceiverMetric).length * hours(1) },
    {
      for: `the same by topic, ${TOPICS} of them`,
      price: 'metrics',
      units: ofTopics * hours(1 / TOPICS),
      feature: 'topic metrics',
    },
    { for: 'widget', price: 'invocations', units: VIEWS, feature: 'dashboard' },
    { for: 'widget', price: 'compute', units: (VIEWS * WIDGET_MS * memory.widget) / 1000, feature: 'dashboard' },
    {
      for: 'widget reading the state',
      price: 'reads',
      units: VIEWS * Math.ceil(STATE / (4 * KB)),
      feature: 'dashboard',
    },
    ...log('widget', VIEWS * REDRIVE_LOG, kept.widgetLog, 'dashboard'),
    ...log('blocked requests', strangers * BLOCKED_LOG, kept.blockedLog, 'web ACL'),
  ];
}

function accessLog({ kept }: StackFacts, notifications: number): Line[] {
  const feature = 'access log';
  return [
    { for: 'access log', price: 'firehose', units: (notifications * FIREHOSE_STEP) / GB, feature },
    { for: 'files of the access log', price: 'objectsPut', units: Math.min(notifications, ACCESS_FILES), feature },
    {
      for: `access log of ${kept.accessLog} days`,
      price: 'objects',
      units: ((notifications * ACCESS_LINE * GZIPPED) / GB) * (kept.accessLog / DAYS),
      feature,
    },
  ];
}

function loadBalancer({ loadBalancers, zones, endpointZones, kept }: StackFacts, notifications: number): Line[] {
  const feature = 'load balancer';
  const bytes = notifications * (BODY + HEADERS + ANSWER);
  const lines: Line[] = [
    { for: 'load balancer', price: 'loadBalancers', units: loadBalancers * HOURS },
    { for: 'its capacity units', price: 'capacity', units: capacityUnits(notifications, bytes) * HOURS },
    { for: 'its public addresses', price: 'addresses', units: zones * HOURS },
    { for: 'interface endpoint', price: 'endpoints', units: endpointZones * HOURS },
    { for: 'requests and answers through it', price: 'endpointData', units: bytes / GB },
    { for: 'files of its access log', price: 'objectsPut', units: Math.min(notifications, zones * BALANCER_FILES) },
    {
      for: `its access log of ${kept.accessLog} days`,
      price: 'objects',
      units: ((notifications * BALANCER_LINE * GZIPPED) / GB) * (kept.accessLog / DAYS),
    },
    ...log('flow log of rejected packets', REJECTED_PACKETS * DAYS * REJECTED_LOG, kept.rejectedLog),
  ];
  return lines.map((line) => ({ ...line, feature }));
}

/** The largest of what a unit holds: 25 new connections a second, 1 GB an hour. A rule or two are free. */
function capacityUnits(notifications: number, bytes: number): number {
  const connections = notifications / (HOURS * 3600) / 25;
  return Math.max(connections, bytes / GB / HOURS);
}

function log(what: string, bytes: number, days: number, feature?: Feature): Line[] {
  const kept = {
    for: `log: ${what}, ${days} days`,
    price: 'logsKept',
    units: ((bytes * GZIPPED) / GB) * (days / DAYS),
  } as const;
  const written = { for: `log: ${what}`, price: 'logsIn', units: bytes / GB } as const;
  return [written, kept].map((line) => ({ ...line, ...(feature && { feature }) }));
}
