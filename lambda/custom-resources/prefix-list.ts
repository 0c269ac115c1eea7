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
import { type RetryOptions, retry } from './retry';

/** The properties of the custom resource. Entries are not among them, so no deployment can write one. */
export const PrefixListProperties = v.object({
  Name: v.string(),
  AddressFamily: v.picklist(['IPv4', 'IPv6']),
  /** CloudFormation passes numbers as strings. */
  MaxEntries: v.pipe(v.string(), v.regex(/^\d+$/), v.transform(Number)),
  Tags: v.array(v.object({ Key: v.string(), Value: v.string() })),
});
export type PrefixListProperties = v.InferOutput<typeof PrefixListProperties>;

const MISSING = /^InvalidPrefixListI[Dd]\.NotFound$/;

/** Creates, updates and deletes a prefix list, but never its entries. Every step is idempotent: AWS may deliver an event twice. */
export class PrefixListLifecycle {
  constructor(
    private readonly client: EC2Client,
    private readonly options: RetryOptions = {},
  ) {}

  /**
   * Creates an empty list.
   *
   * @param token identifies the request when it is delivered twice: the names of lists are not unique
   * @returns its id
   */
  async create(properties: PrefixListProperties, token: string): Promise<string> {
    const create = { name: `create prefix list ${properties.Name}`, run: () => this.#create(properties, token) };
    const id = await retry(create, this.options);
    // What references the list comes next, and fails as long as EC2 does not know it.
    const find = { name: `find the new prefix list ${id}`, run: () => this.#complete(id), notYet: MISSING };
    await retry(find, this.options).catch(async (error) => {
      // CloudFormation does not know the id, so nobody else will delete the list.
      await this.#startDeletion(id).catch(() => undefined);
      throw error;
    });
    return id;
  }

  /** Updates everything but entries. One call per change, because AWS accepts a new size only by itself. */
  update(id: string, properties: PrefixListProperties, old: PrefixListProperties): Promise<void> {
    return retry({ name: `update prefix list ${id}`, run: () => this.#update(id, properties, old) }, this.options);
  }

  delete(id: string): Promise<void> {
    return retry(
      {
        name: `delete prefix list ${id}`,
        run: () => this.#delete(id),
        notYet: /^DeletionPendingError$|^DependencyViolation$/,
        next: 'Remove every reference to the list from security groups and route tables, then delete the stack again',
      },
      this.options,
    );
  }

  async #create({ Name, AddressFamily, MaxEntries, Tags }: PrefixListProperties, token: string): Promise<string> {
    const { PrefixList } = await this.client.send(
      new CreateManagedPrefixListCommand({
        PrefixListName: Name,
        AddressFamily,
        MaxEntries,
        TagSpecifications: [{ ResourceType: 'prefix-list', Tags }],
        ClientToken: token,
      }),
    );
    return PrefixList?.PrefixListId ?? '';
  }

  async #update(id: string, properties: PrefixListProperties, old: PrefixListProperties): Promise<void> {
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

  /** Returns when the list is gone: EC2 accepts the deletion of a list that is in use, and fails it later. */
  async #delete(id: string): Promise<void> {
    try {
      await this.#startDeletion(id);
      const list = await this.#settled(id);
      if (list.State !== 'delete-complete') throw new DeletionPendingError(list);
    } catch (error) {
      if (!(error instanceof Error && MISSING.test(error.name))) throw error;
    }
  }

  async #startDeletion(id: string): Promise<void> {
    const { State } = await this.#settled(id);
    if (State !== 'delete-complete') await this.client.send(new DeleteManagedPrefixListCommand({ PrefixListId: id }));
  }

  async #modify(id: string, change: { PrefixListName: string } | { MaxEntries: number }): Promise<void> {
    await this.client.send(new ModifyManagedPrefixListCommand({ PrefixListId: id, ...change }));
    await this.#complete(id);
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

  async #complete(id: string): Promise<void> {
    const { State, StateMessage } = await this.#settled(id);
    if (!State?.endsWith('-failed')) return;
    throw new Error(
      `Prefix list ${id} is ${State}: ${StateMessage ?? 'AWS gave no reason'}. The deployment fails; what the list allows stays ` +
        'in force. Fix the cause, then deploy again',
    );
  }

  #settled(id: string): Promise<ManagedPrefixList> {
    const { backoffMs } = this.options;
    return settled(id, (command) => this.client.send(command), backoffMs);
  }
}

/** Thrown while a list is not gone yet: EC2 has not deleted it, or could not because it is still referenced. */
class DeletionPendingError extends Error {
  override readonly name = 'DeletionPendingError';

  constructor({ PrefixListId, State, StateMessage = 'it still exists' }: ManagedPrefixList) {
    super(`Prefix list ${PrefixListId} is ${State}: ${StateMessage}`);
  }
}
