import {
  DescribeListenersCommand,
  DescribeLoadBalancersCommand,
  DescribeRulesCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { assessLoadBalancer } from '../../core/guards/load-balancer';
import type { LoadBalancerGuard } from '../../shared/guards';
import { type GuardReader, unlessMissing } from './guard';

const MISSING = ['LoadBalancerNotFoundException', 'ListenerNotFoundException'];

export const readLoadBalancer: GuardReader<LoadBalancerGuard> = async (guard, { clients: { loadBalancers } }) => {
  const [found, answer, ofListener] = await Promise.all([
    unlessMissing(loadBalancers.send(new DescribeLoadBalancersCommand({ LoadBalancerArns: [guard.id] })), MISSING),
    // A load balancer has 50 listeners and 100 rules by default, and a page holds 400.
    unlessMissing(loadBalancers.send(new DescribeListenersCommand({ LoadBalancerArn: guard.id })), MISSING),
    unlessMissing(loadBalancers.send(new DescribeRulesCommand({ ListenerArn: guard.listener })), MISSING),
  ]);
  const loadBalancer = found?.LoadBalancers?.[0];
  const listeners = answer?.Listeners ?? [];
  const rules = (ofListener?.Rules ?? []).filter(({ Actions = [] }) => Actions.some(({ Type }) => Type === 'forward'));
  return assessLoadBalancer(
    guard,
    loadBalancer && {
      securityGroups: loadBalancer.SecurityGroups ?? [],
      listeners: listeners.map(({ ListenerArn = '', Protocol = '', Port = 0 }) => ({
        arn: ListenerArn,
        protocol: Protocol,
        port: Port,
      })),
      forwarding: rules.map(({ Transforms = [] }) => ({
        hostNames: Transforms.flatMap(({ HostHeaderRewriteConfig: { Rewrites = [] } = {} }) =>
          Rewrites.flatMap(({ Replace }) => Replace ?? []),
        ),
      })),
    },
  );
};
