import { ArnFormat, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Metric, type MetricOptions, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { type ILogGroup, LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { CfnLoggingConfiguration, CfnWebACL, CfnWebACLAssociation } from 'aws-cdk-lib/aws-wafv2';
import { Construct } from 'constructs';
import { physicalName } from '../physical-name';
import type { IIpSets } from '../sync/ip-sets';

/** Properties of `WebAcl`. */
export interface WebAclProps {
  /**
   * Name of the web ACL, and of its log group `aws-waf-logs-{name}`.
   *
   * @default - a unique name, derived from the path of the construct
   */
  readonly name?: string | undefined;
  /** The IP sets with the allowed ranges. */
  readonly ipSets: IIpSets;
}

/** Options of the rules for a web ACL of your own. */
export interface WebAclRulesOptions {
  /**
   * Priority of the first rule; the others follow.
   *
   * @default 0
   */
  readonly firstPriority?: number | undefined;
}

/** The user agent of Intercom's webhooks (developers.intercom.com, "Setting up webhooks"), without the version. */
const INTERCOM_AGENT = '^intercom-parrot-service-client/';
/** A rule that blocks requests that the default action would block too, so that they are counted separately. */
const BLOCKED_LIKE_INTERCOM = 'blocked-like-intercom';

/** A regional web ACL that allows the entries of two IP sets, blocks every other request, and logs the blocked requests. */
export class WebAcl extends Construct {
  /** The rules that allow the entries of two IP sets, for a web ACL of your own. */
  public static allowRules(ipSets: IIpSets, options: WebAclRulesOptions = {}): CfnWebACL.RuleProperty[] {
    const { firstPriority = 0 } = options;
    return [allowRule('ipv4', firstPriority, ipSets.ipv4Arn), allowRule('ipv6', firstPriority + 1, ipSets.ipv6Arn)];
  }

  /** ARN of the web ACL. */
  public readonly webAclArn: string;
  /** The log of blocked requests: source address, path and user agent, but no signatures. */
  public readonly log: ILogGroup;
  readonly #name: string;

  constructor(scope: Construct, id: string, props: WebAclProps) {
    super(scope, id);
    const name = physicalName(this, props.name);
    this.#name = name;
    const { attrArn } = new CfnWebACL(this, 'Resource', {
      name,
      description: 'Allows the Intercom ranges and blocks everything else',
      scope: 'REGIONAL',
      defaultAction: { block: {} },
      rules: [...WebAcl.allowRules(props.ipSets), blockedLikeIntercom(2)],
      visibilityConfig: visibility(name),
    });
    this.webAclArn = attrArn;
    this.log = logBlockedRequests(this, name, attrArn);
  }

  /** Associates the web ACL with a resource, such as the stage of an API or a load balancer. */
  public associate(id: string, resourceArn: string): void {
    new CfnWebACLAssociation(this, id, { webAclArn: this.webAclArn, resourceArn });
  }

  /** Requests that were allowed. @default - the sum over 5 minutes */
  public metricAllowed(options?: MetricOptions): Metric {
    return this.#metric('AllowedRequests', 'ALL', options);
  }

  /** Requests that were blocked. @default - the sum over 5 minutes */
  public metricBlocked(options?: MetricOptions): Metric {
    return this.#metric('BlockedRequests', 'ALL', options);
  }

  /** Blocked requests with Intercom's user agent. Anyone can send that, so it is a hint, not proof. @default - the sum over 5 minutes */
  public metricBlockedLikeIntercom(options?: MetricOptions): Metric {
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
function logBlockedRequests(scope: Construct, name: string, webAclArn: string): ILogGroup {
  const logGroup = new LogGroup(scope, 'BlockedRequests', {
    // AWS WAF writes only to log groups with this prefix.
    logGroupName: `aws-waf-logs-${name}`,
    retention: RetentionDays.THREE_MONTHS,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  new CfnLoggingConfiguration(scope, 'Logging', {
    resourceArn: webAclArn,
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
