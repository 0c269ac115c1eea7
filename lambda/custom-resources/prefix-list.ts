import {
  CreateManagedPrefixListCommand,
  CreateTagsCommand,
  DeleteManagedPrefixListCommand,
  DeleteTagsCommand,
  type EC2Client,
  type ManagedPrefixList,
  ModifyManagedPrefixListCommand,
} from '@aws-sdk/client-ec2';
import * as v from 'valibot';
import { settled } from '../shared/prefix-list';

/** The properties of the custom resource. Entries are not among them, so no deployment can write one. */
export const PrefixListProperties = v.object({
  Name: v.string(),
  AddressFamily: v.picklist(['IPv4', 'IPv6']),
  /** CloudFormation passes numbers as strings. */
  MaxEntries: v.pipe(v.string(), v.regex(/^\d+$/), v.transform(Number)),
  Tags: v.array(v.object({ Key: v.string(), Value: v.string() })),
});
export type PrefixListProperties = v.InferOutput<typeof PrefixListProperties>;

const NO_SUCH_LIST = /^InvalidPrefixListI[Dd]\.NotFound$/;

/** Creates, updates and deletes a prefix list, but never its entries. Every step is idempotent: AWS may deliver an event twice. */
export class PrefixListLifecycle {
  constructor(
    private readonly client: EC2Client,
    /** See `settled`. */
    private readonly backoffMs?: number,
  ) {}

  /**
   * Creates an empty list.
   *
   * @param token identifies the request when it is delivered twice: the names of lists are not unique
   * @returns its id
   */
  async create({ Name, AddressFamily, MaxEntries, Tags }: PrefixListProperties, token: string): Promise<string> {
    const { PrefixList } = await this.client.send(
      new CreateManagedPrefixListCommand({
        PrefixListName: Name,
        AddressFamily,
        MaxEntries,
        TagSpecifications: [{ ResourceType: 'prefix-list', Tags }],
        ClientToken: token,
      }),
    );
    const id = PrefixList?.PrefixListId ?? '';
    assertDone(await this.#settled(id));
    return id;
  }

  /** Updates everything but entries. One call per change, because AWS accepts a new size only by itself. */
  async update(id: string, properties: PrefixListProperties, old: PrefixListProperties): Promise<void> {
    const list = await this.#settled(id);
    const { Name, AddressFamily, MaxEntries } = properties;
    if (list.AddressFamily !== AddressFamily) {
      throw new Error(
        `The address family of prefix list ${id} can't be changed from ${list.AddressFamily} to ${AddressFamily}. The list ` +
          'is unchanged. Create another list instead',
      );
    }
    if (list.PrefixListName !== Name) await this.#modify(id, { PrefixListName: Name });
    if (list.MaxEntries !== MaxEntries) await this.#modify(id, { MaxEntries });
    await this.#retag(id, properties.Tags, old.Tags, list.Tags);
  }

  async delete(id: string): Promise<void> {
    try {
      await this.#settled(id);
      await this.client.send(new DeleteManagedPrefixListCommand({ PrefixListId: id }));
    } catch (error) {
      if (!(error instanceof Error && NO_SUCH_LIST.test(error.name))) throw error;
    }
  }

  async #modify(id: string, change: { PrefixListName: string } | { MaxEntries: number }): Promise<void> {
    await this.client.send(new ModifyManagedPrefixListCommand({ PrefixListId: id, ...change }));
    assertDone(await this.#settled(id));
  }

  /** Removes only tags that the stack set: others may tag the list too. */
  async #retag(
    id: string,
    tags: PrefixListProperties['Tags'],
    old: PrefixListProperties['Tags'],
    current: ManagedPrefixList['Tags'] = [],
  ): Promise<void> {
    const gone = old.filter(({ Key }) => !tags.some((tag) => tag.Key === Key)).map(({ Key }) => ({ Key }));
    const changed = tags.filter((tag) => !current.some(({ Key, Value }) => Key === tag.Key && Value === tag.Value));
    if (gone.length > 0) await this.client.send(new DeleteTagsCommand({ Resources: [id], Tags: gone }));
    if (changed.length > 0) await this.client.send(new CreateTagsCommand({ Resources: [id], Tags: changed }));
  }

  #settled(id: string): Promise<ManagedPrefixList> {
    return settled(id, (command) => this.client.send(command), this.backoffMs);
  }
}

function assertDone({ PrefixListId, State, StateMessage }: ManagedPrefixList): void {
  if (State?.endsWith('-failed')) throw new Error(`Prefix list ${PrefixListId} is ${State}: ${StateMessage}`);
}
