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
import * as v from 'valibot';
import { OWNER_TAG } from '../shared/constants';
import { isGlobalIpSet, parseIpSetArn } from '../shared/ip-set-arn';
import { type RetryOptions, retry } from './retry';

/** The properties of the custom resource. Addresses are not among them, so no deployment can write one. */
export const IpSetProperties = v.object({
  Name: v.string(),
  IPAddressVersion: v.picklist(['IPV4', 'IPV6']),
  Scope: v.optional(v.picklist(['REGIONAL', 'CLOUDFRONT']), 'REGIONAL'),
  Description: v.string(),
  Tags: v.array(v.object({ Key: v.string(), Value: v.string() })),
});
export type IpSetProperties = v.InferOutput<typeof IpSetProperties>;

const MISSING = 'WAFNonexistentItemException';
const DUPLICATE = 'WAFDuplicateItemException';

export interface IpSetClients {
  readonly regional: WAFV2Client;
  /** In the AWS Region of CloudFront's IP sets. */
  readonly global: WAFV2Client;
}

interface Found {
  readonly arn: string;
  /** Of a set that this event created. */
  readonly LockToken?: string | undefined;
}

/** Creates, updates and deletes an IP set, but never its entries. Every step is idempotent: AWS may deliver an event twice. */
export class IpSetLifecycle {
  constructor(
    private readonly clients: IpSetClients,
    private readonly options: RetryOptions = {},
  ) {}

  /**
   * Creates an empty set. If a set with this name carries the stack's owner tag, the same event was delivered before.
   *
   * @returns its ARN
   */
  create(properties: IpSetProperties): Promise<string> {
    return this.#create(properties, []);
  }

  /** Updates everything but entries. A new name creates a set with the old set's entries; CloudFormation deletes the old set. */
  update(arn: string, properties: IpSetProperties, old: IpSetProperties): Promise<string> {
    return retry({ name: `update IP set ${arn}`, run: () => this.#update(arn, properties, old) }, this.options);
  }

  delete(arn: string): Promise<void> {
    return retry(
      {
        name: `delete IP set ${arn}`,
        run: () => this.#delete(arn),
        // WAF counts a set as associated for some minutes after the web ACL is gone.
        notYet: /^WAFAssociatedItemException$/,
        next: 'Remove the set from every web ACL and rule group that references it, then delete the stack again',
      },
      this.options,
    );
  }

  async #create(properties: IpSetProperties, addresses: string[]): Promise<string> {
    const { arn, LockToken } = await retry(
      {
        name: `create IP set ${properties.Name}`,
        run: () => this.#createOrFind(properties, addresses),
        // The list may not show a new set yet.
        notYet: new RegExp(`^(${MISSING}|${DUPLICATE})$`),
      },
      this.options,
    );
    const find = { name: `find the new IP set ${arn}`, run: () => this.#get(arn), notYet: new RegExp(`^${MISSING}$`) };
    // What references the set comes next, and fails as long as WAF does not know it.
    await retry(find, this.options).catch(async (error) => {
      // CloudFormation does not know the ARN, so nobody else will delete the set.
      if (LockToken) await this.#deleteNow(arn, LockToken).catch(() => undefined);
      throw error;
    });
    return arn;
  }

  async #update(arn: string, properties: IpSetProperties, old: IpSetProperties): Promise<string> {
    const set = await this.#get(arn);
    if (set.IPSet?.IPAddressVersion !== properties.IPAddressVersion) {
      throw new Error(
        `The address version of IP set ${arn} can't be changed from ${set.IPSet?.IPAddressVersion} to ` +
          `${properties.IPAddressVersion}. The set is unchanged. Create another set instead`,
      );
    }
    if (set.IPSet.Name !== properties.Name) return this.#create(properties, set.IPSet.Addresses ?? []);
    if (set.IPSet.Description !== properties.Description) await this.#describe(arn, set, properties.Description);
    await this.#retag(arn, properties.Tags, old.Tags);
    return arn;
  }

  async #delete(arn: string): Promise<void> {
    try {
      const { LockToken } = await this.#get(arn);
      await this.#deleteNow(arn, LockToken);
    } catch (error) {
      if (!isNamed(error, MISSING)) throw error;
    }
  }

  async #deleteNow(arn: string, LockToken: string | undefined): Promise<void> {
    await this.#clientOf(arn).send(new DeleteIPSetCommand({ ...parseIpSetArn(arn), LockToken }));
  }

  async #createOrFind(properties: IpSetProperties, Addresses: string[]): Promise<Found> {
    try {
      const create = new CreateIPSetCommand({ ...properties, Addresses });
      const { Summary } = await this.#clientFor(properties.Scope).send(create);
      return { arn: Summary?.ARN ?? '', LockToken: Summary?.LockToken };
    } catch (error) {
      if (!isNamed(error, DUPLICATE)) throw error;
      const { Name, Tags } = properties;
      const arn = await this.#findByName(properties);
      if (!arn) throw error;
      if (await this.#isManaged(arn, Tags)) return { arn };
      throw new Error(
        `An IP set named ${Name} already exists, without this stack's owner tag. It is unchanged, and the deployment fails. ` +
          'Delete the set or choose another stackName, then deploy again',
        { cause: error },
      );
    }
  }

  async #isManaged(arn: string, tags: IpSetProperties['Tags']): Promise<boolean> {
    const owner = tags.find((tag) => tag.Key === OWNER_TAG)?.Value;
    const current = await this.#tagsOf(arn);
    return owner !== undefined && current.some((tag) => tag.Key === OWNER_TAG && tag.Value === owner);
  }

  async #findByName({ Name, Scope }: IpSetProperties): Promise<string | undefined> {
    let marker: string | undefined;
    do {
      const page = await this.#clientFor(Scope).send(new ListIPSetsCommand({ Scope, Limit: 100, NextMarker: marker }));
      const found = page.IPSets?.find((set) => set.Name === Name);
      if (found) return found.ARN;
      marker = page.IPSets?.length ? page.NextMarker : undefined;
    } while (marker);
    return undefined;
  }

  /** UpdateIPSet also replaces the addresses, so it writes back those just read, under the same lock token. */
  async #describe(arn: string, { IPSet, LockToken }: GetIPSetCommandOutput, Description: string): Promise<void> {
    const Addresses = IPSet?.Addresses;
    const update = new UpdateIPSetCommand({ ...parseIpSetArn(arn), Addresses, Description, LockToken });
    await this.#clientOf(arn).send(update);
  }

  /** Removes only tags that the stack set: others may tag the set too. */
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
    return isGlobalIpSet(arn) ? this.clients.global : this.clients.regional;
  }

  #clientFor(scope: IpSetProperties['Scope']): WAFV2Client {
    return scope === 'CLOUDFRONT' ? this.clients.global : this.clients.regional;
  }

  #get(arn: string): Promise<GetIPSetCommandOutput> {
    return this.#clientOf(arn).send(new GetIPSetCommand(parseIpSetArn(arn)));
  }
}

function isNamed(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name;
}
