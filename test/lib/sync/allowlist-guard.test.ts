import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Key } from 'aws-cdk-lib/aws-kms';
import { type ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { AllowlistGuard, AllowlistSync, AllowlistTarget, IpSets, Receiver, WebAcl } from '../../../lib';
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

describe('the sync may read the client secret, like the receiver', () => {
  /** The statements of a function's role about a secret or its key. */
  const reads = (makeSecret: (stack: Stack) => ISecret | undefined, role: string): unknown[] => {
    const stack = new Stack(newApp(), 'Team');
    const receiver = new Receiver(stack, 'Receiver', { clientSecret: makeSecret(stack) });
    new AllowlistSync(stack, 'Sync').addGuard(AllowlistGuard.receiver(receiver));
    const policies = Object.values(resourcesOf(Template.fromStack(stack), 'AWS::IAM::Policy'));
    return policies
      .filter(({ Properties }) => Properties.Roles[0] === role)
      .flatMap(({ Properties }) => Properties.PolicyDocument.Statement)
      .filter(({ Action }) => /secretsmanager|kms/.test(String(Action)));
  };

  it.each<[string, (stack: Stack) => ISecret]>([
    ['named by the user', (stack) => Secret.fromSecretNameV2(stack, 'Existing', 'intercom')],
    [
      'encrypted with a key of the user',
      (stack) => new Secret(stack, 'Existing', { encryptionKey: new Key(stack, 'Key') }) as ISecret,
    ],
    [
      'of the user, without the suffix of its ARN',
      (stack) =>
        Secret.fromSecretPartialArn(stack, 'Existing', 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:intercom'),
    ],
  ])('that is %s', (_case, makeSecret) => {
    const ofReceiver = reads(makeSecret, '<ReceiverFunctionRole>');
    expect(ofReceiver.length).toBeGreaterThan(0);
    expect(reads(makeSecret, '<SyncRole>')).toEqual(ofReceiver);
  });

  it('that the receiver creates, and nothing else of it', () => {
    expect(reads(() => undefined, '<SyncRole>')).toEqual([
      { Effect: 'Allow', Action: 'secretsmanager:GetSecretValue', Resource: '<ReceiverClientSecret>' },
    ]);
  });
});
