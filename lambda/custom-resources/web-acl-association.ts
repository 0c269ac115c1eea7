import {
  AssociateWebACLCommand,
  DisassociateWebACLCommand,
  GetWebACLForResourceCommand,
  type WAFV2Client,
} from '@aws-sdk/client-wafv2';
import pRetry from 'p-retry';
import * as v from 'valibot';

/** The properties of the custom resource. */
export const AssociationProperties = v.object({ WebAclArn: v.string(), ResourceArn: v.string() });
export type AssociationProperties = v.InferOutput<typeof AssociationProperties>;

/** WAF may not know a new web ACL or a new stage yet; it says so with these for some minutes. */
const TRANSIENT = ['WAFUnavailableEntityException', 'WAFInternalErrorException', 'WAFOptimisticLockException'];

/** Associates a web ACL with a resource, but never replaces another web ACL. */
export class WebAclAssociation {
  /** @param retry how calls are made again that WAF cannot take yet. @default 10 times, within 90 s */
  constructor(
    private readonly client: WAFV2Client,
    private readonly retry = { retries: 10, minTimeout: 1000, maxTimeout: 10_000, randomize: true },
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
    await this.#send(() => this.client.send(new AssociateWebACLCommand({ WebACLArn: WebAclArn, ResourceArn })));
  }

  /** Leaves another web ACL in place that somebody has put in front of the resource since. */
  async delete({ WebAclArn, ResourceArn }: AssociationProperties): Promise<void> {
    try {
      if ((await this.#webAclOf(ResourceArn)) !== WebAclArn) return;
      await this.#send(() => this.client.send(new DisassociateWebACLCommand({ ResourceArn })));
    } catch (error) {
      // The resource is gone, and its association with it.
      if (!isMissing(error)) throw error;
    }
  }

  async #webAclOf(ResourceArn: string): Promise<string | undefined> {
    const { WebACL } = await this.#send(() => this.client.send(new GetWebACLForResourceCommand({ ResourceArn })));
    return WebACL?.ARN;
  }

  async #send<T>(call: () => Promise<T>): Promise<T> {
    return pRetry(call, { ...this.retry, shouldRetry: ({ error }) => TRANSIENT.includes(error.name) });
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && error.name === 'WAFNonexistentItemException';
}
