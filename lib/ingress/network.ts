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

/** The network of a load balancer and its endpoint: one public subnet in each of two Availability Zones. */
export interface IngressNetwork {
  readonly vpc: IVpc;
  readonly subnets: readonly ISubnet[];
  /** Name of the service for the endpoint, as a token. */
  readonly endpointServiceName: string;
  /** `ipv4` or `dualstack`, or a token. */
  readonly ipAddressType: string;
}

/**
 * A small VPC with IPv4 and IPv6, without NAT gateways. Nothing in it makes outbound calls, so two public subnets are enough. The
 * network interfaces of the endpoint have private addresses and a security group that allows only the load balancer. Not every
 * Availability Zone offers such endpoints, so the zones are looked up during the deployment.
 */
export function makeNetwork(scope: Construct, serviceToken: string): IngressNetwork {
  const zones = new CustomResource(scope, 'EndpointZones', { resourceType: Lookup.endpointZones, serviceToken });
  const vpc = new Vpc(scope, 'Vpc', {
    ipProtocol: IpProtocol.DUAL_STACK,
    ipAddresses: IpAddresses.cidr('10.0.0.0/24'),
    availabilityZones: [zones.getAttString('Zone1'), zones.getAttString('Zone2')],
    natGateways: 0,
    subnetConfiguration: [{ name: 'Ingress', subnetType: SubnetType.PUBLIC, mapPublicIpOnLaunch: false }],
  });
  // Packets that a security group drops are logged nowhere else, and one may be a notification.
  vpc.addFlowLog('Rejected', {
    trafficType: FlowLogTrafficType.REJECT,
    destination: FlowLogDestination.toCloudWatchLogs(
      new FunctionLogs(scope, 'RejectedPackets', RetentionDays.ONE_MONTH),
    ),
  });
  return {
    vpc: vpc as IVpc,
    subnets: vpc.publicSubnets,
    endpointServiceName: zones.getAttString('ServiceName'),
    ipAddressType: 'dualstack',
  };
}

/**
 * The subnets of an existing VPC, looked up during the deployment, so that synthesis needs neither credentials nor an account.
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
    Annotations.of(subnet).acknowledgeWarning('@aws-cdk/aws-ec2:noSubnetRouteTableId', 'The ingress adds no route');
  }
  return {
    vpc,
    subnets: vpc.publicSubnets,
    endpointServiceName: found.getAttString('ServiceName'),
    ipAddressType: found.getAttString('IpAddressType'),
  };
}
