import { EC2Client } from '@aws-sdk/client-ec2';
import type { CdkCustomResourceEvent, CdkCustomResourceResponse, Context } from 'aws-lambda';
import * as v from 'valibot';
import { PrefixListLifecycle, PrefixListProperties } from './prefix-list';
import { retryOptionsFor } from './retry';

const requestHandler = { connectionTimeout: 1000, requestTimeout: 10_000, throwOnRequestTimeout: true };
const client = new EC2Client({ requestHandler });

/** Called by CDK's provider framework. The physical id is the list's. */
export async function handler(event: CdkCustomResourceEvent, context: Context): Promise<CdkCustomResourceResponse> {
  const lists = new PrefixListLifecycle(client, retryOptionsFor(context));
  if (event.RequestType === 'Delete') {
    // After a failed creation the framework sends an id that it made up.
    if (event.PhysicalResourceId.startsWith('pl-')) await lists.delete(event.PhysicalResourceId);
    return {};
  }
  const properties = v.parse(PrefixListProperties, event.ResourceProperties);
  if (event.RequestType === 'Create') return { PhysicalResourceId: await lists.create(properties, event.RequestId) };
  await lists.update(event.PhysicalResourceId, properties, v.parse(PrefixListProperties, event.OldResourceProperties));
  return { PhysicalResourceId: event.PhysicalResourceId };
}
