import { countLogged, namedIn } from '../../core/report/truncate-for-log';
import { MINUTE_MS } from '../../shared/time';
import { bytesOf, type Content, type Html, html } from '../html';

/** `2026-11-25 09:05` at an offset from UTC such as `+01:00`. A text that is not a time is shown as it is. */
export function minuteOf(iso: string, utcOffset: string): string {
  return at(iso, utcOffset)?.toISOString().slice(0, 16).replace('T', ' ') ?? clip(iso, 40);
}

/** `2026-11-25` at an offset from UTC. */
export function dayOf(iso: string, utcOffset: string): string {
  return at(iso, utcOffset)?.toISOString().slice(0, 10) ?? clip(iso, 40);
}

/** `UTC`, `UTC+01:00` */
export function zoneName(utcOffset: string): string {
  return /^[+-]00:00$/.test(utcOffset) ? 'UTC' : `UTC${utcOffset}`;
}

/** Shortens a text. */
export function clip(text: string, most = 400): string {
  return text.length > most ? `${text.slice(0, most)}… (${text.length - most} more characters)` : text;
}

/** `3.0.0.1/32, 3.0.0.2/32 and 4 more` */
export function listed(texts: readonly string[], most = 6): string {
  const shown = namedIn(texts).slice(0, most);
  const left = countLogged(texts) - shown.length;
  return shown.map((text) => clip(text, 60)).join(', ') + (left > 0 ? ` and ${left} more` : '');
}

/** Ranges and ids, isolated in their direction: an address among right-to-left text must stay readable. */
export function code(text: string): Html {
  return html`<bdi>${text}</bdi>`;
}

/** Words from outside, isolated in their direction. */
export function prose(text: string): Html {
  return html`<bdi class="prose">${text}</bdi>`;
}

/** The contents that fit into a number of bytes of the answer, and how many do not fit. */
export function fitting(contents: readonly Html[], bytes: number): { shown: readonly Html[]; left: number } {
  let used = 0;
  const end = contents.findIndex((content) => {
    used += bytesOf(content);
    return used > bytes;
  });
  const fitting = end < 0 ? contents.length : end;
  return { shown: contents.slice(0, fitting), left: contents.length - fitting };
}

/** Nothing if a list is empty. */
export function unlessEmpty<T>(items: readonly T[], show: () => Html): Content {
  return items.length > 0 ? show() : undefined;
}

function at(iso: string, utcOffset: string): Date | undefined {
  const [hours = 0, minutes = 0] = utcOffset.slice(1).split(':').map(Number);
  const offset = (utcOffset.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * MINUTE_MS;
  const date = new Date(Date.parse(iso) + offset);
  return Number.isNaN(date.getTime()) ? undefined : date;
}
