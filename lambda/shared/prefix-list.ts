import {
  DescribeManagedPrefixListsCommand,
  type DescribeManagedPrefixListsCommandOutput,
  type ManagedPrefixList,
} from '@aws-sdk/client-ec2';
import pRetry from 'p-retry';
import { AllowlistError } from './errors';

/** Thrown when a prefix list is still being changed after about a minute of waiting. */
export class PrefixListBusyError extends AllowlistError {
  override readonly name = 'PrefixListBusyError';

  constructor({ PrefixListId, State }: ManagedPrefixList) {
    super(
      `Prefix list ${PrefixListId} stays ${State}. What it allows stays in force; ranges published since may not be in it. AWS ` +
        'takes no change meanwhile: the next scheduled run tries again; if it lasts, ask AWS Support',
    );
  }
}

/** Thrown when there is no such prefix list. Named as AWS names the error, which it does not always answer with. */
export class NoSuchPrefixListError extends Error {
  override readonly name = 'InvalidPrefixListID.NotFound';

  constructor(id: string) {
    super(`There is no prefix list ${id}`);
  }
}

const TRIES = 13;
const BACKOFF_MS = 500;

/**
 * A prefix list takes one change at a time, and each one takes AWS a moment.
 *
 * @param send asks AWS
 * @param backoffMs wait before the second try; each next one is half as long again, up to twenty times this
 * @returns the list once nothing is under way in it, be it complete or failed
 * @throws PrefixListBusyError @throws NoSuchPrefixListError
 */
export function settled(
  id: string,
  send: (command: DescribeManagedPrefixListsCommand) => Promise<DescribeManagedPrefixListsCommandOutput>,
  backoffMs: number = BACKOFF_MS,
): Promise<ManagedPrefixList> {
  return pRetry(
    async () => {
      const { PrefixLists: [list] = [] } = await send(new DescribeManagedPrefixListsCommand({ PrefixListIds: [id] }));
      if (!list) throw new NoSuchPrefixListError(id);
      if (list.State?.endsWith('-in-progress')) throw new PrefixListBusyError(list);
      return list;
    },
    {
      retries: TRIES - 1,
      minTimeout: backoffMs,
      factor: 1.5,
      maxTimeout: 20 * backoffMs,
      shouldRetry: ({ error }) => error instanceof PrefixListBusyError,
    },
  );
}
