import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { AllowlistGuard, AllowlistSync, AllowlistTarget, IpSets, WebAcl } from '../../../lib';
import { newApp, resourcesOf, STAGE_ARN } from '../template';

const ARN = 'arn:aws:wafv2:eu-west-1:111122223333:regional/ipset/partners/0f1e2d3c';

/** What the sync of a stack is to check. */
function guardsIn(stack: Stack): unknown[] {
  const { Environment } = resourcesOf(Template.fromStack(stack)).SyncFunction?.Properties ?? {};
  return JSON.parse(Environment.Variables.GUARDS);
}

describe('a web ACL is judged by the IP sets that it allows', () => {
  it('if they exist and the sync does not maintain them exclusively', () => {
    const stack = new Stack(newApp(), 'Team');
    const ipSets = IpSets.fromIpSetsAttributes(stack, 'IpSets', { ipv4Arn: `${ARN}4`, ipv6Arn: `${ARN}6` });
    const targets = [AllowlistTarget.ipSet(ipSets.ipv4Arn), AllowlistTarget.ipSet(ipSets.ipv6Arn)];
    const sync = new AllowlistSync(stack, 'Sync', { targets });
    sync.addGuard(AllowlistGuard.webAcl(new WebAcl(stack, 'Acl', { ipSets }), [STAGE_ARN]));
    expect(guardsIn(stack)).toMatchObject([{ ipSets: [`${ARN}4`, `${ARN}6`] }]);
  });

  it('and not by others that the same sync maintains', () => {
    const stack = new Stack(newApp(), 'Team');
    const [one, other] = ['One', 'Other'].map((id) => new IpSets(stack, id)) as [IpSets, IpSets];
    const targets = [...one.arns, ...other.arns].map((arn) => AllowlistTarget.ipSet(arn, { exclusive: true }));
    const sync = new AllowlistSync(stack, 'Sync', { targets });
    sync.addGuard(AllowlistGuard.webAcl(new WebAcl(stack, 'Acl', { ipSets: one }), [STAGE_ARN]));
    expect(guardsIn(stack)).toMatchObject([{ ipSets: ['<OneIPV4.Arn>', '<OneIPV6.Arn>'] }]);
  });
});
