import { ArnFormat, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Metric, type MetricOptions, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { type ILogGroup, LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { CfnLoggingConfiguration, CfnWebACL } from 'aws-cdk-lib/aws-wafv2';
import type { Construct } from 'constructs';
import type { IpSets } from '../sync/ip-sets';

/** What a web ACL does with requests that the IP sets do not allow: block them, or only count and log them. */
export type WebAclMode = 'block' | 'count';

export interface WebAclProps {
  /** Names the web ACL and its log group, `aws-waf-logs-{name}`. */
  readonly name: string;
  readonly ipSets: IpSets;
  /** `count` blocks nothing: it counts and logs the requests that `block` would block. @default block */
  readonly mode?: WebAclMode | undefined;
  /** Whether to count requests from the ranges that are too large for the REST API of an ingress. @default false */
  readonly countTooLarge?: boolean | undefined;
}

/** The user agent of Intercom's webhooks (developers.intercom.com, "Setting up webhooks"), without the version. */
const INTERCOM_AGENT = '^intercom-parrot-service-client/';
/** A rule that blocks requests that the default action would block too, so that they are counted separately. */
const BLOCKED_LIKE_INTERCOM = 'blocked-like-intercom';
/** In mode `count`, the last rule, which matches every request that the IP sets do not allow. */
export const WOULD_BE_BLOCKED = 'would-be-blocked';

/** A rule that counts requests from the IP sets that API Gateway rejects by itself. */
const TOO_LARGE = 'too-large';
/**
 * 4.6 MB or more. The receiver is invoked with at most 6 MB, in which a body is a third longer than it was; of smaller bodies it rejects
 * and counts those that are too large itself.
 */
const TOO_LARGE_LENGTH = '^(4[6-9]\\d{5}|[5-9]\\d{6}|\\d{8,})$';

/** A web ACL that allows the entries of two IP sets, blocks (or counts) every other request, and logs those requests. */
export class WebAcl extends CfnWebACL {
  /** The log of requests that are blocked or would be: source address, path and user agent, but no signatures. */
  readonly log: ILogGroup;
  readonly mode: WebAclMode;
  readonly #name: string;

  constructor(scope: Construct, id: string, { name, ipSets, mode = 'block', countTooLarge = false }: WebAclProps) {
    const action = mode === 'block' ? { block: {} } : { count: {} };
    super(scope, id, {
      name,
      description:
        mode === 'block'
          ? 'Allows the Intercom ranges and blocks everything else'
          : 'Allows everything, and counts what is not from the Intercom ranges',
      scope: 'REGIONAL',
      defaultAction: mode === 'block' ? { block: {} } : { allow: {} },
      rules: [
        // An allowed request meets no rule after the one that allows it.
        ...(countTooLarge ? [tooLarge(0, ipSets)] : []),
        ...webAclRules(ipSets, 1),
        likeIntercom(3, action),
        ...(mode === 'count' ? [everythingElse(4, ipSets, action)] : []),
      ],
      visibilityConfig: visibility(name),
    });
    this.#name = name;
    this.mode = mode;
    this.log = logRequests(scope, name, this, mode);
  }

  /** Requests that were allowed. @default - the sum over 5 minutes */
  metricAllowed(options?: MetricOptions): Metric {
    return this.#metric('AllowedRequests', 'ALL', options);
  }

  /** Requests that were blocked; in mode `count`, that would have been. @default - the sum over 5 minutes */
  metricBlocked(options?: MetricOptions): Metric {
    if (this.mode === 'block') return this.#metric('BlockedRequests', 'ALL', options);
    return this.#metric('CountedRequests', WOULD_BE_BLOCKED, options);
  }

  /** Those with Intercom's user agent. Anyone can send that, so it is a hint, not proof. @default - the sum over 5 minutes */
  metricBlockedLikeIntercom(options?: MetricOptions): Metric {
    const metricName = this.mode === 'block' ? 'BlockedRequests' : 'CountedRequests';
    return this.#metric(metricName, BLOCKED_LIKE_INTERCOM, options);
  }

  /** Requests from the ranges that are too large for API Gateway. Needs `countTooLarge`. @default - the sum over 5 minutes */
  metricTooLarge(options?: MetricOptions): Metric {
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
function logRequests(scope: Construct, name: string, acl: CfnWebACL, mode: WebAclMode): ILogGroup {
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
    redactedFields: ['x-hub-signature', 'x-body-signature'].map((Name) => ({ singleHeader: { Name } })),
    loggingFilter: {
      DefaultBehavior: 'DROP',
      Filters: [
        {
          Behavior: 'KEEP',
          Requirement: 'MEETS_ANY',
          Conditions: [{ ActionCondition: { Action: mode === 'block' ? 'BLOCK' : 'COUNT' } }],
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

function tooLarge(priority: number, ipSets: IpSets): CfnWebACL.RuleProperty {
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

function fromRanges({ ipv4Arn, ipv6Arn }: IpSets): CfnWebACL.StatementProperty {
  return { orStatement: { statements: [ipv4Arn, ipv6Arn].map((arn) => ({ ipSetReferenceStatement: { arn } })) } };
}

/** A rule of its own, because a default action that allows counts nothing. */
function everythingElse(
  priority: number,
  ipSets: IpSets,
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

/** The two rules that allow the entries of the IP sets, for a web ACL or a rule group. */
export function webAclRules({ ipv4Arn, ipv6Arn }: IpSets, firstPriority = 0): CfnWebACL.RuleProperty[] {
  return [allowRule('ipv4', firstPriority, ipv4Arn), allowRule('ipv6', firstPriority + 1, ipv6Arn)];
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
