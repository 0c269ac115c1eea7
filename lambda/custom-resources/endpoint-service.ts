import { DescribeVpcEndpointServicesCommand, type EC2Client, type ServiceDetail } from '@aws-sdk/client-ec2';

/** The service behind interface endpoints for private APIs. */
export interface EndpointService {
  /** Such as `com.amazonaws.eu-west-1.execute-api`. The prefix differs between partitions. */
  readonly name: string;
  /** Availability Zones that offer endpoints for it, in order. */
  readonly zones: readonly string[];
}

/** Where a new VPC can have endpoints for private APIs. */
export interface EndpointZones {
  readonly ServiceName: string;
  readonly Zone1: string;
  readonly Zone2: string;
}

/** @throws Error if the Region does not offer the service */
export async function findEndpointService(client: EC2Client): Promise<EndpointService> {
  const suffix = `.${await client.config.region()}.execute-api`;
  let token: string | undefined;
  do {
    const page = await client.send(new DescribeVpcEndpointServicesCommand({ NextToken: token }));
    const found = page.ServiceDetails?.find(({ ServiceName }) => ServiceName?.endsWith(suffix));
    if (found) return toService(found);
    token = page.NextToken;
  } while (token);
  throw new Error(
    `This Region offers no interface endpoint service *${suffix}, which ingress=alb needs. The deployment fails. Use ` +
      'ingress=api-gateway or another Region',
  );
}

/** @throws Error if the Region offers the service in fewer than two Availability Zones */
export async function findEndpointZones(client: EC2Client): Promise<EndpointZones> {
  const { name, zones } = await findEndpointService(client);
  const [Zone1, Zone2] = zones;
  if (Zone1 && Zone2) return { ServiceName: name, Zone1, Zone2 };
  throw new Error(
    `${name} is available in the Availability Zones [${zones.join(', ')}], and the load balancer needs two. The deployment ` +
      'fails. Use ingress=api-gateway or another Region',
  );
}

function toService({ ServiceName = '', AvailabilityZones = [] }: ServiceDetail): EndpointService {
  return { name: ServiceName, zones: [...AvailabilityZones].sort() };
}
