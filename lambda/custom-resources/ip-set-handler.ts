import { WAFV2Client } from '@aws-sdk/client-wafv2';
import type { CdkCustomResourceEvent, CdkCustomResourceResponse } from 'aws-lambda';
import * as v from 'valibot';
import { CLOUDFRONT_REGION } from '../shared/ip-set-arn';
import { IpSetLifecycle, IpSetProperties } from './ip-set';

const requestHandler = { connectionTimeout: 1000, requestTimeout: 10_000, throwOnRequestTimeout: true };
const sets = new IpSetLifecycle(
  new WAFV2Client({ requestHandler }),
  new WAFV2Client({ requestHandler, region: CLOUDFRONT_REGION }),
);

/** Called by CDK's provider framework. The physical id is the set's ARN. */
export async function handler(event: CdkCustomResourceEvent): Promise<CdkCustomResourceResponse> {
  if (event.RequestType === 'Delete') {
    // A creation that failed leaves a made-up id behind.
    if (event.PhysicalResourceId.startsWith('arn:')) await sets.delete(event.PhysicalResourceId);
    return {};
  }
  const properties = v.parse(IpSetProperties, event.ResourceProperties);
  const arn =
    event.RequestType === 'Create'
      ? await sets.create(properties)
      : await sets.update(event.PhysicalResourceId, properties, v.parse(IpSetProperties, event.OldResourceProperties));
  return { PhysicalResourceId: arn, Data: { Arn: arn } };
}
