import { EndpointType, type RestApi } from 'aws-cdk-lib/aws-apigateway';
import { Construct } from 'constructs';
import { WEBHOOK_PATH } from '../../lambda/shared/constants';
import { physicalName } from '../physical-name';
import { AllowlistGuard } from '../sync/allowlist-guard';
import { ApiAccessLog } from './api-access-log';
import type { IIngress, IngressProps } from './ingress';
import { WebAcl } from './web-acl';
import { WebhookApi } from './webhook-api';

/** Properties of `ApiGatewayIngress`. */
export interface ApiGatewayIngressProps extends IngressProps {}

/** A regional REST API with one path, behind a web ACL that blocks every request that the two IP sets do not allow. */
export class ApiGatewayIngress extends Construct implements IIngress {
  public readonly webhookUrl: string;
  public readonly webAcl: WebAcl;
  public readonly api: RestApi;
  public readonly protectedArn: string;
  public readonly guards: AllowlistGuard[];

  constructor(scope: Construct, id: string, props: ApiGatewayIngressProps) {
    super(scope, id);
    const name = physicalName(this, props.name);
    this.api = new WebhookApi(this, 'Api', {
      name,
      handler: props.handler,
      accessLog: new ApiAccessLog(this, 'AccessLog'),
      endpoint: { endpointConfiguration: { types: [EndpointType.REGIONAL] } },
    });
    this.webhookUrl = this.api.urlForPath(`/${WEBHOOK_PATH}`);
    this.protectedArn = this.api.deploymentStage.stageArn;
    this.guards = [AllowlistGuard.apiStage(this.api)];
    const { ipSets, webAclMode: mode } = props;
    this.webAcl = new WebAcl(this, 'WebAcl', { name, ipSets, mode, countTooLarge: true });
    this.webAcl.associate('Association', this.protectedArn);
  }
}
