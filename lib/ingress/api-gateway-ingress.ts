import { EndpointType } from 'aws-cdk-lib/aws-apigateway';
import { CfnWebACLAssociation } from 'aws-cdk-lib/aws-wafv2';
import { Construct } from 'constructs';
import { WEBHOOK_PATH } from '../../lambda/shared/constants';
import { ApiAccessLog } from './api-access-log';
import type { Ingress, IngressProps } from './ingress';
import { WebAcl } from './web-acl';
import { WebhookApi } from './webhook-api';

/** A regional REST API with one path, behind a web ACL that blocks every request that the two IP sets do not allow. */
export class ApiGatewayIngress extends Construct implements Ingress {
  readonly webhookUrl: string;
  readonly webAcl: WebAcl;
  readonly api: WebhookApi;

  constructor(scope: Construct, id: string, { name, ipSets, handler, webAclMode: mode }: IngressProps) {
    super(scope, id);
    this.api = new WebhookApi(this, 'Api', {
      name,
      handler,
      accessLog: new ApiAccessLog(this, 'AccessLog'),
      endpoint: { endpointConfiguration: { types: [EndpointType.REGIONAL] } },
    });
    this.webhookUrl = this.api.urlForPath(`/${WEBHOOK_PATH}`);

    this.webAcl = new WebAcl(this, 'WebAcl', { name, ipSets, mode, countTooLarge: true });
    new CfnWebACLAssociation(this, 'Association', {
      webAclArn: this.webAcl.attrArn,
      resourceArn: this.api.deploymentStage.stageArn,
    });
  }
}
