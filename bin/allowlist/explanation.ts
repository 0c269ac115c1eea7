import { endOfGrace } from '../../lambda/core/plan/removal';
import { BITS, contains, formatRange, overlaps, parseRange, type Range } from '../../lambda/core/ranges/range';
import { coverage } from '../../lambda/core/ranges/range-set';
import { countLogged, namedIn, omittedFrom } from '../../lambda/core/report/truncate-for-log';
import { type IntercomRegion, isIntercomRegion, type RangeSource } from '../../lambda/shared/intercom-regions';
import type { Publication } from './publication';
import type { TargetInForce } from './targets';
import { dayAndTime } from './time';

export interface PlannedAddition {
  readonly planId: string;
  readonly target: string;
  /** As the run record in the log lists them: a long list ends with the number of omitted ones. */
  readonly added: readonly string[];
  /** @default false */
  readonly declined?: boolean;
}

/** The inputs of an explanation. */
export interface Facts {
  readonly targets: readonly TargetInForce[];
  readonly publications: readonly Publication[];
  /** Plans that await approval or were declined, with their targets and additions. */
  readonly waiting: readonly PlannedAddition[];
  /** The Intercom regions that the stack is configured for. */
  readonly intercomRegions: readonly IntercomRegion[];
  readonly removalGraceHours: number;
  /** How the web ACLs treat a request from the address. */
  readonly webAcls: readonly WebAclAnswer[];
  readonly now: Date;
  /** A command of the command line as the operator types it for this stack. */
  readonly command: (text: string) => string;
}

/** How the web ACL of one resource treats a request from the address. */
export interface WebAclAnswer {
  readonly resource: string;
  /** Null if it is unknown. */
  readonly passes: boolean | null;
  readonly sentence: string;
}

/**
 * Why an address is allowed or not. The first status that applies:
 *
 *     allowed                a target allows all of its addresses
 *     pending-removal        as before, but every entry that allows it is pending removal
 *     partly                 targets allow only some of its addresses
 *     awaiting-approval      published, but its plan awaits approval
 *     not-yet                published; the next run adds it
 *     region-not-configured  published for an Intercom region that the stack is not configured for
 *     rejected               published, but never allowed, because it is not an acceptable range
 *     other-service          published for a service that sends no webhooks
 *     not-published          none of these
 */
const ADDRESS_STATUSES = [
  'allowed',
  'pending-removal',
  'partly',
  'awaiting-approval',
  'not-yet',
  'region-not-configured',
  'rejected',
  'other-service',
  'not-published',
] as const;

export type AddressStatus = (typeof ADDRESS_STATUSES)[number];

/** An entry that allows the address, or a part of it. Times are ISO 8601, UTC. */
export interface ExplainedEntry {
  readonly range: string;
  readonly target: string;
  readonly ports: readonly number[];
  readonly managed: boolean;
  /** The rule or list of others; null if AWS has no name for it. */
  readonly entry: string | null;
  readonly intercomRegions: readonly RangeSource[];
  readonly since: string | null;
  readonly removeAfter: string | null;
}

export interface Explanation {
  readonly address: string;
  readonly allowed: boolean;
  readonly status: AddressStatus;
  /** The explanation as text. */
  readonly sentence: string;
  readonly entries: readonly ExplainedEntry[];
  /** The plans that would allow the address if they were approved. */
  readonly planIds: readonly string[];
  readonly webAcls: readonly WebAclAnswer[];
}

type Reason = Pick<Explanation, 'status'> & { readonly why: string };

export function explainRange(range: Range, facts: Facts): Explanation {
  const { targets } = facts;
  const address = nameOfRange(range);
  const entries = targets.flatMap((target) => entriesFor(range, target, facts.removalGraceHours));
  const holders = targets.filter((target) => covers(rangesIn(target), range));
  const missing = targets.filter((target) => target.families.includes(range.family) && !holders.includes(target));
  const planIds = missing.flatMap(({ id }) => plansFor(range, id, facts));
  const allowed = holders.length > 0;
  const maybe = missing.flatMap(({ id }) => cutPlansOf(id, facts));
  const { status, why } = allowed
    ? whyAllowed(entries, holders, facts.now)
    : whyNot(range, entries, { planIds, maybe }, facts);
  const lacking = allowed ? missing.map((target) => formatMissing(target, range, facts)) : [];
  const unread = targets.flatMap(({ name, error }) => (error === null ? [] : `${name} could not be read: ${error}`));
  const { webAcls } = facts;
  const sentence = `${[`${address} ${why}`, ...lacking, ...unread].join('. ')}.`;
  return { address, allowed, status, sentence, entries, planIds, webAcls };
}

