import { EC2Client } from '@aws-sdk/client-ec2';
import { PrefixListLifecycle } from '../../lambda/custom-resources/prefix-list';

const LIST = 'pl-0123456789abcdef0';

/** A client for which the list has these states, one after each deletion; undefined is a list that is gone. */
function withStates(...states: (string | undefined)[]) {
  const client = new EC2Client({});
  let deletions = 0;
  jest.spyOn(client, 'send').mockImplementation(async ({ constructor: { name } }) => {
    if (name === 'DeleteManagedPrefixListCommand') deletions++;
    const State = states[deletions];
    const StateMessage = State?.endsWith('failed') ? 'sg-1 references it' : undefined;
    return { PrefixLists: State ? [{ PrefixListId: LIST, State, StateMessage }] : [] };
  });
  return { client, deletions: () => deletions };
}

describe('the deletion of a prefix list', () => {
  it('is repeated when EC2 accepts it and fails it later, because the list is still referenced', async () => {
    const { client, deletions } = withStates('modify-complete', 'delete-failed', 'delete-failed', undefined);
    await new PrefixListLifecycle(client, { backoffMs: 0 }).delete(LIST);
    expect(deletions()).toBe(3);
  });

  it("ends with EC2's reason and what to do when the time is over", async () => {
    const { client } = withStates('modify-complete', 'delete-failed');
    await expect(
      new PrefixListLifecycle(client, { backoffMs: 0, signal: AbortSignal.abort() }).delete(LIST),
    ).rejects.toThrow(
      /^Could not delete prefix list pl-.* is delete-failed: sg-1 references it\. .*Remove every reference to the list/,
    );
  });
});
