import { DescribeNetworkInterfacesCommand, type EC2Client } from '@aws-sdk/client-ec2';

/** The private IPv4 addresses of an interface endpoint, one per Availability Zone. */
export interface Addresses {
  readonly Address1: string;
  readonly Address2: string;
}

/**
 * An endpoint keeps its addresses for as long as it exists ("Access an AWS service using an interface VPC endpoint", VPC
 * user guide), so one lookup per set of network interfaces is enough.
 *
 * @throws Error unless there are exactly two
 */
export async function findAddresses(client: EC2Client, interfaceIds: readonly string[]): Promise<Addresses> {
  const { NetworkInterfaces = [] } = await client.send(
    new DescribeNetworkInterfacesCommand({ NetworkInterfaceIds: [...interfaceIds] }),
  );
  const [Address1, Address2, ...others] = NetworkInterfaces.flatMap(({ PrivateIpAddress: address }) => address ?? []);
  if (Address1 === undefined || Address2 === undefined || others.length > 0) {
    const ids = interfaceIds.join(', ');
    throw new Error(
      `The network interfaces ${ids} of the interface endpoint must have exactly two private IPv4 addresses, one per ` +
        'Availability Zone. The load balancer is not connected to the API, and the deployment fails. Deploy again; if that ' +
        'fails too, check the endpoint in the VPC console',
    );
  }
  return { Address1, Address2 };
}
