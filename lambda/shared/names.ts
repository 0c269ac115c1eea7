/**
 * Names that the constructs and the functions must agree on. Each stands here and nowhere else.
 */

/** Environment variables. Never a secret: the receiver is given the ARN of its secret. */
export const Env = {
  stackName: 'STACK_NAME',
  regions: 'REGIONS',
  feedBaseUrl: 'FEED_BASE_URL',
  stateTable: 'STATE_TABLE',
  /** ARNs of the IP sets that the stack made: everything in them is ours. */
  ownIpSets: 'OWN_IP_SETS',
  /** ARNs of IP sets that somebody else made: only what we added is ours. */
  sharedIpSets: 'SHARED_IP_SETS',
  securityGroups: 'SECURITY_GROUPS',
  ports: 'PORTS',
  clientSecretArn: 'CLIENT_SECRET_ARN',
  eventBusName: 'EVENT_BUS_NAME',
} as const;

/** A security group with this tag is a target. Its value is a comma list of TCP ports. */
export const DISCOVERY_TAG = 'intercom-allowlist';

/** On a security group rule or an IP set: the name of the stack that put it there. */
export const OWNER_TAG = 'intercom-allowlist:owner';

/** What the receiver writes on the event bus. */
export const EVENT_SOURCE = 'intercom.webhook';

/** The path of the webhook below the API's stage. */
export const WEBHOOK_PATH = 'webhook';

/** Where Intercom publishes its ranges: `{base}/{region}/intercom-ip-ranges.json`. */
export const DEFAULT_FEED_BASE_URL = 'https://static.intercomcdn.com/intercom-ips';

/** The `service` of Intercom's webhook senders. Every other service must never be allowed. */
export const OUTBOUND_SERVICE = 'INTERCOM-OUTBOUND';
