import { WAFV2Client } from '@aws-sdk/client-wafv2';
import type { CdkCustomResourceEvent, CdkCustomResourceResponse, Context } from 'aws-lambda';
import * as v from 'valibot';
import { retryOptionsFor } from './retry';
import { AssociationProperties, WebAclAssociation } from './web-acl-association';

const requestHandler = { connectionTimeout: 1000, requestTimeout: 10_000, throwOnRequestTimeout: true };
const client = new WAFV2Client({ requestHandler });

/**
 * Called by CDK's provider framework. The physical id holds both ARNs, so that another web ACL or resource is another association, and
 * CloudFormation deletes the old one.
 */
export async function handler(event: CdkCustomResourceEvent, context: Context): Promise<CdkCustomResourceResponse> {
  const associations = new WebAclAssociation(client, retryOptionsFor(context));
  const properties = v.parse(AssociationProperties, event.ResourceProperties);
  const { WebAclArn, ResourceArn } = properties;
  if (event.RequestType === 'Delete') {
    // A creation that failed has a physical id that the framework made up, and associated nothing.
    if (event.PhysicalResourceId.startsWith('arn:')) await associations.delete(properties);
    return {};
  }
  const old = event.RequestType === 'Update' ? v.parse(AssociationProperties, event.OldResourceProperties) : undefined;
  await associations.create(properties, old?.WebAclArn);
  return { PhysicalResourceId: `${ResourceArn}|${WebAclArn}` };
}
