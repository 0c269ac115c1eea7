import { EC2Client } from '@aws-sdk/client-ec2';
import { findEndpointService, findEndpointZones } from '../../lambda/custom-resources/endpoint-service';

interface Service {
  readonly ServiceName: string;
  readonly AvailabilityZones?: string[];
}

/** A client in a Region that answers with these pages of services. */
function offering(region: string, ...pages: Service[][]): EC2Client {
  const client = new EC2Client({ region });
  let asked = 0;
  jest.spyOn(client, 'send').mockImplementation(async () => {
    const ServiceDetails = pages[asked++];
    return { ServiceDetails, ...(asked < pages.length && { NextToken: `page ${asked}` }) };
  });
  return client;
}

describe('the endpoint service of private APIs is found by its name in the partition', () => {
  it.each([
    ['eu-west-1', 'com.amazonaws.eu-west-1.execute-api'],
    ['us-gov-west-1', 'com.amazonaws.us-gov-west-1.execute-api'],
    ['cn-north-1', 'cn.com.amazonaws.cn-north-1.execute-api'],
    ['eusc-de-east-1', 'eu.amazonaws.eusc-de-east-1.execute-api'],
  ])('in %s', async (region, name) => {
    const client = offering(region, [
      { ServiceName: `com.amazonaws.vpce.${region}.vpce-svc-0123456789abcdef0` },
      { ServiceName: `com.amazonaws.${region}.execute-api-fips` },
      { ServiceName: name },
    ]);
    expect((await findEndpointService(client)).name).toBe(name);
  });

  it('on whatever page it is', async () => {
    const name = 'cn.com.amazonaws.cn-north-1.execute-api';
    const client = offering(
      'cn-north-1',
      [{ ServiceName: 'com.amazonaws.cn-north-1.s3' }],
      [],
      [{ ServiceName: name }],
    );
    expect((await findEndpointService(client)).name).toBe(name);
  });

  it('or the deployment fails with what to use instead', async () => {
    await expect(findEndpointService(offering('xx-new-1', [], []))).rejects.toThrow(
      /no interface endpoint service \*\.xx-new-1\.execute-api, .*The deployment fails\. Use ingress=api-gateway/,
    );
  });
});

describe('a new VPC gets its zones', () => {
  const ServiceName = 'com.amazonaws.us-east-1.execute-api';

  it('from those that offer the endpoint, and not simply the first two of the Region', async () => {
    const client = offering('us-east-1', [
      { ServiceName, AvailabilityZones: ['us-east-1d', 'us-east-1b', 'us-east-1c'] },
    ]);
    expect(await findEndpointZones(client)).toEqual({ ServiceName, Zone1: 'us-east-1b', Zone2: 'us-east-1c' });
  });

  it('or the deployment fails if only one zone offers it', async () => {
    const client = offering('us-east-1', [{ ServiceName, AvailabilityZones: ['us-east-1b'] }]);
    await expect(findEndpointZones(client)).rejects.toThrow(/in the Availability Zones \[us-east-1b\], .*needs two/);
  });
});
