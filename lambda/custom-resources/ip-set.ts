import {
  CreateIPSetCommand,
  DeleteIPSetCommand,
  GetIPSetCommand,
  type GetIPSetCommandOutput,
  ListIPSetsCommand,
  ListTagsForResourceCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateIPSetCommand,
  type WAFV2Client,
} from '@aws-sdk/client-wafv2';
import pRetry from 'p-retry';
import * as v from 'valibot';
import { OWNER_TAG } from '../shared/constants';
import { parseIpSetArn } from '../shared/ip-set-arn';

/** The properties of the custom resource. Addresses are not among them, so no deployment can write one. */
export const IpSetProperties = v.object({
  Name: v.string(),
  IPAddressVersion: v.picklist(['IPV4', 'IPV6']),
  Description: v.string(),
  Tags: v.array(v.object({ Key: v.string(), Value: v.string() })),
});
export type IpSetProperties = v.InferOutput<typeof IpSetProperties>;

const SCOPE = 'REGIONAL';

/** A set in use is released by WAF some time after the web ACL lets go of it; writes are limited to about one a second. */
const RETRY = { retries: 6, minTimeout: 500, randomize: true };
const TRANSIENT = ['WAFOptimisticLockException', 'WAFAssociatedItemException', 'WAFUnavailableEntityException'];

/** Creates, updates and deletes an IP set, but never its entries. Every step is idempotent: AWS may deliver an event twice. */
export class IpSetLifecycle {
  constructor(private readonly client: WAFV2Client) {}

  /**
   * Creates an empty set. If a set with this name carries the stack's owner tag, the same event was delivered before.
   *
   * @returns its ARN
   */
  create(properties: IpSetProperties): Promise<string> {
    return this.#create(properties, []);
  }

  /** Updates everything but entries. A new name creates a set with the old set's entries; CloudFormation deletes the old set. */
  async update(arn: string, properties: IpSetProperties, old: IpSetProperties): Promise<string> {
    const set = await this.#get(arn);
    if (set.IPSet?.IPAddressVersion !== properties.IPAddressVersion) {
      throw new Error(
        `The address version of IP set ${arn} can't be changed from ${set.IPSet?.IPAddressVersion} to ` +
          `${properties.IPAddressVersion}. The set is unchanged. Create another set instead`,
      );
    }
    if (set.IPSet.Name !== properties.Name) return this.#create(properties, set.IPSet.Addresses ?? []);
    if (set.IPSet.Description !== properties.Description) await this.#describe(arn, properties.Description);
    await this.#retag(arn, properties.Tags, old.Tags);
    return arn;
  }

  async delete(arn: string): Promise<void> {
    await retryTransient(async () => {
      try {
        const { LockToken } = await this.#get(arn);
        await this.client.send(new DeleteIPSetCommand({ ...parseIpSetArn(arn), LockToken }));
      } catch (error) {
        if (!isNamed(error, 'WAFNonexistentItemException')) throw error;
      }
    });
  }

  async #create({ Name, IPAddressVersion, Description, Tags }: IpSetProperties, addresses: string[]): Promise<string> {
    const create = new CreateIPSetCommand({
      Name,
      IPAddressVersion,
      Description,
      Tags,
      Scope: SCOPE,
      Addresses: addresses,
    });
    try {
      const { Summary } = await this.client.send(create);
      return Summary?.ARN ?? '';
    } catch (error) {
      if (!isNamed(error, 'WAFDuplicateItemException')) throw error;
      const arn = await this.#findManaged(Name, Tags);
      if (arn) return arn;
      throw new Error(
        `An IP set named ${Name} already exists, without this stack's owner tag. It is unchanged, and the deployment fails. ` +
          'Delete the set or choose another stackName, then deploy again',
        {
          cause: error,
        },
      );
    }
  }

  async #findManaged(name: string, tags: IpSetProperties['Tags']): Promise<string | undefined> {
    const owner = tags.find((tag) => tag.Key === OWNER_TAG)?.Value;
    const arn = await this.#findByName(name);
    if (!arn || !owner) return undefined;
    const current = await this.#tagsOf(arn);
    return current.some((tag) => tag.Key === OWNER_TAG && tag.Value === owner) ? arn : undefined;
  }

  async #findByName(name: string): Promise<string | undefined> {
    let marker: string | undefined;
    do {
      const page = await this.client.send(new ListIPSetsCommand({ Scope: SCOPE, Limit: 100, NextMarker: marker }));
      const found = page.IPSets?.find((set) => set.Name === name);
      if (found) return found.ARN;
      marker = page.IPSets?.length ? page.NextMarker : undefined;
    } while (marker);
    return undefined;
  }

  /** UpdateIPSet also replaces the addresses, so it writes back those just read, under the same lock token. */
  #describe(arn: string, description: string): Promise<void> {
    return retryTransient(async () => {
      const { IPSet, LockToken } = await this.#get(arn);
      await this.client.send(
        new UpdateIPSetCommand({
          ...parseIpSetArn(arn),
          Addresses: IPSet?.Addresses,
          Description: description,
          LockToken,
        }),
      );
    });
  }

  /** Removes only tags that the stack set: others may tag the set too. */
  async #retag(arn: string, tags: IpSetProperties['Tags'], old: IpSetProperties['Tags']): Promise<void> {
    const current = await this.#tagsOf(arn);
    const gone = old.map((tag) => tag.Key).filter((key) => !tags.some((tag) => tag.Key === key));
    const changed = tags.filter((tag) => !current.some(({ Key, Value }) => Key === tag.Key && Value === tag.Value));
    if (gone.length > 0) await this.client.send(new UntagResourceCommand({ ResourceARN: arn, TagKeys: gone }));
    if (changed.length > 0) await this.client.send(new TagResourceCommand({ ResourceARN: arn, Tags: changed }));
  }

  async #tagsOf(arn: string) {
    const { TagInfoForResource } = await this.client.send(new ListTagsForResourceCommand({ ResourceARN: arn }));
    return TagInfoForResource?.TagList ?? [];
  }

  #get(arn: string): Promise<GetIPSetCommandOutput> {
    return this.client.send(new GetIPSetCommand(parseIpSetArn(arn)));
  }
}

function retryTransient<T>(step: () => Promise<T>): Promise<T> {
  return pRetry(step, { ...RETRY, shouldRetry: ({ error }) => TRANSIENT.some((name) => isNamed(error, name)) });
}

function isNamed(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name;
}
