import type { LoadBalancerGuard } from '../../shared/guards';
import { assessmentOf, type GuardAssessment } from './assessment';

/** A load balancer as AWS describes it. Undefined if it does not exist. */
export type LoadBalancerFacts =
  | {
      readonly securityGroups: readonly string[];
      readonly listeners: readonly { readonly arn: string; readonly protocol: string; readonly port: number }[];
      /** The rules of the stack's listener that forward requests, its default action included. */
      readonly forwarding: readonly { readonly hostNames: readonly string[] }[];
    }
  | undefined;

/** Assesses whether only the stack's security groups open the load balancer, and whether it listens and forwards. */
export function assessLoadBalancer(guard: LoadBalancerGuard, facts: LoadBalancerFacts): GuardAssessment {
  const lost = 'so every notification fails';
  if (!facts) return assessmentOf([`It does not exist, ${lost}. Destroy the stack and deploy it again`]);
  const added = facts.securityGroups.filter((id) => !guard.securityGroups.includes(id));
  const missing = guard.securityGroups.filter((id) => !facts.securityGroups.includes(id));
  const listens = facts.listeners.some(({ arn, protocol }) => arn === guard.listener && protocol === 'HTTPS');
  const others = facts.listeners.filter(({ arn }) => arn !== guard.listener);
  const next = `Set its security groups to ${guard.securityGroups.join(', ')}`;
  return assessmentOf(
    [
      added.length > 0
        ? `It also has security group ${added.join(', ')}, whose rules the allowlist does not control. ${next}`
        : undefined,
      missing.length > 0
        ? `It no longer has security group ${missing.join(', ')}, so the allowlist has no effect on it. ${next}`
        : undefined,
      listens ? undefined : `Its HTTPS listener ${guard.listener} does not exist, ${lost}. Create it again`,
      listens ? ruleProblem(guard, facts.forwarding) : undefined,
    ],
    others.length > 0
      ? [`Listeners of others: ${others.map(({ protocol, port }) => `${protocol} ${port}`).join(', ')}`]
      : [],
  );
}

function ruleProblem(
  { hostName }: LoadBalancerGuard,
  forwarding: NonNullable<LoadBalancerFacts>['forwarding'],
): string | undefined {
  const again = "so every notification fails. Create the rule again, as the stack's template has it";
  if (forwarding.length === 0) return `No rule of its HTTPS listener forwards requests, ${again}`;
  if (hostName === undefined || forwarding.some(({ hostNames }) => hostNames.includes(hostName))) return undefined;
  return `No rule of its HTTPS listener rewrites the host name to ${hostName}, by which the API is found, ${again}`;
}