/** A single address without its prefix length. */
function nameOfRange(range: Range): string {
  const text = formatRange(range);
  return range.prefix === BITS[range.family] ? text.slice(0, text.indexOf('/')) : text;
}

function entriesFor(range: Range, { id, entries }: TargetInForce, removalGraceHours: number): ExplainedEntry[] {
  return entries
    .filter((entry) => overlaps(entry.range, range))
    .map(({ range: own, ports, managed, label, intercomRegions, since, absentSince }) => ({
      range: formatRange(own),
      target: id,
      ports,
      managed,
      entry: label ?? null,
      intercomRegions,
      since: since ?? null,
      removeAfter: absentSince === undefined ? null : endOfGrace(absentSince, removalGraceHours),
    }));
}

function plansFor(range: Range, targetId: string, { waiting }: Facts): string[] {
  return waiting.flatMap(({ planId, target, added }) =>
    target === targetId && covers(namedIn(added).map(parseRange), range) ? [planId] : [],
  );
}

/** The plans of a target that may add the address too, because the log does not list all of their additions; each with that fact. */
function cutPlansOf(targetId: string, { waiting, command }: Facts): string[] {
  return waiting.flatMap(({ planId, target, added }) =>
    target === targetId && omittedFrom(added) > 0
      ? [
          `plan ${planId} may add it: the log lists only ${namedIn(added).length} of its ${countLogged(added)} additions. Its change ` +
            `records list all: ${command('history --json')}`,
        ]
      : [],
  );
}

function whyAllowed(entries: readonly ExplainedEntry[], holders: readonly TargetInForce[], now: Date): Reason {
  const names = new Map(holders.map(({ id, name }) => [id, name]));
  const allowing = entries.filter(({ target }) => names.has(target));
  const alike = new Map<string, ExplainedEntry[]>();
  for (const entry of allowing) {
    const key = formatEntry(entry, [], now);
    alike.set(key, [...(alike.get(key) ?? []), entry]);
  }
  const clauses = [...alike.values()].map((group) =>
    formatEntry(
      group[0] as ExplainedEntry,
      group.map(({ target, ports }) => `${names.get(target)}${ports.length > 0 ? ` (port ${ports.join(', ')})` : ''}`),
      now,
    ),
  );
  const text = clauses.join('; and by ');
  const expiring = allowing.every(({ removeAfter }) => removeAfter !== null);
  return expiring
    ? { status: 'pending-removal', why: `is still allowed by ${text}` }
    : { status: 'allowed', why: `is allowed by ${text}` };
}

/** `34.197.76.213/32 of the US feed since 2026-11-24 09:05 UTC, in IP set IntercomAllowlist-v4` */
function formatEntry(
  { range, managed, entry, intercomRegions, since, removeAfter }: ExplainedEntry,
  where: readonly string[],
  now: Date,
): string {
  const place = `in ${where.join(' and ')}`;
  if (!managed) return `${range}, which this stack does not manage${entry === null ? '' : ` (${entry})`}, ${place}`;
  const from = intercomRegions.length > 0 ? ` of ${formatSources(intercomRegions)}` : ', which has no ownership record';
  const arrived = since === null ? '' : ` since ${dayAndTime(since)}`;
  return `${range}${from}${arrived}, ${place}${removeAfter === null ? '' : `, ${formatRemoval(removeAfter, now)}`}`;
}

/** An untrusted feed, or a plan that awaits approval or was declined, can defer a removal. */
function formatRemoval(removeAfter: string, now: Date): string {
  return Date.parse(removeAfter) > now.getTime()
    ? `and will be removed after ${dayAndTime(removeAfter)} unless it is published again`
    : 'no longer published: its grace period is over, and the next run removes it, unless the removal is deferred or was not approved';
}

