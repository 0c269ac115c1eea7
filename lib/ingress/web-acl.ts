import { ArnFormat, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Metric, type MetricOptions, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { type ILogGroup, LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { CfnLoggingConfiguration, CfnWebACL } from 'aws-cdk-lib/aws-wafv2';
import type { Construct } from 'constructs';
import type { IpSets } from '../sync/ip-sets';

export interface WebAclProps {
  /** Names the web ACL and its log group, `aws-waf-logs-{name}`. */
  readonly name: string;
  readonly ipSets: IpSets;
}

/** What Intercom's webhooks call themselves (developers.intercom.com, "Setting up webhooks"), without the version. */
const INTERCOM_AGENT = '^intercom-parrot-service-client/';
/** The rule that blocks what the default action would block anyway, to count it by itself. */
const BLOCKED_LIKE_INTERCOM = 'blocked-like-intercom';

/** Blocks whatever the two IP sets do not allow, and logs what it blocked. What it guards is for an ingress to say. */
export class WebAcl extends CfnWebACL {
  /** What was blocked: source address, path and user agent, no signatures. */
  readonly log: ILogGroup;
  readonly #name: string;

  constructor(scope: Construct, id: string, { name, ipSets }: WebAclProps) {
    super(scope, id, {
      name,
      description: 'Lets the Intercom ranges in and nobody else',
      scope: 'REGIONAL',
      defaultAction: { block: {} },
      rules: [allowRule('ipv4', 0, ipSets.ipv4Arn), allowRule('ipv6', 1, ipSets.ipv6Arn), blockedLikeIntercom(2)],
      visibilityConfig: visibility(name),
    });
    this.#name = name;
    this.log = logBlockedRequests(scope, name, this);
  }

  /** Requests that were let in, by the rule of either family. */
  metricAllowed(options?: MetricOptions): Metric {
    return this.#metric('AllowedRequests', 'ALL', options);
  }

  /** Requests that were blocked. */
  metricBlocked(options?: MetricOptions): Metric {
    return this.#metric('BlockedRequests', 'ALL', options);
  }

  /** Requests that were blocked though they call themselves Intercom's. Anybody can: each is worth a look, not proof. */
  metricBlockedLikeIntercom(options?: MetricOptions): Metric {
    return this.#metric('BlockedRequests', BLOCKED_LIKE_INTERCOM, options);
  }

  #metric(metricName: string, rule: string, options?: MetricOptions): Metric {
    return new Metric({
      namespace: 'AWS/WAFV2',
      metricName,
      statistic: Stats.SUM,
      dimensionsMap: { WebACL: this.#name, Rule: rule, Region: Stack.of(this).region },
      ...options,
    });
  }
}

/** A blocked request is a stranger, or a notification that is being lost: either way somebody will want to look. */
function logBlockedRequests(scope: Construct, name: string, acl: CfnWebACL): ILogGroup {
  const logGroup = new LogGroup(scope, 'BlockedRequests', {
    // AWS WAF writes only to log groups with this prefix.
    logGroupName: `aws-waf-logs-${name}`,
    retention: RetentionDays.THREE_MONTHS,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  new CfnLoggingConfiguration(scope, 'Logging', {
    resourceArn: acl.attrArn,
    // Without the trailing `:*` that the log group's attribute carries.
    logDestinationConfigs: [
      Stack.of(scope).formatArn({
        service: 'logs',
        resource: 'log-group',
        resourceName: logGroup.logGroupName,
        arnFormat: ArnFormat.COLON_RESOURCE_NAME,
      }),
    ],
    redactedFields: [{ singleHeader: { Name: 'x-hub-signature' } }],
    loggingFilter: {
      DefaultBehavior: 'DROP',
      Filters: [
        {
          Behavior: 'KEEP',
          Requirement: 'MEETS_ANY',
          Conditions: [{ ActionCondition: { Action: 'BLOCK' } }],
        },
      ],
    },
  });
  return logGroup;
}

function blockedLikeIntercom(priority: number): CfnWebACL.RuleProperty {
  return {
    name: BLOCKED_LIKE_INTERCOM,
    priority,
    action: { block: {} },
    statement: {
      regexMatchStatement: {
        fieldToMatch: { singleHeader: { Name: 'user-agent' } },
        regexString: INTERCOM_AGENT,
        textTransformations: [{ priority: 0, type: 'NONE' }],
      },
    },
    visibilityConfig: visibility(BLOCKED_LIKE_INTERCOM),
  };
}

function allowRule(family: string, priority: number, arn: string): CfnWebACL.RuleProperty {
  return {
    name: `intercom-${family}`,
    priority,
    action: { allow: {} },
    statement: { ipSetReferenceStatement: { arn } },
    visibilityConfig: visibility(`intercom-${family}`),
  };
}

function visibility(metricName: string): CfnWebACL.VisibilityConfigProperty {
  // Samples would hold signatures; blocked requests are logged whole, with that header redacted.
  return { metricName, cloudWatchMetricsEnabled: true, sampledRequestsEnabled: false };
}
