import { ArnFormat, Stack } from 'aws-cdk-lib';
import { CfnResourceShare } from 'aws-cdk-lib/aws-ram';
import { Construct } from 'constructs';
import { physicalName } from '../physical-name';
import type { PrefixLists } from './prefix-lists';

/** Properties of `PrefixListShare`. */
export interface PrefixListShareProps {
  /**
   * Name of the resource share.
   *
   * @default - a unique name, derived from the path of the construct
   */
  readonly name?: string | undefined;
  /** The prefix lists to share. */
  readonly lists: PrefixLists;
  /** Account ids, and ARNs of an organization or of organizational units. */
  readonly principals: string[];
}

/** Shares prefix lists with other accounts through AWS Resource Access Manager. They can reference the lists, but not change them. */
export class PrefixListShare extends Construct {
  constructor(scope: Construct, id: string, props: PrefixListShareProps) {
    super(scope, id);
    const { lists, principals } = props;
    const arnOf = (resourceName: string) =>
      Stack.of(this).formatArn({
        service: 'ec2',
        resource: 'prefix-list',
        resourceName,
        arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
      });
    new CfnResourceShare(this, 'Share', {
      name: physicalName(this, props.name),
      // An account outside the organization has to accept the invitation.
      allowExternalPrincipals: true,
      principals,
      resourceArns: lists.ids.map(arnOf),
    });
  }
}
