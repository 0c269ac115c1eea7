import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fallbackRanges } from '../../../lambda/core/feed/fallback';
import { formatRange } from '../../../lambda/core/ranges/range';
import type { IntercomRegion } from '../../../lambda/shared/intercom-regions';

/** The regions of these histories. The first number of an address identifies its region. */
export const REGIONS_HERE = ['us', 'eu'] as const satisfies readonly IntercomRegion[];
export type RegionHere = (typeof REGIONS_HERE)[number];

/** Single addresses that cannot be merged, and one range that is too large to be added without approval. */
export const GOOD: Readonly<Record<RegionHere, readonly string[]>> = {
  us: ['44.0.0.1/32', '44.0.0.4/32', '44.0.0.9/32', '44.0.0.16/32', '44.0.0.25/32', '44.0.0.36/32'],
  eu: ['60.0.0.1/32', '60.0.0.4/32', '60.0.0.9/32', '60.0.0.16/32'],
};
export const WIDE: Readonly<Record<RegionHere, string>> = { us: '44.0.16.0/22', eu: '60.0.16.0/22' };
export const POISON = ['0.0.0.0/0', '44.0.0.0/8', '10.0.0.0/24', '169.254.169.254', 'garbage', ''] as const;

export function regionOf(range: string): RegionHere | undefined {
  return REGIONS_HERE.find((region) => isOf(region, range));
}

function isOf(region: RegionHere, range: string): boolean {
  return GOOD[region].includes(range) || WIDE[region] === range || builtIn(region).includes(range);
}

/** The built-in addresses, which are allowed until the first usable feed of a region. */
export function builtIn(region: RegionHere): readonly string[] {
  return fallbackRanges(region).map(formatRange);
}

/** The published feed of a region. */
export interface Publication {
  /** The valid entries; empty if the body cannot be read. */
  readonly good: readonly string[];
  readonly body: string;
  readonly status: number;
  /** Whether the whole feed is valid, so that ranges that it lacks may be removed. */
  readonly trusted: boolean;
}

export function publication(
  region: RegionHere,
  good: readonly string[],
  date: string | undefined,
  bad: readonly unknown[] = [],
) {
  const entry = (range: unknown) => ({ range, region: region.toUpperCase(), service: 'INTERCOM-OUTBOUND' });
  const other = { range: '18.97.36.0/25', region: region.toUpperCase(), service: 'INTERCOM-ENDPOINTS' };
  const body = JSON.stringify({ ip_ranges: [...good, ...bad].map(entry).concat(other), date });
  return { good, body, status: 200, trusted: good.length > 0 && bad.length === 0 } satisfies Publication;
}

export const unreadable = (body: string, status = 200): Publication => ({ good: [], body, status, trusted: false });

/** Serves the current publications, with ETag and 304. */
export class Publisher {
  readonly current = new Map<RegionHere, Publication>();
  #server: Server | undefined;

  async start(): Promise<string> {
    const server = createServer((request, response) => {
      const region = REGIONS_HERE.find((candidate) => request.url?.startsWith(`/${candidate}/`));
      const now = region && this.current.get(region);
      if (!now) return response.writeHead(404).end();
      const etag = `"${createHash('sha256').update(now.body).digest('hex')}"`;
      if (now.status === 200 && request.headers['if-none-match'] === etag) return response.writeHead(304).end();
      return response.writeHead(now.status, now.status === 200 ? { etag } : {}).end(now.body);
    });
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server?.closeAllConnections();
    await new Promise((resolve) => this.#server?.close(resolve));
  }
}
