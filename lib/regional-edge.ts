import { ArnFormat, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { EndpointType, LambdaIntegration, ResponseType, RestApi } from 'aws-cdk-lib/aws-apigateway';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { CfnLoggingConfiguration, CfnWebACL, CfnWebACLAssociation } from 'aws-cdk-lib/aws-wafv2';
import { Construct } from 'constructs';
import { WEBHOOK_PATH } from '../lambda/shared/names';
import { acknowledge } from './acknowledge';
import type { IpSets } from './ip-sets';

export interface RegionalEdgeProps {
  /** Names the API, the web ACL and `aws-waf-logs-{name}`. */
  readonly name: string;
  readonly ipSets: IpSets;
  /** The receiver. */
  readonly handler: IFunction;
}

/** A regional REST API with one path, behind a web ACL that blocks whatever the two IP sets do not allow. */
export class RegionalEdge extends Construct {
  readonly webhookUrl: string;
  readonly webAclName: string;

  constructor(scope: Construct, id: string, { name, ipSets, handler }: RegionalEdgeProps) {
    super(scope, id);
    const api = new RestApi(this, 'Api', {
      restApiName: name,
      description: 'Receives Intercom webhooks',
      endpointTypes: [EndpointType.REGIONAL],
      // The signature covers raw bytes: as binary media they reach the function untouched, whatever they are.
      binaryMediaTypes: ['*/*'],
      // The role for API Gateway's logs is one setting for the whole account: not this stack's to make.
      cloudWatchRole: false,
      deployOptions: { stageName: 'live' },
    });
    // The stack has outputs of its own; CDK's would name a URL that answers nothing.
    api.node.tryRemoveChild('Endpoint');
    // To a 429 Intercom throttles everything for up to two hours; a 503 it just retries.
    api.addGatewayResponse('Throttled', { type: ResponseType.THROTTLED, statusCode: '503' });
    const webhook = api.root.addResource(WEBHOOK_PATH);
    // Intercom sends HEAD to check the URL when it is saved.
    for (const method of ['HEAD', 'POST']) {
      webhook.addMethod(method, new LambdaIntegration(handler, { allowTestInvoke: false }));
    }
    const noAuthorizer = 'The web ACL admits only Intercom and the receiver checks the signature of every body';
    acknowledge(api, {
      APIG1:
        'Access logs need a role that is one setting for the whole account; the web ACL and the receiver log instead',
      APIG2:
        "The receiver validates; a validator here would answer in its place and could not know Intercom's future topics",
      APIG4: noAuthorizer,
      APIG6: 'Execution logs need the same account-wide role, and would hold bodies',
      COG4: noAuthorizer,
    });
    this.webhookUrl = api.urlForPath(`/${WEBHOOK_PATH}`);

    this.webAclName = name;
    const acl = new CfnWebACL(this, 'WebAcl', {
      name,
      description: 'Lets the Intercom ranges in and nobody else',
      scope: 'REGIONAL',
      defaultAction: { block: {} },
      rules: [allowRule('ipv4', 0, ipSets.ipv4Arn), allowRule('ipv6', 1, ipSets.ipv6Arn)],
      visibilityConfig: visibility(name),
    });
    new CfnWebACLAssociation(this, 'Association', {
      webAclArn: acl.attrArn,
      resourceArn: api.deploymentStage.stageArn,
    });
    this.logBlockedRequests(name, acl);
  }

  /** A blocked request is a stranger, or a notification that is being lost: either way somebody will want to look. */
  private logBlockedRequests(name: string, acl: CfnWebACL): void {
    const logGroup = new LogGroup(this, 'BlockedRequests', {
      // AWS WAF writes only to log groups with this prefix.
      logGroupName: `aws-waf-logs-${name}`,
      retention: RetentionDays.THREE_MONTHS,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    new CfnLoggingConfiguration(this, 'Logging', {
      resourceArn: acl.attrArn,
      // Without the trailing `:*` that the log group's attribute carries.
      logDestinationConfigs: [
        Stack.of(this).formatArn({
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
  }
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
