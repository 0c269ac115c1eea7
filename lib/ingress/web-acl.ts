import { ArnFormat, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Metric, type MetricOptions, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { type ILogGroup, LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { CfnLoggingConfiguration, CfnWebACL } from 'aws-cdk-lib/aws-wafv2';
import type { Construct } from 'constructs';
import { BLOCKED_LIKE_INTERCOM } from '../../lambda/shared/constants';
import type { IpSets } from '../sync/ip-sets';

export interface WebAclProps {
  /** Names the web ACL and its log group, `aws-waf-logs-{name}`. */
  readonly name: string;
  readonly ipSets: IpSets;
}

/** The user agent of Intercom's webhooks (developers.intercom.com, "Setting up webhooks"), without the version. */
const INTERCOM_AGENT = '^intercom-parrot-service-client/';
/** A web ACL that allows the entries of two IP sets, blocks every other request, and logs the blocked requests. */
export class WebAcl extends CfnWebACL {
  /** The log of blocked requests: source address, path and user agent, but no signatures. */
  readonly log: ILogGroup;
  readonly #name: string;

  constructor(scope: Construct, id: string, { name, ipSets }: WebAclProps) {
    super(scope, id, {
      name,
      description: 'Allows the Intercom ranges and blocks everything else',
      scope: 'REGIONAL',
      defaultAction: { block: {} },
      rules: [allowRule('ipv4', 0, ipSets.ipv4Arn), allowRule('ipv6', 1, ipSets.ipv6Arn), blockedLikeIntercom(2)],
      visibilityConfig: visibility(name),
    });
    this.#name = name;
    this.log = logBlockedRequests(scope, name, this);
  }

  /** Requests that were allowed. @default - the sum over 5 minutes */
  metricAllowed(options?: MetricOptions): Metric {
    return this.#metric('AllowedRequests', 'ALL', options);
  }

  /** Requests that were blocked. @default - the sum over 5 minutes */
  metricBlocked(options?: MetricOptions): Metric {
    return this.#metric('BlockedRequests', 'ALL', options);
  }

  /** Blocked requests with Intercom's user agent. Anyone can send that, so it is a hint, not proof. @default - the sum over 5 minutes */
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

/** A blocked request may be a notification that is being lost, so every one is logged. */
function logBlockedRequests(scope: Construct, name: string, acl: CfnWebACL): ILogGroup {
  const logGroup = new LogGroup(scope, 'BlockedRequests', {
    // AWS WAF writes only to log groups with this prefix.
    logGroupName: `aws-waf-logs-${name}`,
    retention: RetentionDays.THREE_MONTHS,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  new CfnLoggingConfiguration(scope, 'Logging', {
    resourceArn: acl.attrArn,
    // Without the trailing `:*` of the log group's ARN attribute.
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
  // Samples would contain signatures. Blocked requests are logged with that header redacted.
  return { metricName, cloudWatchMetricsEnabled: true, sampledRequestsEnabled: false };
}
