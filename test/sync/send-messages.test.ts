import { deliveryText } from '../../lambda/core/message/delivery';
import type { Message } from '../../lambda/core/message/message';
import { sendMessages } from '../../lambda/sync/send-messages';
import { type MessageState, NO_MESSAGES } from '../../lambda/sync/state/items';
import { quietTarget, reportOf } from '../core/report/builders';

const REASON = 'InternalError: no';
const added = ['3.5.7.9/32'];
const NOTHING = { removed: [], pendingRemoval: [], awaitingApproval: { added: [], removed: [] } };
const share = { region: 'us' as const, inForce: 7, ...NOTHING };
const changed = {
  record: reportOf({
    outcome: 'changed',
    targets: [quietTarget({ outcome: 'changed', added, byRegion: [{ ...share, added }] })],
  }),
  endedEarly: false,
};
/** What was sent of a target that is no longer one. */
const gone = { plan: null, declined: null, pendingSince: '2026-06-30T08:05:00.000Z' };
const failing = {
  record: reportOf({ targets: [quietTarget({ outcome: 'failed', error: 'no access' })] }),
  endedEarly: false,
};
const quiet = { record: reportOf(), endedEarly: false };
const message = (subject: string): Message => ({
  subject,
  body: '',
  attributes: { event: ['changed'], intercomRegion: ['us'], outcome: 'changed' },
});
const waiting = (number: number): MessageState => ({
  ...NO_MESSAGES,
  unsent: Array.from({ length: number }, (_, i) => message(`${i}`)),
});

interface Given {
  readonly run?: typeof changed;
  readonly before?: MessageState;
  readonly holdsLease?: boolean;
  /** The number of messages that Amazon SNS accepts. */
  readonly accepts?: number;
  readonly saves?: boolean;
}

/** Sends the messages of a run. */
async function send({ run = changed, before = NO_MESSAGES, holdsLease = true, accepts = 0, saves = true }: Given) {
  const fail = () => Promise.reject(Object.assign(new Error('no'), { name: 'InternalError' }));
  let sent = 0;
  let saved: MessageState | undefined;
  const problem = await sendMessages(run, before, {
    owner: 'Test',
    changes: { topicArn: 'arn', format: 'text', dashboardUrl: undefined },
    notify: async () => (sent < accepts ? void sent++ : fail()),
    holdsLease,
    takeLease: fail,
    save: async (state) => {
      if (!saves) return fail();
      saved = state;
    },
  });
  return { problem, saved };
}

it.each<[string, Given]>([
  ['that was sent and saved', { accepts: 1 }],
  ['of a run with nothing to say', { run: quiet, accepts: 0, holdsLease: false }],
])('no problem is reported of a message %s', async (_what, given) => {
  expect((await send(given)).problem).toBeUndefined();
});

it.each<[string, Given, string]>([
  [
    'is sent by the next run if it could be saved',
    {},
    'The change message was not sent: REASON. The next run tries again',
  ],
  [
    'is lost with its changes if it could not be saved either',
    { saves: false },
    'The change message was not sent: REASON. Nothing could be kept for the next run either: it reports failures, exposures and plans ' +
      'that last, but not the changes of this run. Read them in its change records',
  ],
  [
    'may come again if it was sent but that could not be saved',
    { run: failing, accepts: 1, saves: false },
    'The change message was sent, but that could not be saved: REASON. The next run may send the same again',
  ],
  [
    'waits for the next run if another run holds the lease',
    { holdsLease: false },
    'The change message was not sent: REASON. The next run sends what still applies',
  ],
  [
    'displaces the oldest one if twenty wait',
    { before: waiting(20) },
    '21 change messages were not sent: REASON. The next run tries again. Too many messages wait, so the oldest 1 message will not be ' +
      'sent: read the change records of the earlier runs',
  ],
  [
    'of an earlier run may have been sent before another one failed',
    { before: waiting(2), accepts: 2 },
    'The change message was not sent: REASON. The next run tries again',
  ],
  [
    'is not claimed to be unsent if there was none',
    { run: quiet, before: { ...NO_MESSAGES, notified: { ...NO_MESSAGES.notified, targets: { gone } } }, saves: false },
    'There was no change message to send, but what was last reported could not be saved: REASON. The next run tries again',
  ],
])('a message %s, and the warning says so', async (_rule, given, text) => {
  const { problem } = await send(given);
  expect(problem && deliveryText(problem)).toBe(text.replace('REASON', `${REASON}. The allowlist is not affected`));
});

it('twenty unsent messages are kept, the newest ones', async () => {
  const { saved } = await send({ before: waiting(20) });
  expect(saved?.unsent.map(({ subject }) => subject)).toEqual([
    ...Array.from({ length: 19 }, (_, i) => `${i + 1}`),
    'Intercom allowlist Test: US +1 range',
  ]);
});
