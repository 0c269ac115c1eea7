import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { DISCOVERY_TAG, OWNER_TAG } from '../../lambda/shared/constants';
import { TARGET_KINDS, type TargetKind, type TargetSetting } from '../../lambda/shared/targets';

import { ec2Arn, KIND_TRAITS } from './target-kinds';

/**
 * Keeps a statement far below the 6,144 characters of a managed policy. The CDK moves statements that do not fit in the inline policy
 * of the role into managed policies, but it never splits a statement.
 */
const RESOURCES_PER_STATEMENT = 20;

/** The permissions of the sync: it can write only to targets that are named, created by the stack, or tagged. */
export function syncStatements(
  scope: Construct,
  owner: string,
  targets: readonly TargetSetting[],
  tableArn: string,
): PolicyStatement[] {
  return [...generalStatements(scope, owner, tableArn), ...TARGET_KINDS.flatMap((kind) => named(scope, kind, targets))];
}

/** Permission to change each named target. */
function named(scope: Construct, kind: TargetKind, targets: readonly TargetSetting[]): PolicyStatement[] {
  const { actions, arnOf } = KIND_TRAITS[kind];
  const arns = targets.filter((target) => target.kind === kind).map(({ id }) => arnOf(scope, id));
  const statements: PolicyStatement[] = [];
  for (let i = 0; i < arns.length; i += RESOURCES_PER_STATEMENT) {
    const resources = arns.slice(i, i + RESOURCES_PER_STATEMENT);
    statements.push(new PolicyStatement({ actions: [...actions], resources }));
  }
  return statements;
}

function generalStatements(scope: Construct, owner: string, tableArn: string): PolicyStatement[] {
  const rules = [ec2Arn(scope, 'security-group-rule', '*')];
  const tagged = (kind: TargetKind) =>
    new PolicyStatement({
      actions: [...KIND_TRAITS[kind].actions],
      resources: KIND_TRAITS[kind].allArns(scope),
      conditions: { Null: { [`aws:ResourceTag/${DISCOVERY_TAG}`]: 'false' } },
    });
  return [
    new PolicyStatement({
      actions: ['dynamodb:Scan', 'dynamodb:PutItem', 'dynamodb:UpdateItem'],
      resources: [tableArn],
    }),
    // EC2's Describe calls have no resource-level permissions.
    new PolicyStatement({
      actions: ['ec2:DescribeSecurityGroups', 'ec2:DescribeSecurityGroupRules', 'ec2:DescribeManagedPrefixLists'],
      resources: ['*'],
    }),
    // Of every list, also those that another account shares and owns: a security group may refer to any, and its entries say what
    // the group allows.
    new PolicyStatement({
      actions: ['ec2:GetManagedPrefixListEntries'],
      resources: [ec2Arn(scope, 'prefix-list', '*', '*')],
    }),
    // The API that finds resources by their tags has no resource-level permissions either.
    new PolicyStatement({ actions: ['tag:GetResources'], resources: ['*'] }),
    tagged('security-group'),
    tagged('prefix-list'),
    tagged('ip-set'),
    // AWS authorizes rules as separate resources when they are created with tags: only those with the owner tag.
    new PolicyStatement({
      actions: ['ec2:AuthorizeSecurityGroupIngress'],
      resources: rules,
      conditions: { StringEquals: { [`aws:RequestTag/${OWNER_TAG}`]: owner } },
    }),
    new PolicyStatement({
      actions: ['ec2:CreateTags'],
      resources: rules,
      conditions: {
        StringEquals: {
          'ec2:CreateAction': 'AuthorizeSecurityGroupIngress',
          [`aws:RequestTag/${OWNER_TAG}`]: owner,
        },
      },
    }),
  ];
}
