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
import { isGlobalIpSet, parseIpSetArn } from '../shared/ip-set-arn';

/** The properties of the custom resource. An address is not among them: no deploy can ever write one. */
export const IpSetProperties = v.object({
  Name: v.string(),
  IPAddressVersion: v.picklist(['IPV4', 'IPV6']),
  Scope: v.optional(v.picklist(['REGIONAL', 'CLOUDFRONT']), 'REGIONAL'),
  Description: v.string(),
  Tags: v.array(v.object({ Key: v.string(), Value: v.string() })),
});
export type IpSetProperties = v.InferOutput<typeof IpSetProperties>;

/** A set in use is released by WAF some time after the web ACL lets go of it; writes are limited to about one a second. */
const RETRY = { retries: 6, minTimeout: 500, randomize: true };
const TRANSIENT = ['WAFOptimisticLockException', 'WAFAssociatedItemException', 'WAFUnavailableEntityException'];

/** Makes, changes and deletes an IP set, and never an entry of it. Every step can be repeated: AWS may deliver it twice. */
export class IpSetLifecycle {
  /** @param global WAF in the AWS Region that keeps the IP sets of CloudFront */
  constructor(
    private readonly regional: WAFV2Client,
    private readonly global: WAFV2Client = regional,
  ) {}

  /** An empty set. One of this name that carries our owner tag is the same request seen again. @returns its ARN */
  create(properties: IpSetProperties): Promise<string> {
    return this.#create(properties, []);
  }

  /** Changes what is not an entry. A new name makes a new set with the old one's entries; CloudFormation deletes the old one. */
  async update(arn: string, properties: IpSetProperties, old: IpSetProperties): Promise<string> {
    const set = await this.#get(arn);
    if (set.IPSet?.IPAddressVersion !== properties.IPAddressVersion) {
      throw new Error(`The address version of ${arn} can't change: it is ${set.IPSet?.IPAddressVersion}`);
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
        await this.#clientOf(arn).send(new DeleteIPSetCommand({ ...parseIpSetArn(arn), LockToken }));
      } catch (error) {
        if (!isNamed(error, 'WAFNonexistentItemException')) throw error;
      }
    });
  }

  async #create(properties: IpSetProperties, addresses: string[]): Promise<string> {
    const { Name, IPAddressVersion, Description, Tags, Scope } = properties;
    const create = new CreateIPSetCommand({
      Name,
      IPAddressVersion,
      Description,
      Tags,
      Scope,
      Addresses: addresses,
    });
    try {
      const { Summary } = await this.#clientFor(Scope).send(create);
      return Summary?.ARN ?? '';
    } catch (error) {
      if (!isNamed(error, 'WAFDuplicateItemException')) throw error;
      const arn = await this.#findOurs(properties);
      if (arn) return arn;
      throw new Error(
        `An IP set named ${Name} exists and is not this stack's. Delete or rename it, then deploy again`,
        {
          cause: error,
        },
      );
    }
  }

  async #findOurs({ Name, Tags, Scope }: IpSetProperties): Promise<string | undefined> {
    const owner = Tags.find((tag) => tag.Key === OWNER_TAG)?.Value;
    const arn = await this.#findByName(Name, Scope);
    if (!arn || !owner) return undefined;
    const current = await this.#tagsOf(arn);
    return current.some((tag) => tag.Key === OWNER_TAG && tag.Value === owner) ? arn : undefined;
  }

  async #findByName(name: string, Scope: IpSetProperties['Scope']): Promise<string | undefined> {
    let marker: string | undefined;
    do {
      const page = await this.#clientFor(Scope).send(new ListIPSetsCommand({ Scope, Limit: 100, NextMarker: marker }));
      const found = page.IPSets?.find((set) => set.Name === name);
      if (found) return found.ARN;
      marker = page.IPSets?.length ? page.NextMarker : undefined;
    } while (marker);
    return undefined;
  }

  /** WAF takes a description only together with the addresses, so those just read go back under the same lock token. */
  #describe(arn: string, description: string): Promise<void> {
    return retryTransient(async () => {
      const { IPSet, LockToken } = await this.#get(arn);
      await this.#clientOf(arn).send(
        new UpdateIPSetCommand({
          ...parseIpSetArn(arn),
          Addresses: IPSet?.Addresses,
          Description: description,
          LockToken,
        }),
      );
    });
  }

  /** Takes away only tags that the stack had set: others put theirs on too. */
  async #retag(arn: string, tags: IpSetProperties['Tags'], old: IpSetProperties['Tags']): Promise<void> {
    const current = await this.#tagsOf(arn);
    const gone = old.map((tag) => tag.Key).filter((key) => !tags.some((tag) => tag.Key === key));
    const changed = tags.filter((tag) => !current.some(({ Key, Value }) => Key === tag.Key && Value === tag.Value));
    if (gone.length > 0) await this.#clientOf(arn).send(new UntagResourceCommand({ ResourceARN: arn, TagKeys: gone }));
    if (changed.length > 0) await this.#clientOf(arn).send(new TagResourceCommand({ ResourceARN: arn, Tags: changed }));
  }

  async #tagsOf(arn: string) {
    const { TagInfoForResource } = await this.#clientOf(arn).send(new ListTagsForResourceCommand({ ResourceARN: arn }));
    return TagInfoForResource?.TagList ?? [];
  }

  #clientOf(arn: string): WAFV2Client {
    return isGlobalIpSet(arn) ? this.global : this.regional;
  }

  #clientFor(scope: IpSetProperties['Scope']): WAFV2Client {
    return scope === 'CLOUDFRONT' ? this.global : this.regional;
  }

  #get(arn: string): Promise<GetIPSetCommandOutput> {
    return this.#clientOf(arn).send(new GetIPSetCommand(parseIpSetArn(arn)));
  }
}

function retryTransient<T>(step: () => Promise<T>): Promise<T> {
  return pRetry(step, { ...RETRY, shouldRetry: ({ error }) => TRANSIENT.some((name) => isNamed(error, name)) });
}

function isNamed(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name;
}
