import {
  DescribeVpcEndpointServicesCommand,
  type EC2Client,
  paginateDescribeRouteTables,
  paginateDescribeSubnets,
  type RouteTable,
  type Subnet,
} from '@aws-sdk/client-ec2';

/** Where a load balancer of the VPC can face the internet: one subnet in each of two availability zones. */
export interface PublicSubnets {
  readonly Subnet1: string;
  readonly Subnet2: string;
  readonly Zone1: string;
  readonly Zone2: string;
  /** `dualstack` where both subnets have IPv6. */
  readonly IpAddressType: 'ipv4' | 'dualstack';
}

/**
 * A load balancer needs eight free addresses in a subnet ("Application Load Balancers", Elastic Load Balancing user guide), the
 * endpoint one.
 */
const FREE_ADDRESSES = 9;

/**
 * The first two availability zones in which the VPC has a subnet that leads to an internet gateway and has room, and in which
 * execute-api offers its endpoints; of several such subnets the one with the lowest id.
 *
 * @throws Error when there are not two zones.
 */
export async function findPublicSubnets(client: EC2Client, vpcId: string): Promise<PublicSubnets> {
  const filter = { Filters: [{ Name: 'vpc-id', Values: [vpcId] }] };
  const [subnets, tables, zones] = await Promise.all([
    collect(paginateDescribeSubnets({ client }, filter), (page) => page.Subnets),
    collect(paginateDescribeRouteTables({ client }, filter), (page) => page.RouteTables),
    endpointZones(client),
  ]);
  const fitting = subnets
    .filter((subnet) => leadsToInternet(subnet, tables) && (subnet.AvailableIpAddressCount ?? 0) >= FREE_ADDRESSES)
    .filter(({ AvailabilityZone: zone }) => zones.includes(zone ?? ''))
    .sort((a, b) => orderOf(a).localeCompare(orderOf(b)));
  const [first, second] = fitting.filter(
    ({ AvailabilityZone: zone }, index) => fitting.findIndex((other) => other.AvailabilityZone === zone) === index,
  );
  if (!first || !second) {
    throw new Error(
      `${vpcId} has a public subnet with ${FREE_ADDRESSES} free addresses in ${first ? 'one' : 'none'} of the availability ` +
        `zones ${zones.join(', ')}; the load balancer needs two. Add subnets, name another VPC, or leave vpcId out: then ` +
        'the stack makes a VPC of its own',
    );
  }
  return {
    Subnet1: first.SubnetId ?? '',
    Subnet2: second.SubnetId ?? '',
    Zone1: first.AvailabilityZone ?? '',
    Zone2: second.AvailabilityZone ?? '',
    IpAddressType: [first, second].every(hasIpv6) ? 'dualstack' : 'ipv4',
  };
}

async function endpointZones(client: EC2Client): Promise<readonly string[]> {
  const service = `com.amazonaws.${await client.config.region()}.execute-api`;
  const { ServiceDetails } = await client.send(new DescribeVpcEndpointServicesCommand({ ServiceNames: [service] }));
  return ServiceDetails?.find(({ ServiceName }) => ServiceName === service)?.AvailabilityZones ?? [];
}

/** A subnet without a route table of its own has the VPC's main one. */
function leadsToInternet({ SubnetId }: Subnet, tables: readonly RouteTable[]): boolean {
  const exclusive = tables.find(({ Associations }) =>
    Associations?.some((association) => association.SubnetId === SubnetId),
  );
  const table = exclusive ?? tables.find(({ Associations }) => Associations?.some(({ Main }) => Main));
  const routes = table?.Routes ?? [];
  return routes.some(
    ({ DestinationCidrBlock, GatewayId, State }) =>
      DestinationCidrBlock === '0.0.0.0/0' && GatewayId?.startsWith('igw-') && State !== 'blackhole',
  );
}

function hasIpv6({ Ipv6CidrBlockAssociationSet: blocks = [] }: Subnet): boolean {
  return blocks.some(({ Ipv6CidrBlockState: state }) => !/^(disassociat|fail)/.test(state?.State ?? ''));
}

function orderOf({ AvailabilityZone, SubnetId }: Subnet): string {
  return `${AvailabilityZone} ${SubnetId}`;
}

async function collect<P, T>(pages: AsyncIterable<P>, itemsOf: (page: P) => T[] | undefined): Promise<T[]> {
  const items: T[] = [];
  for await (const page of pages) items.push(...(itemsOf(page) ?? []));
  return items;
}
