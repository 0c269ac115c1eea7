import {
  AssociateWebACLCommand,
  DisassociateWebACLCommand,
  GetWebACLForResourceCommand,
  type WAFV2Client,
} from '@aws-sdk/client-wafv2';
import * as v from 'valibot';
import { type RetryOptions, retry } from './retry';

/** The properties of the custom resource. */
export const AssociationProperties = v.object({ WebAclArn: v.string(), ResourceArn: v.string() });
export type AssociationProperties = v.InferOutput<typeof AssociationProperties>;

/** Associates a web ACL with a resource, but never replaces another web ACL. */
export class WebAclAssociation {
  constructor(
    private readonly client: WAFV2Client,
    private readonly options: RetryOptions = {},
  ) {}

  /**
   * @param replaces ARN of the web ACL that this association had before, which it may replace
   * @throws Error when the resource does not exist, or has another web ACL
   */
  async create({ WebAclArn, ResourceArn }: AssociationProperties, replaces?: string): Promise<void> {
    const current = await this.#webAclOf(ResourceArn);
    if (current === WebAclArn) return;
    if (current !== undefined && current !== replaces) {
      throw new Error(
        `${ResourceArn} already has the web ACL ${current}, which stays in front of it. Disassociate that web ACL first, or keep it and ` +
          'add the rule group of this stack to it (context key webAclRuleGroup=create)',
      );
    }
    const run = () => this.client.send(new AssociateWebACLCommand({ WebACLArn: WebAclArn, ResourceArn }));
    await retry({ name: `associate ${ResourceArn} with the web ACL ${WebAclArn}`, run }, this.options);
  }

  /** Leaves another web ACL in place that somebody has put in front of the resource since. */
  async delete({ WebAclArn, ResourceArn }: AssociationProperties): Promise<void> {
    try {
      if ((await this.#webAclOf(ResourceArn)) !== WebAclArn) return;
      const run = () => this.client.send(new DisassociateWebACLCommand({ ResourceArn }));
      await retry({ name: `disassociate ${ResourceArn} from its web ACL`, run }, this.options);
    } catch (error) {
      // The resource is gone, and its association with it.
      if (!isMissing(error)) throw error;
    }
  }

  async #webAclOf(ResourceArn: string): Promise<string | undefined> {
    const run = () => this.client.send(new GetWebACLForResourceCommand({ ResourceArn }));
    const { WebACL } = await retry({ name: `read the web ACL of ${ResourceArn}`, run }, this.options);
    return WebACL?.ARN;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && error.name === 'WAFNonexistentItemException';
}
