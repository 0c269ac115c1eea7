import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { DISCOVERY_TAG, OWNER_TAG } from '../../lambda/shared/constants';
import { TARGET_KINDS, type TargetKind } from '../../lambda/shared/targets';
import type { AllowlistTarget } from './allowlist-target';
import { ec2Arn, KIND_TRAITS } from './target-kinds';

/**
 * So few that a statement is far below the 6,144 characters of a managed policy: the CDK fills the inline policy of the role and
 * moves the statements that are left into managed policies, but it never divides one.
 */
const RESOURCES_PER_STATEMENT = 20;

/** Everything the sync may do: write to what is named, made by the stack, or tagged, and to nothing else. */
export function syncStatements(
  scope: Construct,
  owner: string,
  targets: readonly AllowlistTarget[],
  tableArn: string,
): PolicyStatement[] {
  return [...generalStatements(scope, owner, tableArn), ...TARGET_KINDS.flatMap((kind) => named(scope, kind, targets))];
}

/** Leave to change each target that is named. */
function named(scope: Construct, kind: TargetKind, targets: readonly AllowlistTarget[]): PolicyStatement[] {
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
      resources: [KIND_TRAITS[kind].arnOf(scope, '*')],
      conditions: { Null: { [`aws:ResourceTag/${DISCOVERY_TAG}`]: 'false' } },
    });
  return [
    new PolicyStatement({
      actions: ['dynamodb:Scan', 'dynamodb:PutItem', 'dynamodb:UpdateItem'],
      resources: [tableArn],
    }),
    // Describe calls of EC2 know no resources.
    new PolicyStatement({
      actions: ['ec2:DescribeSecurityGroups', 'ec2:DescribeSecurityGroupRules', 'ec2:DescribeManagedPrefixLists'],
      resources: ['*'],
    }),
    tagged('security-group'),
    tagged('prefix-list'),
    // Where AWS authorizes rules as resources of their own (those made with tags, and their tagging), only ours.
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
    new PolicyStatement({
      actions: ['ec2:RevokeSecurityGroupIngress'],
      resources: rules,
      conditions: { StringEquals: { [`aws:ResourceTag/${OWNER_TAG}`]: owner } },
    }),
  ];
}
