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

/** The properties of the custom resource. An entry is not among them: no deploy can ever write one. */
export const PrefixListProperties = v.object({
  Name: v.string(),
  AddressFamily: v.picklist(['IPv4', 'IPv6']),
  /** CloudFormation hands every number over as text. */
  MaxEntries: v.pipe(v.string(), v.regex(/^\d+$/), v.transform(Number)),
  Tags: v.array(v.object({ Key: v.string(), Value: v.string() })),
});
export type PrefixListProperties = v.InferOutput<typeof PrefixListProperties>;

const NO_SUCH_LIST = /^InvalidPrefixListI[Dd]\.NotFound$/;

/** Makes, changes and deletes a prefix list, and never an entry of it. Every step can be repeated: AWS may deliver it twice. */
export class PrefixListLifecycle {
  constructor(
    private readonly client: EC2Client,
    /** See `settled`. */
    private readonly backoffMs?: number,
  ) {}

  /**
   * An empty list.
   *
   * @param token the same for a request that is seen again: names of lists are not unique
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

  /** Changes what is not an entry: each in a call of its own, because AWS takes a new size only alone. */
  async update(id: string, properties: PrefixListProperties, old: PrefixListProperties): Promise<void> {
    const list = await this.#settled(id);
    const { Name, AddressFamily, MaxEntries } = properties;
    if (list.AddressFamily !== AddressFamily) {
      throw new Error(`The address family of ${id} can't change: it is ${list.AddressFamily}`);
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

  /** Takes away only tags that the stack had set: others put theirs on too. */
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
