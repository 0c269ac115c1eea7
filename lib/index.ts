export { ChangeFormat } from './change-format';
export { AlbIngress, type AlbIngressProps } from './ingress/alb-ingress';
export { ApiGatewayIngress, type ApiGatewayIngressProps } from './ingress/api-gateway-ingress';
export type { IIngress, IngressProps } from './ingress/ingress';
export { WebAcl, WebAclMode, type WebAclProps, type WebAclRulesOptions } from './ingress/web-acl';
export { WebAclAssociations, type WebAclAssociationsProps } from './ingress/web-acl-associations';
export { WebAclRules, type WebAclRulesProps } from './ingress/web-acl-rules';
export { IntercomRegion } from './intercom-region';
export { Alarms, type AlarmsProps } from './observability/alarms';
export {
  AllowlistWidget,
  type AllowlistWidgetOptions,
  type AllowlistWidgetProps,
} from './observability/allowlist-widget';
export { ChangeMessages, type ChangeMessagesProps } from './observability/change-messages';
export { OverviewDashboard, type OverviewDashboardProps } from './observability/overview-dashboard';
export { SavedQueries, type SavedQueriesProps } from './observability/saved-queries';
export { Receiver, type ReceiverProps } from './receiver/receiver';
export { AllowlistGuard } from './sync/allowlist-guard';
export { AllowlistSync, type AllowlistSyncProps } from './sync/allowlist-sync';
export {
  AllowlistTarget,
  type AllowlistTargetOptions,
  type SecurityGroupTargetOptions,
} from './sync/allowlist-target';
export { type IIpSets, IpSets, type IpSetsAttributes, type IpSetsProps, WafScope } from './sync/ip-sets';
export { PrefixListShare, type PrefixListShareProps } from './sync/prefix-list-share';
export { PrefixLists, type PrefixListsProps } from './sync/prefix-lists';
