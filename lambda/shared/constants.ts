/**
 * Names that the constructs and the functions must agree on. Each stands here and nowhere else.
 */

/** Environment variables. Never a secret: the receiver is given the ARN of its secret. */
export const Env = {
  stackName: 'STACK_NAME',
  intercomRegions: 'INTERCOM_REGIONS',
  feedBaseUrl: 'FEED_BASE_URL',
  stateTable: 'STATE_TABLE',
  /** The targets that the stack names, as JSON: see `targets.ts`. */
  targets: 'TARGETS',
  removalGraceHours: 'REMOVAL_GRACE_HOURS',
  maxRemovalShare: 'MAX_REMOVAL_SHARE',
  rulesPerSecurityGroup: 'RULES_PER_SECURITY_GROUP',
  clientSecretArn: 'CLIENT_SECRET_ARN',
  eventBusName: 'EVENT_BUS_NAME',
  /** The table of the notification ids of the last 24 hours. */
  deduplicationTable: 'DEDUPLICATION_TABLE',
  overflowQueueUrl: 'OVERFLOW_QUEUE_URL',
  overflowBucket: 'OVERFLOW_BUCKET',
  /** Name of the log group that the sync writes the records of its runs to. */
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

/** A security group or prefix list with this tag is a target. On a group its value is a comma list of TCP ports. */
export const DISCOVERY_TAG = 'intercom-allowlist';

/** On a security group rule or an IP set: the name of the stack that put it there. */
export const OWNER_TAG = 'intercom-allowlist:owner';

/** What the receiver writes on the event bus. */
export const EVENT_SOURCE = 'intercom.webhook';

/**
 * How long the receiver may take, in milliseconds. Intercom waits 5 seconds: what has not answered by then is sent again, so let
 * the gateway say so in time.
 */
export const RECEIVER_TIMEOUT_MS = 4000;

/** The path of the webhook below the API's stage. */
export const WEBHOOK_PATH = 'webhook';

/** The stack's name, unless `stackName` says otherwise. */
export const DEFAULT_STACK_NAME = 'IntercomAllowlist';

/** Types of the custom resources that look something up about a network. */
export const Lookup = {
  publicSubnets: 'Custom::IntercomAllowlistPublicSubnets',
  addresses: 'Custom::IntercomAllowlistAddresses',
} as const;

/** Where Intercom publishes its ranges: `{base}/{region}/intercom-ip-ranges.json`. */
export const DEFAULT_FEED_BASE_URL = 'https://static.intercomcdn.com/intercom-ips';

/** The `service` of Intercom's webhook senders. Every other service must never be allowed. */
export const OUTBOUND_SERVICE = 'INTERCOM-OUTBOUND';
