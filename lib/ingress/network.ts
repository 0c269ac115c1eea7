import { Annotations, CustomResource } from 'aws-cdk-lib';
import {
  FlowLogDestination,
  FlowLogTrafficType,
  IpAddresses,
  IpProtocol,
  type ISubnet,
  type IVpc,
  SubnetType,
  Vpc,
} from 'aws-cdk-lib/aws-ec2';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { Lookup } from '../../lambda/shared/constants';
import { FunctionLogs } from '../bundled-function';

/** Where a load balancer and the endpoint behind it stand: one public subnet in each of two availability zones. */
export interface IngressNetwork {
  readonly vpc: IVpc;
  readonly subnets: readonly ISubnet[];
  /** `ipv4` or `dualstack`, perhaps known only in the deploy. */
  readonly ipAddressType: string;
}

/**
 * A small VPC with IPv4 and IPv6, without NAT gateways. Nothing in it calls out, so two public subnets are all that it needs;
 * the endpoint's network interfaces have private addresses and a security group that admits only the load balancer.
 */
export function makeNetwork(scope: Construct): IngressNetwork {
  const vpc = new Vpc(scope, 'Vpc', {
    ipProtocol: IpProtocol.DUAL_STACK,
    ipAddresses: IpAddresses.cidr('10.0.0.0/24'),
    maxAzs: 2,
    natGateways: 0,
    subnetConfiguration: [{ name: 'Ingress', subnetType: SubnetType.PUBLIC, mapPublicIpOnLaunch: false }],
  });
  // What a security group drops is logged nowhere else, and may be a notification.
  vpc.addFlowLog('Rejected', {
    trafficType: FlowLogTrafficType.REJECT,
    destination: FlowLogDestination.toCloudWatchLogs(
      new FunctionLogs(scope, 'RejectedPackets', RetentionDays.ONE_MONTH),
    ),
  });
  return { vpc: vpc as IVpc, subnets: vpc.publicSubnets, ipAddressType: 'dualstack' };
}

/**
 * Subnets of a VPC that exists, looked up in the deploy: so the stack needs neither credentials nor an account to be
 * synthesized.
 */
export function findNetwork(scope: Construct, vpcId: string, serviceToken: string): IngressNetwork {
  const found = new CustomResource(scope, 'PublicSubnets', {
    resourceType: Lookup.publicSubnets,
    serviceToken,
    properties: { VpcId: vpcId },
  });
  const vpc = Vpc.fromVpcAttributes(scope, 'Vpc', {
    vpcId,
    availabilityZones: [found.getAttString('Zone1'), found.getAttString('Zone2')],
    publicSubnetIds: [found.getAttString('Subnet1'), found.getAttString('Subnet2')],
  });
  for (const subnet of vpc.publicSubnets) {
    Annotations.of(subnet).acknowledgeWarning('@aws-cdk/aws-ec2:noSubnetRouteTableId', 'No route is added to it');
  }
  return { vpc, subnets: vpc.publicSubnets, ipAddressType: found.getAttString('IpAddressType') };
}
