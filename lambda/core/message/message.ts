import * as v from 'valibot';
import type { MessageFormat } from '../../shared/message-formats';
import { chatOf } from './chat';
import { type News, newsOf } from './news';
import { subjectOf } from './subject';
import { textOf } from './text';
import type { Told, ToldRun } from './told';

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
  /** The name that the stack has for people. */
  readonly owner: string;
  readonly format: MessageFormat;
  readonly dashboardUrl?: string | undefined;
}

/** What to tell people of a run, compared with what they were told last; undefined if the run is like the one before. */
export function composeMessage(told: Told, run: ToldRun, options: MessageOptions): Message | undefined {
  const news = newsOf(told, run);
  if (news.events.length === 0) return undefined;
  const { owner, format, dashboardUrl } = options;
  const form = format === 'chat' ? chatOf : textOf;
  return {
    subject: subjectOf(news, owner),
    body: form(news, owner, dashboardUrl),
    attributes: { event: [...news.events], intercomRegion: regionsIn(news), outcome: run.record.outcome },
  };
}

/** The Intercom regions that it is about; those of the run if it is about none by itself. */
function regionsIn({ targets, record }: News): string[] {
  const isNews = (news: News['targets'][number]) => {
    const pending = new Set(news.pending.map(({ range }) => range));
    const isWaiting = news.events.has('awaiting-approval') || news.events.has('declined');
    return news.target.byRegion.filter(
      ({ added, removed, pendingRemoval, awaitingApproval }) =>
        (news.events.has('changed') && added.length + removed.length > 0) ||
        pendingRemoval.some((range) => pending.has(range)) ||
        (isWaiting && awaitingApproval.added.length + awaitingApproval.removed.length > 0),
    );
  };
  const found = new Set(targets.flatMap(isNews).map(({ region }) => region));
  const regions = found.size > 0 ? [...found] : record.feeds.map(({ region }) => region);
  return regions.length > 0 ? [...regions].sort() : ['unknown'];
}
