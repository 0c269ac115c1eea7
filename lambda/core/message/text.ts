import { count } from '../../shared/text';
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

/** The paragraphs that fit, the first one as far as it fits, and how many do not. */
export function paragraphsWithin(paragraphs: readonly string[], length: number): string[] {
  let left = length;
  const shown: string[] = [];
  for (const paragraph of paragraphs) {
    left -= paragraph.length;
    if (left < 0 && shown.length > 0) break;
    shown.push(linesWithin(paragraph, length));
  }
  const more = paragraphs.length - shown.length;
  return more > 0 ? [...shown, `And ${more} more: see the record of the run.`] : shown;
}

/** Whole lines, as many as fit: half an address reads like another one. */
function linesWithin(paragraph: string, length: number): string {
  if (paragraph.length <= length) return paragraph;
  const lines = paragraph.split('\n');
  let left = length;
  const shown = lines.filter((line, i) => {
    left -= line.length + 1;
    return left >= 0 || i === 0;
  });
  const cut = shown.map((line) => (line.length > length ? cutAtWord(line, length) : line));
  const more = lines.length - shown.length;
  return more > 0 ? [...cut, `And ${count(more, 'more line')}: see the record of the run.`].join('\n') : cut.join('\n');
}

function cutAtWord(line: string, length: number): string {
  const end = line.lastIndexOf(' ', length);
  return `${line.slice(0, end > 0 ? end : length)} ...`;
}
