import { CustomResource, Tags } from 'aws-cdk-lib';
import {
  InterfaceVpcEndpoint,
  InterfaceVpcEndpointService,
  type ISecurityGroup,
  SecurityGroup,
} from 'aws-cdk-lib/aws-ec2';
import { AnyPrincipal, PolicyDocument, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { Lookup } from '../../lambda/shared/constants';
import type { IngressNetwork } from './network';

export interface PrivateEndpointProps {
  readonly network: IngressNetwork;
  /** Service token of the custom resource that looks up addresses. */
  readonly serviceToken: string;
}

/** An interface endpoint from a VPC to private APIs. Its security group has no rules at first. */
export class PrivateEndpoint extends Construct {
  readonly securityGroup: ISecurityGroup;
  /** Id of the endpoint. */
  readonly vpcEndpointId: string;
  /** The private IPv4 addresses, one in each Availability Zone, as tokens. */
  readonly addresses: readonly string[];
  /** Resource policy for an API that can be called only through this endpoint. */
  readonly onlyFromHere: PolicyDocument;

  constructor(scope: Construct, id: string, { network, serviceToken }: PrivateEndpointProps) {
    super(scope, id);
    const { vpc, subnets, endpointServiceName } = network;
    this.securityGroup = new SecurityGroup(this, 'SecurityGroup', {
      vpc,
      description: 'Allows the load balancer of the Intercom allowlist to call its private API',
      allowAllOutbound: false,
    });
    const endpoint = new InterfaceVpcEndpoint(this, 'Resource', {
      vpc,
      service: new InterfaceVpcEndpointService(endpointServiceName),
      subnets: { subnets: [...subnets] },
      securityGroups: [this.securityGroup],
      open: false,
      // With private DNS, calls from this VPC to every other API of the Region would reach this endpoint and fail.
      privateDnsEnabled: false,
    });
    this.vpcEndpointId = endpoint.vpcEndpointId;
    Tags.of(endpoint).add('Name', this.node.path);
    // CloudFormation returns the network interfaces of an endpoint, but not their addresses.
    const found = new CustomResource(this, 'Addresses', {
      resourceType: Lookup.addresses,
      serviceToken,
      properties: { NetworkInterfaceIds: endpoint.vpcEndpointNetworkInterfaceIds },
    });
    this.addresses = [found.getAttString('Address1'), found.getAttString('Address2')];
    this.onlyFromHere = new PolicyDocument({
      statements: [
        new PolicyStatement({
          principals: [new AnyPrincipal()],
          actions: ['execute-api:Invoke'],
          resources: ['execute-api:/*'],
          conditions: { StringEquals: { 'aws:SourceVpce': endpoint.vpcEndpointId } },
        }),
      ],
    });
  }
}
