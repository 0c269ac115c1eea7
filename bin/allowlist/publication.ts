import * as v from 'valibot';
import { parseFeed, type RejectedEntry } from '../../lambda/core/feed/document';
import { parseRange, type Range } from '../../lambda/core/ranges/range';
import { OUTBOUND_SERVICE } from '../../lambda/shared/constants';
import { messageOf } from '../../lambda/shared/errors';
import { INTERCOM_REGIONS, type IntercomRegion } from '../../lambda/shared/intercom-regions';
import { escapeControlChars, parseEscaped } from '../../lambda/shared/text';
import { fetchFeed } from '../../lambda/sync/fetch-feed';

/** The current feed of an Intercom region, including services other than webhooks. */
export interface Publication {
  readonly region: IntercomRegion;
  readonly date: string | undefined;
  /** Ranges of the webhook senders. */
  readonly ranges: readonly Range[];
  /** Entries of the webhook senders that are never allowed. */
  readonly rejected: readonly RejectedEntry[];
  /** Ranges of services that send no webhooks. */
  readonly others: readonly { readonly range: Range; readonly service: string }[];
  /** Why it could not be read. */
  readonly error: string | undefined;
}

const Document = v.object({ ip_ranges: v.array(v.unknown()) });
const Entry = v.object({ range: v.string(), service: v.string() });

/** The feeds of all Intercom regions, including those that the stack is not configured for. A feed that fails does not throw. */
export function readPublications(baseUrl: string): Promise<Publication[]> {
  return Promise.all(INTERCOM_REGIONS.map((region) => readPublication(baseUrl, region)));
}

async function readPublication(baseUrl: string, region: IntercomRegion): Promise<Publication> {
  const none = { region, date: undefined, ranges: [], rejected: [], others: [] };
  try {
    const answer = await fetchFeed(`${baseUrl}/${region}/intercom-ip-ranges.json`);
    return parsePublication(answer.kind === 'document' ? answer.body : '', region);
  } catch (error) {
    return { ...none, error: escapeControlChars(messageOf(error)) };
  }
}

/** @throws InvalidFeedError when the body does not have the published format */
export function parsePublication(body: string, region: IntercomRegion): Publication {
  const { date, ranges, rejected } = parseFeed(body, region);
  const others = v
    .parse(Document, parseEscaped(body))
    .ip_ranges.flatMap((entry) => (v.is(Entry, entry) && entry.service !== OUTBOUND_SERVICE ? toOther(entry) : []));
  return {
    region,
    date: date && escapeControlChars(date),
    ranges,
    rejected: rejected.map(({ range, reason }) => ({
      range: escapeControlChars(range),
      reason: escapeControlChars(reason),
    })),
    others,
    error: undefined,
  };
}

function toOther({ range, service }: v.InferOutput<typeof Entry>): Publication['others'] {
  try {
    return [{ range: parseRange(range), service }];
  } catch {
    return [];
  }
}
