import { count } from '../../shared/text';

/** What went wrong when a run sent its messages. */
export interface DeliveryProblem {
  /** The first error. */
  readonly reason: string;
  /** How many messages were sent and how many were not, those of earlier runs included. */
  readonly sent: number;
  readonly unsent: number;
  /** Whether the next run knows what was sent and what was not. Undefined if the run could not begin to send, so that nothing changed. */
  readonly saved: boolean | undefined;
  /** How many of the oldest unsent messages were given up. */
  readonly dropped: number;
}

/** What happened, that traffic is not affected, and what follows. */
export function deliveryText({ reason, sent, unsent, saved, dropped }: DeliveryProblem): string {
  const [what, next] = unsent > 0 ? [notSent(unsent), afterUnsent(saved)] : [notSaved(sent), afterUnsaved(sent)];
  return [`${what}: ${reason}`, 'The allowlist is not affected', next, ...givenUp(dropped)].join('. ');
}

function notSent(unsent: number): string {
  return unsent === 1 ? 'The change message was not sent' : `${unsent} change messages were not sent`;
}

function afterUnsent(saved: boolean | undefined): string {
  if (saved === undefined) return 'The next run sends what still applies';
  if (saved) return 'The next run tries again';
  return (
    'Nothing could be kept for the next run either: it reports failures, exposures and plans that last, but not the changes of this ' +
    'run. Read them in its change records'
  );
}

function notSaved(sent: number): string {
  if (sent === 0) return 'There was no change message to send, but what was last reported could not be saved';
  return `${sent === 1 ? 'The change message was' : `${sent} change messages were`} sent, but that could not be saved`;
}

function afterUnsaved(sent: number): string {
  return sent === 0 ? 'The next run tries again' : 'The next run may send the same again';
}

function givenUp(dropped: number): string[] {
  if (dropped === 0) return [];
  return [
    `Too many messages wait, so the oldest ${count(dropped, 'message')} will not be sent: read the change records of the earlier runs`,
  ];
}
