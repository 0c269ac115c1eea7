import { EC2Client } from '@aws-sdk/client-ec2';
import type { CdkCustomResourceEvent, CdkCustomResourceResponse } from 'aws-lambda';
import * as v from 'valibot';
import { Lookup } from '../shared/constants';
import { findAddresses } from './addresses';
import { findPublicSubnets } from './public-subnets';

const ec2 = new EC2Client({
  requestHandler: { connectionTimeout: 1000, requestTimeout: 10_000, throwOnRequestTimeout: true },
});
const Subnets = v.object({ VpcId: v.string() });
const Addresses = v.object({ NetworkInterfaceIds: v.array(v.string()) });

/**
 * Called by CDK's provider framework to look up facts about a network that CloudFormation doesn't expose. It creates nothing, so
 * there is nothing to delete. The physical id is the subject of the lookup, so another network is another resource.
 */
export async function handler(event: CdkCustomResourceEvent): Promise<CdkCustomResourceResponse> {
  if (event.RequestType === 'Delete') return {};
  if (event.ResourceType === Lookup.publicSubnets) {
    const { VpcId } = v.parse(Subnets, event.ResourceProperties);
    return { PhysicalResourceId: VpcId, Data: await findPublicSubnets(ec2, VpcId) };
  }
  const { NetworkInterfaceIds } = v.parse(Addresses, event.ResourceProperties);
  return { PhysicalResourceId: NetworkInterfaceIds.join(), Data: await findAddresses(ec2, NetworkInterfaceIds) };
}
