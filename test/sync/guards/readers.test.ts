import type { SecurityGroupRule } from '@aws-sdk/client-ec2';
import { EC2Client } from '@aws-sdk/client-ec2';
import { readApiStage } from '../../../lambda/sync/guards/api-stage';
import { type GuardClients, makeGuardClients } from '../../../lambda/sync/guards/guard';
import { readSecurityGroup } from '../../../lambda/sync/guards/security-group';

/** The context of a reader, with one client that answers from a table of operations. */
function answering(name: keyof GuardClients, answers: Record<string, object>) {
  const calls: string[] = [];
  const send = async (command: object) => {
    calls.push(command.constructor.name);
    return answers[command.constructor.name];
  };
  const client = Object.assign(new EC2Client({ region: 'eu-west-1' }), { send });
  const clients = { ...makeGuardClients({ region: 'eu-west-1' }, {} as never), [name]: client };
  return { context: { clients, now: new Date() }, calls };
}

it('an API and all its stages are read with two calls', async () => {
  const item = [
    { stageName: 'live', deploymentId: 'd1', webAclArn: 'arn' },
    { stageName: 'beta', deploymentId: 'd1' },
  ];
  const { context, calls } = answering('apiGateway', { GetRestApiCommand: {}, GetStagesCommand: { item } });
  const { problems } = await readApiStage({ kind: 'api-stage', id: 'a1/live' }, context);
  expect(problems).toEqual([expect.stringMatching(/^No web ACL is in front of stage beta/)]);
  expect(calls).toEqual(['GetRestApiCommand', 'GetStagesCommand']);
});

describe('a rule of a security group', () => {
  const assess = async (rule: SecurityGroupRule) => {
    const SecurityGroupRules = [{ PrefixListId: 'pl-1', SecurityGroupRuleId: 'sgr-1', ...rule }];
    const { context } = answering('ec2', { DescribeSecurityGroupRulesCommand: { SecurityGroupRules } });
    return (await readSecurityGroup({ kind: 'security-group', id: 'sg-1', admits: ['pl-1'] }, context)).outcome;
  };

  it.each<[string, SecurityGroupRule]>([
    ['of port 443', { IpProtocol: 'tcp', FromPort: 443, ToPort: 443 }],
    ['of all TCP ports', { IpProtocol: 'tcp', FromPort: 0, ToPort: 65535 }],
    ['of all protocols', { IpProtocol: '-1', FromPort: -1, ToPort: -1 }],
  ])('%s admits its prefix list', async (_case, rule) => {
    expect(await assess(rule)).toBe('guarding');
  });

  it.each<[string, SecurityGroupRule]>([
    ['of another port', { IpProtocol: 'tcp', FromPort: 80, ToPort: 80 }],
    ['of UDP', { IpProtocol: 'udp', FromPort: 443, ToPort: 443 }],
    ['for outgoing traffic', { IpProtocol: 'tcp', FromPort: 443, ToPort: 443, IsEgress: true }],
  ])('%s does not', async (_case, rule) => {
    expect(await assess(rule)).toBe('exposed');
  });
});
