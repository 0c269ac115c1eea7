import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { IpSets, PrefixLists, WafScope } from '../../../lib';
import { newApp, resourcesOf } from '../template';

type Tags = Readonly<Record<string, string>>;
type Resource = { readonly Name: string; readonly Tags: readonly { readonly Key: string; readonly Value: string }[] };
interface Statement {
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: { readonly StringEquals?: Readonly<Record<string, string>> };
}

const CREATED = {
  'IP sets': {
    create: (stack: Stack, name: string) => new IpSets(stack, 'Created', { name }),
    type: 'Custom::IntercomAllowlistIpSet',
    arnOf: (name: string) => `arn:<AWS::Partition>:wafv2:<AWS::Region>:<AWS::AccountId>:regional/ipset/${name}/0f1e`,
    // The handler copies the entries of the old set, and CloudFormation deletes it after the deployment.
    ofOld: ['wafv2:GetIPSet', 'wafv2:DeleteIPSet'],
  },
  'IP sets of CloudFront': {
    create: (stack: Stack, name: string) => new IpSets(stack, 'Created', { name, wafScope: WafScope.CLOUDFRONT }),
    type: 'Custom::IntercomAllowlistIpSet',
    arnOf: (name: string) => `arn:<AWS::Partition>:wafv2:us-east-1:<AWS::AccountId>:global/ipset/${name}/0f1e`,
    ofOld: ['wafv2:GetIPSet', 'wafv2:DeleteIPSet'],
  },
  'prefix lists': {
    create: (stack: Stack, name: string) => new PrefixLists(stack, 'Created', { name }),
    type: 'Custom::IntercomAllowlistPrefixList',
    arnOf: () => 'arn:<AWS::Partition>:ec2:<AWS::Region>:<AWS::AccountId>:prefix-list/pl-12345678',
    ofOld: ['ec2:ModifyManagedPrefixList', 'ec2:CreateTags', 'ec2:DeleteTags', 'ec2:DeleteManagedPrefixList'],
  },
} as const;

describe('CloudFormation updates the permissions before it renames, and they still reach what has the old name', () => {
  describe.each(Object.entries(CREATED))('%s', (_kind, { create, type, arnOf, ofOld }) => {
    const templateOf = (name: string, stackName = 'Team') => {
      const stack = new Stack(newApp(), stackName);
      create(stack, name);
      return Template.fromStack(stack);
    };
    const allowedOn = (other: Template, renamed: Template) => {
      const created = Object.values(resourcesOf(other, type)).map(({ Properties }) => Properties as Resource);
      expect(created).toHaveLength(2);
      const policy = resourcesOf(renamed, 'AWS::IAM::Policy').CreatedLifecycleRoleDefaultPolicy;
      const statements: Statement[] = policy?.Properties.PolicyDocument.Statement;
      return ofOld.map((action) =>
        created.every(({ Name, Tags }) => {
          const tags = Object.fromEntries(Tags.map(({ Key, Value }) => [Key, Value]));
          return statements.some((statement) => allows(statement, action, arnOf(Name), tags));
        }),
      );
    };

    test.each(ofOld.map((action, i) => [action, i] as const))('%s is allowed', (_action, i) => {
      expect(allowedOn(templateOf('before'), templateOf('after'))[i]).toBe(true);
    });

    it('but not what another stack created', () => {
      const ofOther = JSON.parse(
        JSON.stringify(templateOf('before').toJSON()).replaceAll('AWS::StackId', 'AWS::StackIdOfAnother'),
      );
      expect(allowedOn(Template.fromJSON(ofOther), templateOf('after'))).toEqual(ofOld.map(() => false));
    });
  });
});

it('two constructs of one stack cannot change what the other created', () => {
  const stack = new Stack(newApp(), 'Team');
  for (const id of ['One', 'Two']) new PrefixLists(stack, id, { name: 'same' });
  const owners = Object.values(resourcesOf(Template.fromStack(stack), 'Custom::IntercomAllowlistPrefixList')).map(
    ({ Properties }) => Properties.Tags[0].Value,
  );
  expect(new Set(owners).size).toBe(2);
});

/** Whether IAM allows the call on an existing resource with these tags. */
function allows({ Action, Resource, Condition }: Statement, action: string, arn: string, tags: Tags): boolean {
  const conditions = Object.entries(Condition?.StringEquals ?? {});
  return (
    [Action].flat().includes(action) &&
    [Resource].flat().some((pattern) => matches(pattern, arn)) &&
    conditions.every(([key, value]) => tags[key.replace('aws:ResourceTag/', '')] === value)
  );
}

function matches(pattern: string, arn: string): boolean {
  const parts = pattern
    .split(/([*?])/)
    .map((part) => ({ '*': '.*', '?': '.' })[part] ?? part.replaceAll(/[.+^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('')}$`).test(arn);
}
