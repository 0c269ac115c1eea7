import { WAFV2Client } from '@aws-sdk/client-wafv2';
import type { CdkCustomResourceEvent, CdkCustomResourceResponse, Context } from 'aws-lambda';
import * as v from 'valibot';
import { CLOUDFRONT_REGION } from '../shared/ip-set-arn';
import { IpSetLifecycle, IpSetProperties } from './ip-set';
import { retryOptionsFor } from './retry';

const requestHandler = { connectionTimeout: 1000, requestTimeout: 10_000, throwOnRequestTimeout: true };
const clients = {
  regional: new WAFV2Client({ requestHandler }),
  global: new WAFV2Client({ requestHandler, region: CLOUDFRONT_REGION }),
};

/** Called by CDK's provider framework. The physical id is the set's ARN. */
export async function handler(event: CdkCustomResourceEvent, context: Context): Promise<CdkCustomResourceResponse> {
  const sets = new IpSetLifecycle(clients, retryOptionsFor(context));
  if (event.RequestType === 'Delete') {
    // After a failed creation the framework sends an id that it made up.
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
