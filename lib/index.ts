/** The constructs, for use in your CDK app: see "Constructs" in docs/configuration.md. */
export { INTERCOM_REGIONS, type IntercomRegion } from '../lambda/shared/intercom-regions';
export { AlbIngress, type AlbIngressProps } from './ingress/alb-ingress';
export { ApiGatewayIngress } from './ingress/api-gateway-ingress';
export type { Ingress, IngressProps } from './ingress/ingress';
export { WebAcl, type WebAclMode, type WebAclProps } from './ingress/web-acl';
export { WebAclRules, type WebAclRulesProps } from './ingress/web-acl-rules';
export { Receiver, type ReceiverProps } from './receiver/receiver';
export { AllowlistSync, type AllowlistSyncProps } from './sync/allowlist-sync';
export { AllowlistTarget, type SecurityGroupOptions, type TargetOptions } from './sync/allowlist-target';
export { IpSets, type IpSetsProps } from './sync/ip-sets';
export { PrefixLists, type PrefixListsProps } from './sync/prefix-lists';
