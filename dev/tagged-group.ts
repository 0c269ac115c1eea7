import { CreateSecurityGroupCommand, DescribeVpcsCommand, EC2Client } from '@aws-sdk/client-ec2';
import { DISCOVERY_TAG } from '../lambda/shared/constants';
import { clientConfig } from './closed-environment';
import type { Emulator } from './emulator';
import { step } from './local-run';

/** Creates a security group outside the stack. Its tag makes it a target. */
export async function makeTaggedGroup({ endpoint }: Emulator): Promise<void> {
  const ec2 = new EC2Client(clientConfig(endpoint));
  const { Vpcs } = await ec2.send(new DescribeVpcsCommand({}));
  await step(`Create a security group outside the stack, tagged ${DISCOVERY_TAG}=443`, () =>
    ec2.send(
      new CreateSecurityGroupCommand({
        GroupName: 'my-own-group',
        Description: 'In front of my own webhook receiver',
        VpcId: Vpcs?.[0]?.VpcId,
        TagSpecifications: [{ ResourceType: 'security-group', Tags: [{ Key: DISCOVERY_TAG, Value: '443' }] }],
      }),
    ),
  );
}
