/**
 * Names that the constructs and the functions share. Each is defined only here.
 */

/** Environment variables. Never a secret: the receiver is given the ARN of its secret. */
export const Env = {
  /** Marks what belongs to a sync and its receiver: the dimension of their metrics, and the tag of the rules. */
  owner: 'OWNER',
  intercomRegions: 'INTERCOM_REGIONS',
  feedBaseUrl: 'FEED_BASE_URL',
  /** CIDRs of the operator's own, comma-separated; not set if there are none. */
  extraRanges: 'EXTRA_RANGES',
  stateTable: 'STATE_TABLE',
  /** The targets that the stack names, as JSON: see `targets.ts`. */
  targets: 'TARGETS',
  /** What makes the allowlist effective, as JSON: see `guards.ts`. */
  guards: 'GUARDS',
  removalGraceHours: 'REMOVAL_GRACE_HOURS',
  maxRemovalShare: 'MAX_REMOVAL_SHARE',
  rulesPerSecurityGroup: 'RULES_PER_SECURITY_GROUP',
  clientSecretArn: 'CLIENT_SECRET_ARN',
  eventBusName: 'EVENT_BUS_NAME',
  /** The table of the notification ids of the last 24 hours. */
  deduplicationTable: 'DEDUPLICATION_TABLE',
  overflowQueueUrl: 'OVERFLOW_QUEUE_URL',
  overflowBucket: 'OVERFLOW_BUCKET',
  /** Name of the log group of the sync, which holds the run records. */
  syncLogGroup: 'SYNC_LOG_GROUP',
  /** ARN of the function behind the widget's buttons. */
  widgetActions: 'WIDGET_ACTIONS',
  /** ARN of the sync function. */
  syncFunction: 'SYNC_FUNCTION',
  /** ARN of the topic of the messages about changes. */
  changesTopicArn: 'CHANGES_TOPIC_ARN',
  /** `text` or `chat`. */
  changeFormat: 'CHANGE_FORMAT',
  /** Name of the dashboard that the messages link to. */
  dashboardName: 'DASHBOARD_NAME',
} as const;

/** What the schedules invoke the sync with. Only then does a failed run throw, so that Lambda retries it. */
export const SCHEDULE_PAYLOAD = { trigger: 'schedule' } as const;

/**
 * A security group, prefix list or IP set with this tag is a target. On a security group its value is a comma-separated list of TCP
 * ports; on a prefix list or IP set it has no value, or the value `list`.
 */
export const DISCOVERY_TAG = 'intercom-allowlist';

/** In a run record, the id of the failed target that stands for all tagged targets of a kind that could not be found. */
export const DISCOVERY_FAILURE = `tag:${DISCOVERY_TAG}`;

/** On a security group or prefix list: why its owner accepts what others allow there. */
export const ACCEPT_TAG = 'intercom-allowlist:accept-exposure';

/** On a security group rule: the owner of the sync that added it. On an IP set or prefix list: the construct and stack that created it. */
export const OWNER_TAG = 'intercom-allowlist:owner';

/** `source` of the events that the receiver publishes. */
export const EVENT_SOURCE = 'intercom.webhook';

/** `detail-type` of Intercom's calls to an app that are not notifications. No topic has capitals or spaces. */
export const APP_REQUEST_DETAIL_TYPE = 'Intercom App Request';

/**
 * The receiver's timeout, in milliseconds. Intercom waits 5 seconds for an answer, and sends the notification once more if none
 * comes by then.
 */
export const RECEIVER_TIMEOUT_MS = 4000;

/** A rule that blocks requests that the default action would block too, so that they are counted separately. */
export const BLOCKED_LIKE_INTERCOM = 'blocked-like-intercom';
/** In mode `count`, the last rule, which matches every request that the IP sets do not allow. */
export const WOULD_BE_BLOCKED = 'would-be-blocked';
/** A rule that counts requests from the IP sets that are too large, whether the receiver or API Gateway rejects them. */
export const TOO_LARGE = 'too-large';

/** The path of the webhook below the API's stage. */
export const WEBHOOK_PATH = 'webhook';

/** The stack's name, unless `stackName` says otherwise. */
export const DEFAULT_STACK_NAME = 'IntercomAllowlist';

/** Types of the custom resources that look something up about a network. */
export const Lookup = {
  publicSubnets: 'Custom::IntercomAllowlistPublicSubnets',
  endpointZones: 'Custom::IntercomAllowlistEndpointZones',
  addresses: 'Custom::IntercomAllowlistAddresses',
} as const;

/** Where Intercom publishes its ranges: `{base}/{region}/intercom-ip-ranges.json`. */
export const DEFAULT_FEED_BASE_URL = 'https://static.intercomcdn.com/intercom-ips';

/** The `service` of Intercom's webhook senders. Every other service must never be allowed. */
export const OUTBOUND_SERVICE = 'INTERCOM-OUTBOUND';