function formatMissing({ id, name }: TargetInForce, range: Range, facts: Facts): string {
  const planIds = plansFor(range, id, facts);
  if (planIds.length > 0) return `Not in ${name} until plan ${planIds.join(', ')} is approved`;
  return [`Not in ${name}`, ...cutPlansOf(id, facts)].join('; ');
}

/** The plans that add the address, and the texts about those that may. */
interface Plans {
  readonly planIds: readonly string[];
  readonly maybe: readonly string[];
}

function whyNot(range: Range, entries: readonly ExplainedEntry[], plans: Plans, facts: Facts): Reason {
  const parts = [...new Set(entries.map((entry) => entry.range))];
  if (parts.length > 0) return { status: 'partly', why: `is not allowed as a whole, only ${parts.join(', ')} of it` };
  const published = facts.publications.map((publication) => reasonFromFeed(publication, range, plans, facts));
  return (
    ADDRESS_STATUSES.flatMap((status) => published.find((reason) => reason?.status === status) ?? [])[0] ?? {
      status: 'not-published',
      why: `is not allowed: no feed publishes it (${facts.publications.map(formatAssessment).join(', ')})`,
    }
  );
}

/** The reason that one feed gives, if any. */
function reasonFromFeed(
  publication: Publication,
  range: Range,
  { planIds, maybe }: Plans,
  { intercomRegions, waiting }: Facts,
): Reason | undefined {
  const { region, date, ranges, rejected, others } = publication;
  const publishes = `the ${region.toUpperCase()} feed${date ? ` of ${date}` : ''} publishes`;
  if (covers(ranges, range)) {
    if (!intercomRegions.includes(region)) {
      const configured = `this stack is configured for ${namesOf(intercomRegions)} (context key intercomRegions)`;
      return { status: 'region-not-configured', why: `is not allowed: ${publishes} it, but ${configured}` };
    }
    if (planIds.length === 0 && maybe.length > 0)
      return { status: 'awaiting-approval', why: `is not allowed: ${publishes} it, and ${maybe.join('; ')}` };
    if (planIds.length === 0)
      return { status: 'not-yet', why: `is not allowed yet: ${publishes} it; the next run adds it` };
    const declined = planIds.filter((planId) => waiting.some((plan) => plan.declined && plan.planId === planId));
    const awaiting = planIds.filter((planId) => !declined.includes(planId));
    const plans = [
      ...(awaiting.length > 0 ? [`it is blocked until plan ${awaiting.join(', ')} is approved`] : []),
      ...(declined.length > 0 ? [`plan ${declined.join(', ')} was declined`] : []),
    ];
    return { status: 'awaiting-approval', why: `is not allowed: ${publishes} it, but ${plans.join('; ')}` };
  }
  const rejectedEntry = rejected.find((entry) => covers(rangesOf(entry.range), range));
  if (rejectedEntry)
    return {
      status: 'rejected',
      why: `is not allowed: ${publishes} ${rejectedEntry.range}, which is rejected: ${rejectedEntry.reason}`,
    };
  const other = others.find((entry) => contains(entry.range, range));
  if (!other) return undefined;
  const what = `${formatRange(other.range)} for ${other.service}, which sends no webhooks`;
  return { status: 'other-service', why: `is not allowed: ${publishes} ${what}` };
}

function formatAssessment({ region, date, error }: Publication): string {
  return `${region.toUpperCase()} ${error ? `could not be read: ${error}` : (date ?? 'undated')}`;
}

function formatSources(sources: readonly RangeSource[]): string {
  const intercomRegions = sources.filter(isIntercomRegion);
  const feeds = intercomRegions.length > 0 ? [`the ${namesOf(intercomRegions)} feed`] : [];
  return [...feeds, ...(sources.includes('extra') ? ['extraRanges'] : [])].join(' and ');
}

function namesOf(intercomRegions: readonly IntercomRegion[]): string {
  return intercomRegions.map((region) => region.toUpperCase()).join('+');
}

function rangesIn({ entries }: TargetInForce): Range[] {
  return entries.map(({ range }) => range);
}

function covers(ranges: readonly Range[], range: Range): boolean {
  return coverage(ranges)(range);
}

/** A rejected entry may not even be a range. */
function rangesOf(text: string): Range[] {
  try {
    return [parseRange(text)];
  } catch {
    return [];
  }
}
