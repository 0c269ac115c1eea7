import { cp, readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import sirv from 'sirv';
import { INTERCOM_REGIONS, type IntercomRegion } from '../lambda/shared/intercom-regions';

/** The published format of a feed file. */
export interface FeedFile {
  ip_ranges: { range: string; region: string; service: string }[];
  date?: string;
}

/** A server of feeds from a folder, with ETag and 304 as Intercom's. */
export interface FeedServer {
  readonly baseUrl: string;
  readonly directory: string;
  stop(): Promise<void>;
}

/**
 * The date a number of days from today: `YYYY-MM-DD`, UTC.
 *
 * @param now in milliseconds. @default - the current time
 */
export function dayFromToday(days: number, now = Date.now()): string {
  return new Date(now + days * 24 * 60 * 60 * 1000).toISOString().slice(0, 10);
}

/** Copies the published feeds of 2026-06-29 with another date, because Intercom rewrites its files every day. */
export async function writePublishedFeeds(directory: string, date: string): Promise<void> {
  await cp(join(__dirname, 'feeds'), directory, { recursive: true });
  for (const region of INTERCOM_REGIONS) await editFeed(directory, region, (feed) => ({ ...feed, date }));
}

export async function editFeed(
  directory: string,
  region: IntercomRegion,
  edit: (feed: FeedFile) => FeedFile,
): Promise<void> {
  const file = join(directory, region, 'intercom-ip-ranges.json');
  const feed = JSON.parse(await readFile(file, 'utf8'));
  await writeFile(file, `${JSON.stringify(edit(feed), undefined, 2)}\n`);
}

/** Serves a folder. Edited files are served immediately. */
export async function serveFeeds(directory: string): Promise<FeedServer> {
  const server = createServer(sirv(directory, { dev: true, etag: true }));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { baseUrl: `http://127.0.0.1:${port}`, directory, stop: () => close(server) };
}

function close(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
