import type { MessageEvents } from './message-events';
import { commandsOf, paragraphsOf } from './paragraphs';
import { subjectOf } from './subject';
import { paragraphsWithin } from './text';

/** Chat applications cut longer texts, and show few next steps. */
const MAX_DESCRIPTION = 3000;
const MAX_STEPS = 5;
const MAX_RESOURCES = 10;

/**
 * A message as a custom notification of Amazon Q Developer in chat applications, for Slack and Microsoft Teams
 * (https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html).
 */
export function chatOf(messageEvents: MessageEvents, owner: string, dashboardUrl: string | undefined): string {
  const { record, events, targets } = messageEvents;
  const paragraphs = paragraphsOf(messageEvents).map(({ heading, lines }) =>
    [bold(heading), ...lines.map(escaped)].join('\n'),
  );
  const link = dashboardUrl === undefined ? [] : [dashboardUrl];
  return JSON.stringify({
    version: '1.0',
    source: 'custom',
    id: record.runId,
    content: {
      textType: 'client-markdown',
      title: escaped(subjectOf(messageEvents, owner)),
      description: [
        ...paragraphsWithin(paragraphs, MAX_DESCRIPTION),
        ...link,
        escaped(`Run ${record.runId}, started by ${record.by}.`),
      ].join('\n\n'),
      nextSteps: commandsOf(messageEvents, owner)
        .slice(0, MAX_STEPS)
        .map((command) => `\`${command}\``),
      keywords: ['Intercom allowlist', ...events],
    },
    metadata: {
      summary: subjectOf(messageEvents, owner),
      eventType: events[0],
      relatedResources: targets.slice(0, MAX_RESOURCES).map(({ target }) => target.id),
      additionalContext: { stack: owner, outcome: record.outcome, by: record.by },
    },
  });
}

function bold(text: string): string {
  return `*${escaped(text)}*`;
}

/** Slack reads `<!channel>` and the like as commands. A feed, an error of AWS or a caller may hold them. */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
