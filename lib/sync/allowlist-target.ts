import type { IPrefixList, ISecurityGroup } from 'aws-cdk-lib/aws-ec2';
import { parsePorts } from '../../lambda/shared/ports';
import type { TargetKind } from '../../lambda/shared/targets';

export interface TargetOptions {
  /**
   * Whether the target is the sync's alone: every entry of a set or list is the sync's to remove then, and a deploy that can't fill
   * the target fails. In a security group only rules with the sync's owner tag are ever removed.
   *
   * @default false
   */
  readonly exclusive?: boolean;
}

export interface SecurityGroupOptions extends TargetOptions {
  /** TCP ports to open to the published ranges. The discovery tag on the group has the last word. @default 443 */
  readonly ports?: readonly number[];
}

/** An AWS resource that an `AllowlistSync` keeps equal to Intercom's published ranges. */
export class AllowlistTarget {
  /** A security group. It gets a rule for each range and port. @throws InvalidConfigError for ports that are none. */
  static securityGroup(
    { securityGroupId }: Pick<ISecurityGroup, 'securityGroupId'>,
    { ports = [443], exclusive = false }: SecurityGroupOptions = {},
  ): AllowlistTarget {
    return new AllowlistTarget('security-group', securityGroupId, exclusive, parsePorts(ports.join(), 'ports'));
  }

  /** A regional WAF IP set, by ARN. Of the ranges it gets those of its address family. */
  static ipSet(arn: string, { exclusive = false }: TargetOptions = {}): AllowlistTarget {
    return new AllowlistTarget('ip-set', arn, exclusive, []);
  }

  /** A customer-managed prefix list. Of the ranges it gets those of its address family. */
  static prefixList(
    { prefixListId }: Pick<IPrefixList, 'prefixListId'>,
    { exclusive = false }: TargetOptions = {},
  ): AllowlistTarget {
    return new AllowlistTarget('prefix-list', prefixListId, exclusive, []);
  }

  private constructor(
    readonly kind: TargetKind,
    /** The ARN of an IP set, the id of a group or list. */
    readonly id: string,
    readonly exclusive: boolean,
    readonly ports: readonly number[],
  ) {}
}
