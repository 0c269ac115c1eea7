import { DescribeNetworkInterfacesCommand, type EC2Client } from '@aws-sdk/client-ec2';

/** The private IPv4 addresses of an interface endpoint, one in each of two availability zones. */
export interface Addresses {
  readonly Address1: string;
  readonly Address2: string;
}

/**
 * An endpoint's addresses do not change as long as it exists ("Access an AWS service using an interface VPC endpoint", VPC
 * user guide), so they are looked up once for each set of network interfaces.
 *
 * @throws Error when there are not two.
 */
export async function findAddresses(client: EC2Client, interfaceIds: readonly string[]): Promise<Addresses> {
  const { NetworkInterfaces = [] } = await client.send(
    new DescribeNetworkInterfacesCommand({ NetworkInterfaceIds: [...interfaceIds] }),
  );
  const [Address1, Address2, ...others] = NetworkInterfaces.flatMap(({ PrivateIpAddress: address }) => address ?? []);
  if (Address1 === undefined || Address2 === undefined || others.length > 0) {
    throw new Error(`The network interfaces ${interfaceIds.join(', ')} have not two private IPv4 addresses in all`);
  }
  return { Address1, Address2 };
}
