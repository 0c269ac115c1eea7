import { ArnFormat, CustomResource, Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { OWNER_TAG } from '../../lambda/shared/constants';
import { LIMITS, parseNumber } from '../../lambda/shared/limits';
import { acknowledge } from '../acknowledge';
import { customResourceProvider } from '../custom-resource-provider';
import { CONSTRUCT_DEFAULTS } from '../defaults';
import { physicalName } from '../physical-name';
import { lifecycleOwner } from './lifecycle-owner';

/** Properties of `PrefixLists`. */
export interface PrefixListsProps {
  /**
   * Names the prefix lists `{name}-v4` and `{name}-v6`. A new name renames the lists, and their entries stay.
   *
   * @default - a unique name, derived from the path of the construct
   */
  readonly name?: string | undefined;
  /**
   * MaxEntries of each list. AWS counts a reference to a list as this many rules of a security group, however many entries it holds.
   *
   * @default 30 - half the rules of a security group
   */
  readonly maxEntries?: number | undefined;
}

/**
 * Two empty managed prefix lists, one for each address family, as targets of an `AllowlistSync`.
 *
 * A custom resource creates them, because AWS does not allow changing the size of a list together with its entries, as
 * CloudFormation would, and because a deployment must not change entries.
 */
export class PrefixLists extends Construct {
  /** Id of the prefix list for IPv4 ranges. */
  public readonly ipv4Id: string;
  /** Id of the prefix list for IPv6 ranges. */
  public readonly ipv6Id: string;
  /** Ids of both prefix lists. */
  public readonly ids: string[];

  constructor(scope: Construct, id: string, props: PrefixListsProps = {}) {
    super(scope, id);
    const name = physicalName(this, props.name);
    const owner = lifecycleOwner(this);
    const { maxEntries = CONSTRUCT_DEFAULTS.prefixListMaxEntries } = props;
    parseNumber(String(maxEntries), 'maxEntries', LIMITS.prefixListMaxEntries);
    const provider = customResourceProvider(this, 'Lifecycle', {
      bundle: 'prefix-list',
      description: 'Creates, resizes and deletes the prefix lists of the allowlist, never their entries',
      statements: lifecycleStatements(this, owner),
    });
    const create = (suffix: string, family: 'IPv4' | 'IPv6') => {
      const list = new CustomResource(this, family, {
        resourceType: 'Custom::IntercomAllowlistPrefixList',
        serviceToken: provider.serviceToken,
        properties: {
          Name: `${name}-${suffix}`,
          AddressFamily: family,
          MaxEntries: maxEntries,
          Tags: [{ Key: OWNER_TAG, Value: owner }],
        },
      });
      list.node.addDependency(provider.function);
      return list.ref;
    };
    this.ipv4Id = create('v4', 'IPv4');
    this.ipv6Id = create('v6', 'IPv6');
    this.ids = [this.ipv4Id, this.ipv6Id];
    acknowledge(this, {
      'IAM5[Resource::arn:<AWS::Partition>:ec2:<AWS::Region>:<AWS::AccountId>:prefix-list/*]':
        'AWS assigns the id of a prefix list when it is created; only lists that have, or are being given, the owner tag, by condition',
      'IAM5[Resource::*]': 'DescribeManagedPrefixLists has no resource-level permissions',
    });
  }
}

/** Permissions for prefix lists with the owner tag only. Describing has no resource-level permissions. */
function lifecycleStatements(scope: Construct, owner: string): PolicyStatement[] {
  const lists = Stack.of(scope).formatArn({
    service: 'ec2',
    resource: 'prefix-list',
    resourceName: '*',
    arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
  });
  const given = { [`aws:RequestTag/${OWNER_TAG}`]: owner };
  const carried = { [`aws:ResourceTag/${OWNER_TAG}`]: owner };
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
