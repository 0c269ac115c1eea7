import {
  DescribeManagedPrefixListsCommand,
  EC2Client,
  GetManagedPrefixListEntriesCommand,
  type ManagedPrefixList,
} from '@aws-sdk/client-ec2';
import type { clientConfig } from '../../dev/closed-environment';
import { type Around, errorAnswer } from './fault-proxy';
import type { Answer } from './pass-on';

/** A change that was accepted and is not complete yet. */
interface Change {
  /** How many more reads show it in progress. */
  looks: number;
  /** The list's version before it. */
  readonly version: number;
  /** Set if it fails. */
  readonly failure: string | undefined;
}

/**
 * Enforces the rules of managed prefix lists that EC2 enforces and moto does not: the version of each change, at most 100
 * additions and removals per call, MaxEntries and never together with entries, no duplicate entry, no removal of a missing one.
 * Changes take a while and may fail. Codes as EC2 returns them ("ModifyManagedPrefixList", EC2 API reference).
 */
export class StrictPrefixLists {
  /** How many reads show a change in progress. */
  looks = 1;
  /** The StateMessage with which the next change fails. */
  nextFailure: string | undefined;
  readonly #changes = new Map<string, Change>();
  readonly #sizes = new Map<string, number>();
  /** Answers to creations by client token: the same token creates nothing again. */
  readonly #made = new Map<string, Answer>();
  readonly #client: EC2Client;

  constructor(config: ReturnType<typeof clientConfig>) {
    this.#client = new EC2Client(config);
  }

  reset(): void {
    this.looks = 1;
    this.nextFailure = undefined;
    this.#changes.clear();
    this.#sizes.clear();
    this.#made.clear();
  }

  readonly around: Around = async (call, body, pass) => {
    const parameters = new URLSearchParams(body.toString());
    if (call === 'ModifyManagedPrefixList') return this.#modify(parameters, pass);
    const token = call === 'CreateManagedPrefixList' ? parameters.get('ClientToken') : null;
    const answer = this.#made.get(token ?? '') ?? (await pass(body));
    if (token) this.#made.set(token, answer);
    const id = parameters.get('PrefixListId.1');
    const one = call === 'DescribeManagedPrefixLists' && id !== null && !parameters.has('PrefixListId.2');
    return one ? this.#shown(id, answer) : answer;
  };

  async #modify(parameters: URLSearchParams, pass: (body: Buffer) => Promise<Answer>): Promise<Answer> {
    const id = parameters.get('PrefixListId') ?? '';
    const list = await this.#list(id);
    const problem = await this.#problemOf(list, parameters);
    if (problem) return errorAnswer(true, problem);
    const size = parameters.get('MaxEntries');
    if (size !== null) this.#sizes.set(id, Number(size));
    const failure = this.nextFailure;
    this.nextFailure = undefined;
    if (failure) for (const key of [...parameters.keys()]) if (/^(Add|Remove)Entry/.test(key)) parameters.delete(key);
    this.#changes.set(id, { looks: this.looks, version: list.Version ?? 0, failure });
    return this.#shown(id, await pass(Buffer.from(parameters.toString())), 0);
  }

  async #problemOf(list: ManagedPrefixList, parameters: URLSearchParams) {
    const [adds, removes] = ['AddEntry', 'RemoveEntry'].map((name) => cidrsOf(parameters, name)) as [
      string[],
      string[],
    ];
    const { Entries = [] } = await this.#client.send(
      new GetManagedPrefixListEntriesCommand({ PrefixListId: list.PrefixListId }),
    );
    const there = new Set(Entries.map(({ Cidr }) => Cidr));
    const limit = this.#sizes.get(list.PrefixListId ?? '') ?? list.MaxEntries ?? 0;
    const after = there.size + adds.length - removes.length;
    const entries = adds.length + removes.length > 0;
    const rules: readonly [broken: boolean, code: string, message: string][] = [
      [this.#isBusy(list), 'IncorrectState', 'The prefix list is being modified.'],
      [
        entries && Number(parameters.get('CurrentVersion')) !== list.Version,
        'PrefixListVersionMismatch',
        'The prefix list has the incorrect version number.',
      ],
      [
        Math.max(adds.length, removes.length) > 100,
        'InvalidParameterValue',
        'The request cannot contain more than 100 entry additions or removals.',
      ],
      [
        entries && parameters.has('MaxEntries'),
        'InvalidParameterCombination',
        'You cannot modify the entries and the maximum entries for the prefix list in the same request.',
      ],
      [
        adds.some((cidr) => there.has(cidr)) || removes.some((cidr) => !there.has(cidr)),
        'InvalidPrefixListModification',
        'An entry is there already or does not exist.',
      ],
      [after > limit, 'PrefixListMaxEntriesExceeded', `The prefix list can hold ${limit} entries, not ${after}.`],
    ];
    const broken = rules.find(([isBroken]) => isBroken);
    return broken && { code: broken[1], message: broken[2] };
  }

  /** An answer about a list, with the change in progress. */
  #shown(id: string, answer: Answer, looked = 1): Answer {
    const change = this.#changes.get(id);
    const size = this.#sizes.get(id);
    let text = answer.body.toString();
    if (size !== undefined) text = withElement(text, 'maxEntries', String(size));
    if (change && change.looks > 0) {
      change.looks -= looked;
      text = withElement(withElement(text, 'state', 'modify-in-progress'), 'version', String(change.version));
    } else if (change?.failure) {
      text = text.replace(
        /<state>[^<]*<\/state>/,
        `<state>modify-failed</state><stateMessage>${change.failure}</stateMessage>`,
      );
    }
    return { ...answer, body: Buffer.from(text) };
  }

  #isBusy({ PrefixListId = '' }: ManagedPrefixList): boolean {
    return (this.#changes.get(PrefixListId)?.looks ?? 0) > 0;
  }

  async #list(id: string): Promise<ManagedPrefixList> {
    const { PrefixLists: [list] = [] } = await this.#client.send(
      new DescribeManagedPrefixListsCommand({ PrefixListIds: [id] }),
    );
    return list ?? {};
  }
}

function cidrsOf(parameters: URLSearchParams, name: string): string[] {
  return [...parameters].flatMap(([key, value]) => (new RegExp(`^${name}\\.\\d+\\.Cidr$`).test(key) ? [value] : []));
}

function withElement(xml: string, name: string, value: string): string {
  return xml.replace(new RegExp(`<${name}>[^<]*</${name}>`), `<${name}>${value}</${name}>`);
}
