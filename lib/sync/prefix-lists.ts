import { ArnFormat, CustomResource, Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { OWNER_TAG } from '../../lambda/shared/constants';
import { acknowledge } from '../acknowledge';
import { DEFAULTS } from '../config';
import { customResourceProvider } from '../custom-resource-provider';

export interface PrefixListsProps {
  /** Names the lists `{name}-v4` and `{name}-v6`, and is their owner tag. */
  readonly name: string;
  /**
   * MaxEntries of each list. A security group counts a list that it refers to as that many rules of the list's family.
   *
   * @default 30: half of what a security group may hold
   */
  readonly maxEntries?: number | undefined;
}

/**
 * Two managed prefix lists, one for each address family. A custom resource creates them, for the same reason as the IP sets; in
 * addition, AWS does not allow changing the size of a list together with its entries, as CloudFormation would.
 */
export class PrefixLists extends Construct {
  readonly ipv4Id: string;
  readonly ipv6Id: string;
  readonly ids: readonly string[];

  constructor(scope: Construct, id: string, { name, maxEntries = DEFAULTS.prefixListMaxEntries }: PrefixListsProps) {
    super(scope, id);
    const provider = customResourceProvider(this, 'Lifecycle', {
      bundle: 'prefix-list',
      description: 'Creates, resizes and deletes the prefix lists of the allowlist, never their entries',
      statements: lifecycleStatements(this, name),
    });
    const make = (suffix: string, family: 'IPv4' | 'IPv6') => {
      const list = new CustomResource(this, family, {
        resourceType: 'Custom::IntercomAllowlistPrefixList',
        serviceToken: provider.serviceToken,
        properties: {
          Name: `${name}-${suffix}`,
          AddressFamily: family,
          MaxEntries: maxEntries,
          Tags: [{ Key: OWNER_TAG, Value: name }],
        },
      });
      list.node.addDependency(provider.function);
      return list.ref;
    };
    this.ipv4Id = make('v4', 'IPv4');
    this.ipv6Id = make('v6', 'IPv6');
    this.ids = [this.ipv4Id, this.ipv6Id];
    acknowledge(this, {
      'IAM5[Resource::arn:<AWS::Partition>:ec2:<AWS::Region>:<AWS::AccountId>:prefix-list/*]':
        'AWS assigns the id of a prefix list when it is created; only lists that have, or are being given, the owner tag, by condition',
      'IAM5[Resource::*]': 'DescribeManagedPrefixLists has no resource-level permissions',
    });
  }
}

/** Permissions for prefix lists with the owner tag only. Describing has no resource-level permissions. */
function lifecycleStatements(scope: Construct, name: string): PolicyStatement[] {
  const lists = Stack.of(scope).formatArn({
    service: 'ec2',
    resource: 'prefix-list',
    resourceName: '*',
    arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
  });
  const given = { [`aws:RequestTag/${OWNER_TAG}`]: name };
  const carried = { [`aws:ResourceTag/${OWNER_TAG}`]: name };
  return [
    new PolicyStatement({ actions: ['ec2:DescribeManagedPrefixLists'], resources: ['*'] }),
    new PolicyStatement({
      actions: ['ec2:CreateManagedPrefixList'],
      resources: [lists],
      conditions: { StringEquals: given },
    }),
    new PolicyStatement({
      actions: ['ec2:CreateTags'],
      resources: [lists],
      conditions: { StringEquals: { 'ec2:CreateAction': 'CreateManagedPrefixList', ...given } },
    }),
    new PolicyStatement({
      actions: ['ec2:ModifyManagedPrefixList', 'ec2:DeleteManagedPrefixList', 'ec2:CreateTags', 'ec2:DeleteTags'],
      resources: [lists],
      conditions: { StringEquals: carried },
    }),
  ];
}
