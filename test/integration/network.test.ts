import {
  AssociateRouteTableCommand,
  AttachInternetGatewayCommand,
  CreateInternetGatewayCommand,
  CreateNetworkInterfaceCommand,
  CreateRouteCommand,
  CreateRouteTableCommand,
  CreateSubnetCommand,
  CreateVpcCommand,
  DescribeRouteTablesCommand,
  EC2Client,
} from '@aws-sdk/client-ec2';
import { findAddresses } from '../../lambda/custom-resources/addresses';
import { findPublicSubnets } from '../../lambda/custom-resources/public-subnets';
import { type Moto, startMoto } from './moto';

let moto: Moto;
let ec2: EC2Client;
let vpcId: string;

beforeAll(async () => {
  moto = await startMoto();
  ec2 = new EC2Client(moto.direct);
});
beforeEach(async () => {
  await moto.reset();
  const { Vpc } = await ec2.send(new CreateVpcCommand({ CidrBlock: '10.1.0.0/16', AmazonProvidedIpv6CidrBlock: true }));
  vpcId = Vpc?.VpcId ?? '';
  ipv6Block = Vpc?.Ipv6CidrBlockAssociationSet?.[0]?.Ipv6CidrBlock ?? '';
});
afterAll(() => moto?.stop());

let ipv6Block: string;
const find = () => findPublicSubnets(new EC2Client(moto.proxied), vpcId);

async function makeSubnet(third: number, zone: string, { mask = 24, ipv6 = false } = {}): Promise<string> {
  const { Subnet } = await ec2.send(
    new CreateSubnetCommand({
      VpcId: vpcId,
      AvailabilityZone: `us-east-1${zone}`,
      CidrBlock: `10.1.${third}.0/${mask}`,
      ...(ipv6 && { Ipv6CidrBlock: ipv6Block.replace('00::/56', `0${third}::/64`) }),
    }),
  );
  return Subnet?.SubnetId ?? '';
}

/** A route to the internet in a new table for these subnets, or in the VPC's main table for all others. */
async function routeToInternet(...subnetIds: string[]): Promise<void> {
  const { InternetGateway } = await ec2.send(new CreateInternetGatewayCommand({}));
  const GatewayId = InternetGateway?.InternetGatewayId;
  await ec2.send(new AttachInternetGatewayCommand({ VpcId: vpcId, InternetGatewayId: GatewayId }));
  const RouteTableId = subnetIds.length > 0 ? await makeTable() : await mainTable();
  await ec2.send(new CreateRouteCommand({ RouteTableId, DestinationCidrBlock: '0.0.0.0/0', GatewayId }));
  for (const SubnetId of subnetIds) await ec2.send(new AssociateRouteTableCommand({ RouteTableId, SubnetId }));
}

async function makeTable(): Promise<string | undefined> {
  const { RouteTable } = await ec2.send(new CreateRouteTableCommand({ VpcId: vpcId }));
  return RouteTable?.RouteTableId;
}

async function mainTable(): Promise<string | undefined> {
  const Filters = [
    { Name: 'vpc-id', Values: [vpcId] },
    { Name: 'association.main', Values: ['true'] },
  ];
  const { RouteTables } = await ec2.send(new DescribeRouteTablesCommand({ Filters }));
  return RouteTables?.[0]?.RouteTableId;
}

describe('the subnets chosen for a load balancer', () => {
  it('are public, in the first two Availability Zones', async () => {
    await makeSubnet(0, 'a');
    const [b, c, d] = [await makeSubnet(1, 'b'), await makeSubnet(2, 'c'), await makeSubnet(3, 'd')];
    await routeToInternet(d, c, b);
    expect(await find()).toEqual({
      ServiceName: 'com.amazonaws.us-east-1.execute-api',
      Subnet1: b,
      Subnet2: c,
      Zone1: 'us-east-1b',
      Zone2: 'us-east-1c',
      IpAddressType: 'ipv4',
    });
  });

  it('are those with the lowest id where a zone has several', async () => {
    const inA = [await makeSubnet(0, 'a'), await makeSubnet(1, 'a'), await makeSubnet(2, 'a')];
    await routeToInternet(...inA, await makeSubnet(3, 'b'));
    expect((await find()).Subnet1).toBe([...inA].sort()[0]);
  });

  it('include one that uses the main route table', async () => {
    const [a, b] = [await makeSubnet(0, 'a'), await makeSubnet(1, 'b')];
    await routeToInternet();
    expect(await find()).toMatchObject({ Subnet1: a, Subnet2: b });
  });

  it('exclude one without enough free addresses for a load balancer', async () => {
    const [full, a, b] = [
      await makeSubnet(0, 'a', { mask: 28 }),
      await makeSubnet(1, 'a'),
      await makeSubnet(2, 'b', { mask: 27 }),
    ];
    for (let i = 0; i < 3; i++) await ec2.send(new CreateNetworkInterfaceCommand({ SubnetId: full }));
    await routeToInternet(full, a, b);
    expect(await find()).toMatchObject({ Subnet1: a, Subnet2: b });
  });

  it.each([
    ['both', true, 'dualstack'],
    ['one', false, 'ipv4'],
  ])('have the right address type with %s of them on IPv6', async (_which, ipv6, expected) => {
    const [a, b] = [await makeSubnet(0, 'a', { ipv6: true }), await makeSubnet(1, 'b', { ipv6 })];
    await routeToInternet(a, b);
    expect(await find()).toMatchObject({ Subnet1: a, Subnet2: b, IpAddressType: expected });
  });

  it.each([
    ['none', 0],
    ['one', 1],
  ])('must be two: with public subnets in %s of the zones, the error says what to do', async (count, subnets) => {
    const [a] = [await makeSubnet(0, 'a'), await makeSubnet(1, 'b')];
    if (subnets > 0) await routeToInternet(a);
    await expect(find()).rejects.toThrow(
      new RegExp(
        `${vpcId} has a public subnet .* in ${count} of .* us-east-1a, .*needs two\\. The deployment fails\\. Add subnets`,
      ),
    );
  });
});

describe('the addresses of an interface endpoint', () => {
  const makeInterface = async (subnetId: string) => {
    const { NetworkInterface } = await ec2.send(new CreateNetworkInterfaceCommand({ SubnetId: subnetId }));
    return { id: NetworkInterface?.NetworkInterfaceId ?? '', address: NetworkInterface?.PrivateIpAddress };
  };

  it('are the private addresses of its two network interfaces', async () => {
    const made = [await makeInterface(await makeSubnet(0, 'a')), await makeInterface(await makeSubnet(1, 'b'))];
    const found = await findAddresses(
      new EC2Client(moto.proxied),
      made.map(({ id }) => id),
    );
    expect(Object.values(found).sort()).toEqual(made.map(({ address }) => address).sort());
  });

  it('must be two', async () => {
    const { id } = await makeInterface(await makeSubnet(0, 'a'));
    await expect(findAddresses(new EC2Client(moto.proxied), [id])).rejects.toThrow(
      `${id} of the interface endpoint must have exactly two`,
    );
  });
});
