import { isDeepStrictEqual } from 'node:util';
import type { DeliveryProblem } from '../core/message/delivery';
import { composeMessage, type Message } from '../core/message/message';
import { type NotifiableRun, notifiedAfter } from '../core/message/notified';
import { messageWithCode } from '../shared/errors';
import type { Notify } from './notify';
import type { ChangesSettings } from './settings';
import type { MessageState } from './state/items';

export interface SendContext {
  readonly owner: string;
  readonly changes: ChangesSettings;
  readonly notify: Notify;
  /** Whether the run holds the lease, without which nothing is written. */
  readonly holdsLease: boolean;
  /** Takes the lease. @returns what people were notified of by then */
  readonly takeLease: () => Promise<MessageState>;
  readonly save: (state: MessageState) => Promise<void>;
}

/** Kept until they can be sent. Beyond this number, the oldest is given up: the log has all of it. */
const MAX_UNSENT = 20;

/**
 * Sends people what happened in a run. It never fails the run: what could not be sent is kept, and the next run sends it.
 *
 * @param before what people were notified of when the run read its state
 * @returns what went wrong; undefined if all messages were sent and that was saved, or there was nothing to send
 */
export async function sendMessages(
  run: NotifiableRun,
  before: MessageState,
  context: SendContext,
): Promise<DeliveryProblem | undefined> {
  let state = before;
  if (!context.holdsLease) {
    const { length } = outboxOf(run, state, context);
    if (length === 0) return undefined;
    try {
      // Another run may have sent it meanwhile.
      state = await context.takeLease();
    } catch (error) {
      return { reason: messageWithCode(error), sent: 0, unsent: length, saved: undefined, dropped: 0 };
    }
  }
  const outbox = outboxOf(run, state, context);
  const { unsent, error: sendError } = await sendAll(outbox, context.notify);
  const after = { notified: notifiedAfter(state.notified, run), unsent: unsent.slice(-MAX_UNSENT) };
  const saveError = isDeepStrictEqual(after, state) ? undefined : await errorOf(context.save(after));
  const reason = sendError ?? saveError;
  if (reason === undefined) return undefined;
  const saved = saveError === undefined;
  const dropped = saved ? unsent.length - after.unsent.length : 0;
  return { reason, sent: outbox.length - unsent.length, unsent: unsent.length, saved, dropped };
}

function errorOf(work: Promise<void>): Promise<string | undefined> {
  return work.then(() => undefined, messageWithCode);
}

function outboxOf(run: NotifiableRun, { notified, unsent }: MessageState, { owner, changes }: SendContext): Message[] {
  const message = composeMessage(notified, run, { owner, ...changes });
  return [...unsent, ...(message ? [message] : [])];
}

/** In order. After one that could not be sent, no other is tried. */
async function sendAll(
  messages: readonly Message[],
  notify: Notify,
): Promise<{ readonly unsent: readonly Message[]; readonly error: string | undefined }> {
  for (const [i, message] of messages.entries()) {
    try {
      await notify(message);
    } catch (error) {
      return { unsent: messages.slice(i), error: messageWithCode(error) };
    }
  }
  return { unsent: [], error: undefined };
}
