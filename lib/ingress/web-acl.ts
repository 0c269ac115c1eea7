import { ArnFormat, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Metric, type MetricOptions, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { type ILogGroup, LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { CfnLoggingConfiguration, CfnWebACL, CfnWebACLAssociation } from 'aws-cdk-lib/aws-wafv2';
import { Construct } from 'constructs';
import { BLOCKED_LIKE_INTERCOM, TOO_LARGE, WOULD_BE_BLOCKED } from '../../lambda/shared/constants';
import { physicalName } from '../physical-name';
import type { IIpSets } from '../sync/ip-sets';

/** The treatment of requests that the IP sets do not allow. */
export enum WebAclMode {
  /** Block and log them. */
  BLOCK = 'block',
  /** Allow them, but count and log them. */
  COUNT = 'count',
}

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
  /**
   * Whether to block requests that are not from the allowed ranges, or only to count and log them.
   *
   * @default WebAclMode.BLOCK
   */
  readonly mode?: WebAclMode | undefined;
  /**
   * Whether to count requests from the ranges that are too large for the REST API of an ingress.
   *
   * @default false
   */
  readonly countTooLarge?: boolean | undefined;
}

/** Options of the rules for a web ACL of your own. */
export interface WebAclRulesOptions {
  /**
   * Priority of the first rule; the second gets the next.
   *
   * @default 0
   */
  readonly firstPriority?: number | undefined;
}

/** The user agent of Intercom's webhooks (developers.intercom.com, "Setting up webhooks"), without the version. */
const INTERCOM_AGENT = '^intercom-parrot-service-client/';

/**
 * 4.6 MB or more. The receiver is invoked with at most 6 MB, in which a body is a third longer than it was; of smaller bodies it rejects
 * and counts those that are too large itself.
 */
const TOO_LARGE_LENGTH = '^(4[6-9]\\d{5}|[5-9]\\d{6}|\\d{8,})$';

/** A regional web ACL that allows the entries of two IP sets, blocks (or counts) every other request, and logs those requests. */
export class WebAcl extends Construct {
  /** The two rules that allow the entries of the IP sets, for a web ACL of your own. */
  public static allowRules(ipSets: IIpSets, options: WebAclRulesOptions = {}): CfnWebACL.RuleProperty[] {
    const { firstPriority = 0 } = options;
    return [allowRule('ipv4', firstPriority, ipSets.ipv4Arn), allowRule('ipv6', firstPriority + 1, ipSets.ipv6Arn)];
  }

  /** ARN of the web ACL. */
  public readonly webAclArn: string;
  /** The log of requests that are blocked or would be: source address, path and user agent, but no signatures. */
  public readonly log: ILogGroup;
  /** Whether the web ACL blocks or only counts. */
  public readonly mode: WebAclMode;
  /** The IP sets whose entries it allows. */
  public readonly ipSets: IIpSets;
  readonly #name: string;

  constructor(scope: Construct, id: string, props: WebAclProps) {
    super(scope, id);
    const { ipSets, mode = WebAclMode.BLOCK, countTooLarge = false } = props;
    this.#name = physicalName(this, props.name);
    this.mode = mode;
    this.ipSets = ipSets;
    const counts = mode === WebAclMode.COUNT;
    const action = counts ? { count: {} } : { block: {} };
    const { attrArn } = new CfnWebACL(this, 'Resource', {
      name: this.#name,
      description: counts
        ? 'Allows everything, and counts what is not from the Intercom ranges'
        : 'Allows the Intercom ranges and blocks everything else',
      scope: 'REGIONAL',
      defaultAction: counts ? { allow: {} } : { block: {} },
      rules: [
        // An allowed request meets no rule after the one that allows it.
        ...(countTooLarge ? [tooLarge(0, ipSets)] : []),
        ...WebAcl.allowRules(ipSets, { firstPriority: 1 }),
        likeIntercom(3, action),
        ...(counts ? [everythingElse(4, ipSets, action)] : []),
      ],
      visibilityConfig: visibility(this.#name),
    });
    this.webAclArn = attrArn;
    this.log = logRequests(this, this.#name, attrArn, mode);
  }

  /** Associates the web ACL with a resource, such as the stage of an API or a load balancer. */
  public associate(id: string, resourceArn: string): void {
    new CfnWebACLAssociation(this, id, { webAclArn: this.webAclArn, resourceArn });
  }

  /** Requests that were allowed. @default - the sum over 5 minutes */
  public metricAllowed(options?: MetricOptions): Metric {
    return this.#metric('AllowedRequests', 'ALL', options);
  }

  /** Requests that were blocked; in mode `count`, that would have been. @default - the sum over 5 minutes */
  public metricBlocked(options?: MetricOptions): Metric {
    if (this.mode === WebAclMode.BLOCK) return this.#metric('BlockedRequests', 'ALL', options);
    return this.#metric('CountedRequests', WOULD_BE_BLOCKED, options);
  }

  /** Those with Intercom's user agent. Anyone can send that, so it is a hint, not proof. @default - the sum over 5 minutes */
  public metricBlockedLikeIntercom(options?: MetricOptions): Metric {
    const metricName = this.mode === WebAclMode.BLOCK ? 'BlockedRequests' : 'CountedRequests';
    return this.#metric(metricName, BLOCKED_LIKE_INTERCOM, options);
  }

  /** Requests from the ranges that are too large for API Gateway. Needs `countTooLarge`. @default - the sum over 5 minutes */
  public metricTooLarge(options?: MetricOptions): Metric {
    return this.#metric('CountedRequests', TOO_LARGE, options);
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
function logRequests(scope: Construct, name: string, webAclArn: string, mode: WebAclMode): ILogGroup {
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
    redactedFields: ['x-hub-signature', 'x-body-signature'].map((Name) => ({ singleHeader: { Name } })),
    loggingFilter: {
      DefaultBehavior: 'DROP',
      Filters: [
        {
          Behavior: 'KEEP',
          Requirement: 'MEETS_ANY',
          Conditions: [{ ActionCondition: { Action: mode === WebAclMode.BLOCK ? 'BLOCK' : 'COUNT' } }],
        },
      ],
    },
  });
  return logGroup;
}

function likeIntercom(priority: number, action: CfnWebACL.RuleActionProperty): CfnWebACL.RuleProperty {
  return {
    name: BLOCKED_LIKE_INTERCOM,
    priority,
    action,
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

function tooLarge(priority: number, ipSets: IIpSets): CfnWebACL.RuleProperty {
  const length = {
    regexMatchStatement: {
      fieldToMatch: { singleHeader: { Name: 'content-length' } },
      regexString: TOO_LARGE_LENGTH,
      textTransformations: [{ priority: 0, type: 'NONE' }],
    },
  };
  return {
    name: TOO_LARGE,
    priority,
    action: { count: {} },
    statement: { andStatement: { statements: [fromRanges(ipSets), length] } },
    visibilityConfig: visibility(TOO_LARGE),
  };
}

function fromRanges({ ipv4Arn, ipv6Arn }: IIpSets): CfnWebACL.StatementProperty {
  return { orStatement: { statements: [ipv4Arn, ipv6Arn].map((arn) => ({ ipSetReferenceStatement: { arn } })) } };
}

/** A separate rule, because a default action that allows counts nothing. */
function everythingElse(
  priority: number,
  ipSets: IIpSets,
  action: CfnWebACL.RuleActionProperty,
): CfnWebACL.RuleProperty {
  return {
    name: WOULD_BE_BLOCKED,
    priority,
    action,
    statement: { notStatement: { statement: fromRanges(ipSets) } },
    visibilityConfig: visibility(WOULD_BE_BLOCKED),
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
