/** The constructs, for use in a CDK app of your own: see "In a CDK app of your own" in the README. */
export { REGIONS, type Region } from '../lambda/shared/regions';
export { AlbEdge, type AlbEdgeProps } from './alb-edge';
export { AllowlistSync, type AllowlistSyncProps } from './allowlist-sync';
export { AllowlistTarget, type SecurityGroupOptions, type TargetOptions } from './allowlist-target';
export type { Edge, EdgeProps } from './edge';
export { IpSets, type IpSetsProps } from './ip-sets';
export { PrefixLists, type PrefixListsProps } from './prefix-lists';
export { Receiver, type ReceiverProps } from './receiver';
export { RegionalEdge } from './regional-edge';
export { WebAcl, type WebAclProps } from './web-acl';
