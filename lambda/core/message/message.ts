import * as v from 'valibot';
import type { MessageFormat } from '../../shared/message-formats';
import { chatOf } from './chat';
import { eventsSince, type MessageEvents, type TargetEvents } from './message-events';
import type { NotifiableRun, Notified } from './notified';
import { subjectOf } from './subject';
import { textOf } from './text';

/** A message as it is published, or as it waits to be. */
export const Message = v.object({
  subject: v.string(),
  body: v.string(),
  /** Subscribers filter by these. */
  attributes: v.object({
    event: v.array(v.string()),
    intercomRegion: v.array(v.string()),
    outcome: v.string(),
  }),
});

export type Message = v.InferOutput<typeof Message>;

export interface MessageOptions {
  /** The owner, by which readers recognize the stack. */
  readonly owner: string;
  readonly format: MessageFormat;
  readonly dashboardUrl?: string | undefined;
}

/** The message about a run, compared with what people were notified of last; undefined if the run is like the one before. */
export function composeMessage(notified: Notified, run: NotifiableRun, options: MessageOptions): Message | undefined {
  const messageEvents = eventsSince(notified, run);
  if (messageEvents.events.length === 0) return undefined;
  const { owner, format, dashboardUrl } = options;
  const form = format === 'chat' ? chatOf : textOf;
  return {
    subject: subjectOf(messageEvents, owner),
    body: form(messageEvents, owner, dashboardUrl),
    attributes: {
      event: [...messageEvents.events],
      intercomRegion: regionsIn(messageEvents),
      outcome: run.record.outcome,
    },
  };
}

/** Events of a whole target, guard or run: they are about every Intercom region of the run. */
const ABOUT_ALL = ['failed', 'recovered', 'exposed', 'no-longer-exposed'] as const;

/** The Intercom regions that it is about; those of the run if it is about none by itself. */
function regionsIn({ events, targets, record }: MessageEvents): string[] {
  const partsIn = (of: TargetEvents) => {
    const pending = new Set(of.pending.map(({ range }) => range));
    const isWaiting = of.events.has('awaiting-approval') || of.events.has('declined');
    return of.target.byRegion.filter(
      ({ added, removed, pendingRemoval, awaitingApproval }) =>
        (of.events.has('changed') && added.length + removed.length > 0) ||
        pendingRemoval.some((range) => pending.has(range)) ||
        (isWaiting && awaitingApproval.added.length + awaitingApproval.removed.length > 0),
    );
  };
  const found = new Set(targets.flatMap(partsIn).map(({ region }) => region));
  const isAboutAll = found.size === 0 || ABOUT_ALL.some((event) => events.includes(event));
  const regions = new Set([...found, ...(isAboutAll ? record.feeds.map(({ region }) => region) : [])]);
  return regions.size > 0 ? [...regions].sort() : ['unknown'];
}
