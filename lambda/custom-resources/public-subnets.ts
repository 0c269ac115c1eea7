import {
  type EC2Client,
  paginateDescribeRouteTables,
  paginateDescribeSubnets,
  type RouteTable,
  type Subnet,
} from '@aws-sdk/client-ec2';
import { findEndpointService } from './endpoint-service';

/** Where an internet-facing load balancer of the VPC can stand: one subnet in each of two Availability Zones. */
export interface PublicSubnets {
  /** Name of the service for the interface endpoint. */
  readonly ServiceName: string;
  readonly Subnet1: string;
  readonly Subnet2: string;
  readonly Zone1: string;
  readonly Zone2: string;
  /** `dualstack` where both subnets have IPv6. */
  readonly IpAddressType: 'ipv4' | 'dualstack';
}

/**
 * A load balancer needs eight free addresses in a subnet ("Application Load Balancers", Elastic Load Balancing user guide), and
 * the endpoint needs one.
 */
const FREE_ADDRESSES = 9;

/**
 * The first two Availability Zones in which execute-api offers endpoints and the VPC has a subnet with a route to an internet
 * gateway and enough free addresses. If a zone has several such subnets, the one with the lowest id.
 *
 * @throws Error if there are fewer than two such zones
 */
export async function findPublicSubnets(client: EC2Client, vpcId: string): Promise<PublicSubnets> {
  const filter = { Filters: [{ Name: 'vpc-id', Values: [vpcId] }] };
  const [subnets, tables, { name, zones }] = await Promise.all([
    collect(paginateDescribeSubnets({ client }, filter), (page) => page.Subnets),
    collect(paginateDescribeRouteTables({ client }, filter), (page) => page.RouteTables),
    findEndpointService(client),
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
      `${vpcId} has a public subnet with ${FREE_ADDRESSES} free addresses in ${first ? 'one' : 'none'} of the Availability ` +
        `Zones ${zones.join(', ')}, and the load balancer needs two. The deployment fails. Add subnets, set another vpcId, or ` +
        'omit vpcId to have the stack create a VPC',
    );
  }
  return {
    ServiceName: name,
    Subnet1: first.SubnetId ?? '',
    Subnet2: second.SubnetId ?? '',
    Zone1: first.AvailabilityZone ?? '',
    Zone2: second.AvailabilityZone ?? '',
    IpAddressType: [first, second].every(hasIpv6) ? 'dualstack' : 'ipv4',
  };
}

/** A subnet without an association uses the VPC's main route table. */
function leadsToInternet({ SubnetId }: Subnet, tables: readonly RouteTable[]): boolean {
  const associated = tables.find(({ Associations }) =>
    Associations?.some((association) => association.SubnetId === SubnetId),
  );
  const table = associated ?? tables.find(({ Associations }) => Associations?.some(({ Main }) => Main));
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
