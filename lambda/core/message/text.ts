import type { MessageEvents } from './message-events';
import { commandsOf, type Paragraph, paragraphsOf } from './paragraphs';
import { headlines } from './subject';

/** Amazon SNS takes messages of 256 KB, with their attributes. */
const MAX_LENGTH = 50_000;

/** A message as text, for email. */
export function textOf(messageEvents: MessageEvents, owner: string, dashboardUrl: string | undefined): string {
  const { record } = messageEvents;
  const paragraphs = paragraphsWithin(paragraphsOf(messageEvents).map(formatParagraph), MAX_LENGTH);
  return [
    `Intercom allowlist ${owner}: ${headlines(messageEvents).join(', ')}.`,
    ...paragraphs,
    commandsOf(messageEvents, owner)
      .map((command) => `  ${command}`)
      .join('\n'),
    ...(dashboardUrl === undefined ? [] : [`Dashboard: ${dashboardUrl}`]),
    `Run ${record.runId}, started by ${record.by}.`,
  ].join('\n\n');
}

function formatParagraph({ heading, lines }: Paragraph): string {
  return [heading, ...lines.map((line) => `  ${line}`)].join('\n');
}

/** The paragraphs that fit, and how many do not. */
export function paragraphsWithin(paragraphs: readonly string[], length: number): string[] {
  let left = length;
  const shown: string[] = [];
  for (const paragraph of paragraphs) {
    left -= paragraph.length;
    if (left < 0 && shown.length > 0) break;
    shown.push(paragraph.slice(0, length));
  }
  const more = paragraphs.length - shown.length;
  return more > 0 ? [...shown, `And ${more} more: see the record of the run.`] : shown;
}
