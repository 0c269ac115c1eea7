import { Token } from 'aws-cdk-lib';
import type { IPrefixList, ISecurityGroup } from 'aws-cdk-lib/aws-ec2';
import { InvalidConfigError } from '../../lambda/shared/errors';
import { parseIpSetArn } from '../../lambda/shared/ip-set-arn';
import { parsePorts } from '../../lambda/shared/ports';
import type { TargetSetting } from '../../lambda/shared/targets';

/** Options of a target. */
export interface AllowlistTargetOptions {
  /**
   * Whether only this sync manages the target.
   *
   * The sync then also removes entries that others added to an IP set or prefix list, and a deployment fails if it cannot fill the
   * target. In a security group the sync only ever removes rules with its owner tag.
   *
   * @default false
   */
  readonly exclusive?: boolean | undefined;
}

/** Options of a security group as a target. */
export interface SecurityGroupTargetOptions extends AllowlistTargetOptions {
  /**
   * TCP ports to open to the published ranges. If the security group has the discovery tag, the tag decides.
   *
   * @default [443]
   */
  readonly ports?: number[] | undefined;
}

/** An AWS resource that an `AllowlistSync` keeps equal to Intercom's published ranges. */
export class AllowlistTarget {
  /** A security group. The sync adds a rule for each range and port. */
  public static securityGroup(securityGroup: ISecurityGroup, options?: SecurityGroupTargetOptions): AllowlistTarget {
    return AllowlistTarget.securityGroupId(securityGroup.securityGroupId, options);
  }

  /** A security group, by its id. The sync adds a rule for each range and port. */
  public static securityGroupId(securityGroupId: string, options: SecurityGroupTargetOptions = {}): AllowlistTarget {
    assertId(securityGroupId, 'securityGroupId', /^sg-[0-9a-f]{8,17}$/, 'the id of a security group, sg-...');
    const ports = parsePorts((options.ports ?? [443]).join(), 'ports');
    return new AllowlistTarget({ kind: 'security-group', id: securityGroupId, exclusive: isExclusive(options), ports });
  }

  /** A WAF IP set, regional or global, by its ARN. The sync adds the ranges of the IP set's address family. */
  public static ipSet(ipSetArn: string, options: AllowlistTargetOptions = {}): AllowlistTarget {
    if (!Token.isUnresolved(ipSetArn)) parseIpSetArn(ipSetArn, 'ipSetArn');
    return new AllowlistTarget({ kind: 'ip-set', id: ipSetArn, exclusive: isExclusive(options), ports: [] });
  }

  /** A customer-managed prefix list. The sync adds the ranges of the list's address family. */
  public static prefixList(prefixList: IPrefixList, options?: AllowlistTargetOptions): AllowlistTarget {
    return AllowlistTarget.prefixListId(prefixList.prefixListId, options);
  }

  /** A customer-managed prefix list, by its id. The sync adds the ranges of the list's address family. */
  public static prefixListId(prefixListId: string, options: AllowlistTargetOptions = {}): AllowlistTarget {
    assertId(prefixListId, 'prefixListId', /^pl-[0-9a-f]{8,17}$/, 'the id of a prefix list, pl-...');
    return new AllowlistTarget({ kind: 'prefix-list', id: prefixListId, exclusive: isExclusive(options), ports: [] });
  }

  /** @internal */
  public readonly _setting: TargetSetting;

  private constructor(setting: TargetSetting) {
    this._setting = setting;
  }
}

function isExclusive(options: AllowlistTargetOptions): boolean {
  return options.exclusive ?? false;
}

function assertId(id: string, key: string, pattern: RegExp, allowed: string): void {
  if (!Token.isUnresolved(id) && !pattern.test(id)) throw new InvalidConfigError(key, id, allowed);
}
