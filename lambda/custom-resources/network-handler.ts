import { EC2Client } from '@aws-sdk/client-ec2';
import type { CdkCustomResourceEvent, CdkCustomResourceResponse, Context } from 'aws-lambda';
import * as v from 'valibot';
import { Lookup } from '../shared/constants';
import { findAddresses } from './addresses';
import { findEndpointZones } from './endpoint-service';
import { findPublicSubnets } from './public-subnets';
import { retry, retryOptionsFor } from './retry';

const ec2 = new EC2Client({
  requestHandler: { connectionTimeout: 1000, requestTimeout: 10_000, throwOnRequestTimeout: true },
});
const Subnets = v.object({ VpcId: v.string() });
const Addresses = v.object({ NetworkInterfaceIds: v.array(v.string()) });

type Request = Exclude<CdkCustomResourceEvent, { RequestType: 'Delete' }>;

/**
 * Called by CDK's provider framework to look up facts about a network that CloudFormation doesn't expose. It creates nothing, so
 * there is nothing to delete. The physical id is the subject of the lookup, so another network is another resource.
 */
export async function handler(event: CdkCustomResourceEvent, context: Context): Promise<CdkCustomResourceResponse> {
  if (event.RequestType === 'Delete') return {};
  // A network interface or a subnet that was just created may not be visible yet.
  const lookup = { name: 'look up the network', run: () => lookUp(event), notYet: /^Invalid\w+\.NotFound$/ };
  return retry(lookup, retryOptionsFor(context));
}

async function lookUp({ ResourceType, ResourceProperties }: Request): Promise<CdkCustomResourceResponse> {
  if (ResourceType === Lookup.endpointZones) {
    return { PhysicalResourceId: Lookup.endpointZones, Data: await findEndpointZones(ec2) };
  }
  if (ResourceType === Lookup.publicSubnets) {
    const { VpcId } = v.parse(Subnets, ResourceProperties);
    return { PhysicalResourceId: VpcId, Data: await findPublicSubnets(ec2, VpcId) };
  }
  const { NetworkInterfaceIds } = v.parse(Addresses, ResourceProperties);
  return { PhysicalResourceId: NetworkInterfaceIds.join(), Data: await findAddresses(ec2, NetworkInterfaceIds) };
}
