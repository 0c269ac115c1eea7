/** A web ACL that must be in front of every resource that it protects. */
export interface WebAclGuard {
  readonly kind: 'web-acl';
  /** ARN of the web ACL. */
  readonly id: string;
  /** `count` blocks nothing: its default action is Allow. */
  readonly mode: 'block' | 'count';
  /** ARNs of the API stages and load balancers that it protects. */
  readonly protects: readonly string[];
  /** ARNs of the IP sets whose entries it must allow. */
  readonly ipSets: readonly string[];
}

/** A REST API and its stage. */
export interface ApiStageGuard {
  readonly kind: 'api-stage';
  /** `{restApiId}/{stageName}` */
  readonly id: string;
  /** The only interface endpoint that may call a private API. @default - the API is public */
  readonly vpcEndpoint?: string;
}

/** A load balancer that only its security groups open. */
export interface LoadBalancerGuard {
  readonly kind: 'load-balancer';
  /** ARN of the load balancer. */
  readonly id: string;
  /** ARN of its HTTPS listener. */
  readonly listener: string;
  readonly securityGroups: readonly string[];
  /** The host name to which its listener rewrites that of each request. Undefined if it passes the host name on. */
  readonly hostName?: string;
}

/** A security group that is no target, because it only refers to prefix lists or groups. */
export interface SecurityGroupGuard {
  readonly kind: 'security-group';
  readonly id: string;
  /** Ids of the prefix lists and groups that it admits. */
  readonly admits: readonly string[];
}

/** What the receiver cannot work without. */
export interface ReceiverGuard {
  readonly kind: 'receiver';
  /** Name of the event bus. */
  readonly id: string;
  /** ARN of the client secret. */
  readonly secret: string;
  /** URL of the overflow queue. */
  readonly queue: string;
}

/** What makes the allowlist effective. The sync checks it in every run, and never changes it. */
export type GuardSetting = WebAclGuard | ApiStageGuard | LoadBalancerGuard | SecurityGroupGuard | ReceiverGuard;

export type GuardKind = GuardSetting['kind'];

export const GUARD_KINDS = ['web-acl', 'api-stage', 'load-balancer', 'security-group', 'receiver'] as const;

/** A guard as people call it: `web ACL IntercomAllowlist`, `API stage a1b2c3d4e5/live`. */
export function guardName({ kind, id }: { readonly kind: GuardKind; readonly id: string }): string {
  const parts = id.split('/');
  const names: Readonly<Record<GuardKind, string>> = {
    'web-acl': `web ACL ${parts.at(-2) ?? id}`,
    'api-stage': `API stage ${id}`,
    'load-balancer': `load balancer ${parts.at(-2) ?? id}`,
    'security-group': `security group ${id}`,
    receiver: `receiver with event bus ${id}`,
  };
  return names[kind];
}
