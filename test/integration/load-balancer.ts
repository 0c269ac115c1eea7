import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  DescribeListenersCommand,
  DescribeLoadBalancersCommand,
  DescribeRulesCommand,
  DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client,
  type Listener,
  type Rule,
  type RuleCondition,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { AWS_REGION, clientConfig } from '../../dev/closed-environment';
import { passOn, read, write } from './pass-on';

/** A deployed load balancer. */
export interface DeployedLoadBalancer {
  readonly arn: string;
  readonly listeners: readonly Listener[];
  /** By priority, the default rule last. */
  readonly rules: readonly Rule[];
  /** Addresses of the targets of the first rule. */
  readonly targets: readonly string[];
}

/** The one load balancer of the account, or undefined. */
export async function readLoadBalancer(endpoint: string): Promise<DeployedLoadBalancer | undefined> {
  const client = new ElasticLoadBalancingV2Client(clientConfig(endpoint));
  const { LoadBalancers: [found] = [] } = await client.send(new DescribeLoadBalancersCommand({}));
  if (!found) return undefined;
  const { Listeners: listeners = [] } = await client.send(
    new DescribeListenersCommand({ LoadBalancerArn: found.LoadBalancerArn }),
  );
  const { Rules = [] } = await client.send(new DescribeRulesCommand({ ListenerArn: listeners[0]?.ListenerArn }));
  const rules = Rules.sort((a, b) => priorityOf(a) - priorityOf(b));
  const { TargetHealthDescriptions = [] } = await client.send(
    new DescribeTargetHealthCommand({ TargetGroupArn: rules[0]?.Actions?.[0]?.TargetGroupArn }),
  );
  const targets = TargetHealthDescriptions.map(({ Target }) => Target?.Id ?? '');
  return { arn: found.LoadBalancerArn ?? '', listeners, rules, targets };
}

export interface PlayedLoadBalancer {
  readonly url: string;
  /** The Host header of each request that reached the endpoint. */
  readonly hosts: readonly string[];
  stop(): Promise<void>;
}

/**
 * The path from the load balancer to the private API, as a real proxy. MiniStack stores transforms but does not apply them, and
 * does not listen at the addresses of an endpoint. The proxy follows the deployed rules. Like the endpoint, it finds the API by
 * the Host header and returns 403 for any other name.
 */
export async function playLoadBalancer(endpoint: string, deployed: DeployedLoadBalancer): Promise<PlayedLoadBalancer> {
  const hosts: string[] = [];
  const server = createServer(async (request, response) => {
    const body = await read(request);
    const rule = deployed.rules.find(({ Conditions = [] }) => Conditions.every((one) => holds(one, request)));
    const [action] = rule?.Actions ?? [];
    if (action?.Type !== 'forward') return answer(response, Number(action?.FixedResponseConfig?.StatusCode ?? 500));
    const host = rewrite(request.headers.host ?? '', rule);
    hosts.push(host);
    request.headers['x-forwarded-for'] = '34.197.76.213';
    const api = new RegExp(`^(\\w+)\\.execute-api\\.${AWS_REGION}\\.amazonaws\\.com$`).exec(host)?.[1];
    if (!api) return answer(response, 403);
    const [, stage, ...path] = (request.url ?? '').split('/');
    const url = `${endpoint}/restapis/${api}/${stage}/_user_request_/${path.join('/')}`;
    write(response, await passOn(url, request, body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    hosts,
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

function holds({ Field, Values = [] }: RuleCondition, { url, method, headers }: IncomingMessage): boolean {
  if (Field === 'host-header') return Values.includes(headers.host ?? '');
  if (Field === 'path-pattern') return Values.includes(url ?? '');
  if (Field === 'http-request-method') return Values.includes(method ?? '');
  throw new Error(`A condition on ${Field} is not supported`);
}

function rewrite(host: string, rule: Rule | undefined): string {
  const rewrites = rule?.Transforms?.flatMap(({ HostHeaderRewriteConfig }) => HostHeaderRewriteConfig?.Rewrites ?? []);
  return (rewrites ?? []).reduce(
    (name, { Regex = '', Replace = '' }) => name.replace(new RegExp(Regex), Replace),
    host,
  );
}

function priorityOf({ Priority }: Rule): number {
  return Priority === 'default' ? Number.POSITIVE_INFINITY : Number(Priority);
}

function answer(response: ServerResponse, status: number): void {
  response.writeHead(status).end();
}
