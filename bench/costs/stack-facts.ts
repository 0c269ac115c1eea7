import type { Template } from 'aws-cdk-lib/assertions';
import { REGIONS } from '../../lambda/shared/regions';
import { metricSets } from '../../lambda/sync/metrics';
import type { TargetReport } from '../../lambda/sync/report';
import { expandYear } from '../lag/year';
import { schedulesOf } from '../schedule';

/** AWS's own month. */
export const HOURS = 730;

/** What a stack has, as its template says, and how often its schedules start. */
export interface StackFacts {
  readonly webAcls: number;
  readonly rules: number;
  readonly secrets: number;
  readonly alarms: number;
  readonly dashboards: number;
  /** Metrics that each run of the sync writes. */
  readonly syncMetrics: number;
  readonly syncRuns: number;
  readonly redriveRuns: number;
  /** Memory in GB. */
  readonly memory: Readonly<Record<FunctionName, number>>;
  /** Days that something is kept. */
  readonly kept: Readonly<Record<Kept, number>>;
  readonly loadBalancers: number;
  /** Zones that a load balancer stands in: it has an address in each. */
  readonly zones: number;
  readonly endpointZones: number;
}

/** By the beginning of the logical id. */
const FUNCTIONS = {
  receiver: 'ReceiverFunction',
  redrive: 'ReceiverRedriveFunction',
  sync: 'SyncFunction',
  widget: 'WidgetFunction',
} as const;
export type FunctionName = keyof typeof FUNCTIONS;

const LOGS = {
  receiverLog: 'ReceiverLogs',
  redriveLog: 'ReceiverRedriveLogs',
  syncLog: 'SyncLogs',
  widgetLog: 'WidgetLogs',
  blockedLog: 'EdgeBlockedRequests',
} as const;
type Kept = keyof typeof LOGS | 'accessLog' | 'archive' | 'rejectedLog';

export function factsOf(template: Template): StackFacts {
  const all = (type: string, id = '') =>
    Object.entries(template.findResources(type))
      .filter(([logicalId]) => logicalId.startsWith(id))
      .map(([, { Properties }]) => Properties);
  const first = (type: string, id = '') => all(type, id)[0];
  const retention = (id: string): number => first('AWS::Logs::LogGroup', id)?.RetentionInDays ?? 0;
  const mapped = <Key extends string>(ids: Readonly<Record<Key, string>>, of: (id: string) => number) =>
    Object.fromEntries(Object.entries<string>(ids).map(([key, id]) => [key, of(id)])) as Record<Key, number>;

  const webAcls = all('AWS::WAFv2::WebACL');
  const balancers = all('AWS::ElasticLoadBalancingV2::LoadBalancer');
  return {
    webAcls: webAcls.length,
    rules: sum(webAcls.map(({ Rules }) => Rules.length)),
    secrets: all('AWS::SecretsManager::Secret').length,
    alarms: all('AWS::CloudWatch::Alarm').length,
    dashboards: all('AWS::CloudWatch::Dashboard').length,
    syncMetrics: metricsOfRun(1 + balancers.length, 1),
    syncRuns: expandYear(schedulesOf(template, FUNCTIONS.sync)).starts.length / 12,
    redriveRuns: sum(schedulesOf(template, FUNCTIONS.redrive).map(({ expression }) => startsByRate(expression))),
    memory: mapped(FUNCTIONS, (id) => first('AWS::Lambda::Function', id).MemorySize / 1024),
    kept: {
      ...mapped(LOGS, retention),
      rejectedLog: retention('EdgeOwnVpcRejectedPackets'),
      accessLog: first('AWS::S3::Bucket', 'EdgeAccessLog').LifecycleConfiguration.Rules[0].ExpirationInDays,
      archive: first('AWS::Events::Archive').RetentionDays,
    },
    loadBalancers: balancers.length,
    zones: sum(balancers.map(({ Subnets }) => Subnets.length)),
    endpointZones: sum(all('AWS::EC2::VPCEndpoint').map(({ SubnetIds }) => SubnetIds.length)),
  };
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Starts a month. @throws Error for anything but minutes */
function startsByRate(expression: string): number {
  const minutes = /^rate\((\d+) minutes?\)$/.exec(expression)?.[1];
  if (minutes === undefined) throw new Error(`${expression} is no rate that is known here. Allowed: rate(... minutes)`);
  return (HOURS * 60) / Number(minutes);
}

/**
 * How many metrics a run over every region writes, by the code that writes them.
 *
 * @param filled targets that hold ranges of each region
 * @param empty targets that hold none, such as the IPv6 set as long as Intercom publishes no IPv6
 */
function metricsOfRun(filled: number, empty: number): number {
  const nothing = { added: [], removed: [], pendingRemoval: [], refused: { added: [], removed: [] } };
  const shares = REGIONS.map((region) => ({ region, inForce: 1, ...nothing }));
  const target = (regions: TargetReport['regions']): TargetReport => ({
    ...nothing,
    ...{ id: '', kind: 'ip-set', outcome: 'in-sync', held: [], madeRoom: [], drift: [] },
    ...{ planId: null, approved: null, error: null, apiCalls: 1 },
    regions,
  });
  const targets = [...Array(filled).fill(target(shares)), ...Array(empty).fill(target([]))];
  const feeds = REGIONS.map((region) => ({
    region,
    ...({ status: 'fresh', date: '2026-06-29', ranges: [], refused: [], error: null } as const),
  }));
  const sets = metricSets({ runId: '', mode: 'apply', outcome: 'in-sync', feeds, targets }, 1);
  return sum(sets.map(({ values }) => Object.keys(values).length));
}
