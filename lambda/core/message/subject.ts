import { RANGE_SOURCES } from '../../shared/intercom-regions';
import { count } from '../../shared/text';
import { GUARD_KEY } from '../report/findings';
import type { MessageEvents } from './message-events';
import { FEEDS, RUN } from './notified';

/** Amazon SNS takes subjects of fewer than 100 ASCII characters, without line breaks. */
const MAX_LENGTH = 99;
const MAX_NAME = 48;

/** `Intercom allowlist IntercomAllowlist: US +1 range, 1 to be removed on 2026-11-27` */
export function subjectOf(messageEvents: MessageEvents, owner: string): string {
  const name = ascii(owner).slice(0, MAX_NAME);
  return fitted(`Intercom allowlist ${name}: `, headlines(messageEvents).map(ascii));
}

/** What happened, the most urgent first. */
export function headlines(messageEvents: MessageEvents): string[] {
  return [
    ...failures(messageEvents),
    ...findings(messageEvents),
    ...recoveries(messageEvents),
    ...answers(messageEvents),
    ...changes(messageEvents),
    ...removals(messageEvents),
  ];
}

function failures({ failed }: MessageEvents): string[] {
  const targets = failed.filter((name) => name !== FEEDS && name !== RUN).length;
  return [
    ...(failed.includes(RUN) ? ['the run failed'] : []),
    ...(failed.includes(FEEDS) ? ['no feed could be used'] : []),
    ...(targets > 0 ? [`${count(targets, 'target')} failed`] : []),
  ];
}

function findings({ opened, closed }: MessageEvents): string[] {
  const guards = opened.filter((name) => name.startsWith(GUARD_KEY)).length;
  const targets = opened.length - guards;
  const isGuards = closed.every((name) => name.startsWith(GUARD_KEY));
  const over = isGuards ? `${count(closed.length, 'guard')} without a problem again` : 'no longer exposed';
  return [
    ...(targets > 0 ? [`${count(targets, 'target')} exposed`] : []),
    ...(guards > 0 ? [`${count(guards, 'guard')} with a problem`] : []),
    ...(closed.length > 0 && opened.length === 0 ? [over] : []),
  ];
}

function recoveries({ recovered, failed }: MessageEvents): string[] {
  return recovered.length > 0 && failed.length === 0 ? ['recovered'] : [];
}

function answers({ targets }: MessageEvents): string[] {
  const plans = (event: 'awaiting-approval' | 'approved' | 'declined', id: 'planId' | 'approved' | 'declined') =>
    targets.filter(({ events }) => events.has(event)).map(({ target }) => target[id]);
  const said = (ids: readonly (string | null)[], one: string, many: string) => {
    const [id] = ids;
    if (ids.length === 0) return [];
    if (ids.length > 1) return [`${count(ids.length, 'plan')} ${many}`];
    return [id ? `plan ${id} ${one}` : `1 plan ${one}`];
  };
  return [
    ...said(plans('awaiting-approval', 'planId'), 'awaits approval', 'await approval'),
    ...said(plans('approved', 'approved'), 'approved', 'approved'),
    ...said(plans('declined', 'declined'), 'declined', 'declined'),
  ];
}

/** Each range once, in however many targets. */
function changes({ targets }: MessageEvents): string[] {
  const parts = targets.filter(({ events }) => events.has('changed')).flatMap(({ target }) => target.byRegion);
  return [...RANGE_SOURCES, 'unknown' as const].flatMap((region) => {
    const of = (list: 'added' | 'removed') =>
      new Set(parts.filter((part) => part.region === region).flatMap((part) => part[list])).size;
    const [added, removed] = [of('added'), of('removed')];
    if (added + removed === 0) return [];
    const numbers = [...(added > 0 ? [`+${added}`] : []), ...(removed > 0 ? [`-${removed}`] : [])].join(' ');
    return [`${region.toUpperCase()} ${numbers} ${added + removed === 1 ? 'range' : 'ranges'}`];
  });
}

function removals({ targets }: MessageEvents): string[] {
  const pending = targets.flatMap((target) => target.pending);
  const [first, ...later] = [...new Set(pending.map(({ removeAfter }) => removeAfter.slice(0, 10)))].sort();
  const ranges = new Set(pending.map(({ range }) => range)).size;
  return first
    ? [`${ranges} to be removed ${later.length > 0 ? 'from' : 'on'} ${first}${later.length > 0 ? ' on' : ''}`]
    : [];
}

/** As many parts as fit. */
function fitted(head: string, parts: readonly string[]): string {
  const whole = head + parts.join(', ');
  if (whole.length <= MAX_LENGTH) return whole;
  const shorter = parts.slice(0, -1);
  return shorter.length > 0
    ? fitted(head, [...shorter.slice(0, -1), `${shorter.at(-1)} ...`])
    : whole.slice(0, MAX_LENGTH);
}

function ascii(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?');
}
