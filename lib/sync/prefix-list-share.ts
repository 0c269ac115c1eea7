import { ArnFormat, Stack } from 'aws-cdk-lib';
import { CfnResourceShare } from 'aws-cdk-lib/aws-ram';
import { Construct } from 'constructs';
import type { PrefixLists } from './prefix-lists';

export interface PrefixListShareProps {
  /** Names the resource share. */
  readonly name: string;
  readonly lists: PrefixLists;
  /** Account ids, and ARNs of an organization or of organizational units. */
  readonly principals: readonly string[];
}

/** Shares the stack's prefix lists with other accounts by AWS Resource Access Manager. They can refer to the lists, but not change them. */
export class PrefixListShare extends Construct {
  constructor(scope: Construct, id: string, { name, lists, principals }: PrefixListShareProps) {
    super(scope, id);
    const arnOf = (resourceName: string) =>
      Stack.of(this).formatArn({
        service: 'ec2',
        resource: 'prefix-list',
        resourceName,
        arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
      });
    new CfnResourceShare(this, 'Share', {
      name,
      // An account outside the organization has to accept the invitation.
      allowExternalPrincipals: true,
      principals: [...principals],
      resourceArns: lists.ids.map(arnOf),
    });
  }
}
