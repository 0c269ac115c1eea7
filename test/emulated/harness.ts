import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { REGIONS, type Region } from '../../lambda/shared/regions';
import type { SyncReport } from '../../lambda/sync/report';
import type { Settings, SyncMode } from '../../lambda/sync/settings';
import { sync } from '../../lambda/sync/sync';
import { editFeed, type FeedServer, serveFeeds, writePublishedFeeds } from '../../local/feeds';
import { Account } from './fixtures';
import { type Moto, startMoto } from './moto';

export const TODAY = '2026-06-30';
const TABLE = 'state';

/** The twelve published on 2026-06-29, in the order in which WAF's answers are compared here. */
export const PUBLISHED = [
  '3.104.68.152/32',
  '34.197.76.213/32',
  '34.231.68.152/32',
  '35.169.138.21/32',
  '35.171.78.91/32',
  '52.44.63.161/32',
  '52.63.36.185/32',
  '52.64.2.165/32',
  '52.70.27.159/32',
  '54.216.9.3/32',
  '54.217.125.63/32',
  '54.246.173.113/32',
];

export interface Run {
  readonly report: SyncReport;
  /** What was thrown, if anything was. */
  readonly error: Error | undefined;
  /** The AWS calls of the run, by name. */
  readonly calls: readonly string[];
}

/** The sync as a function, against real API semantics and real feeds over HTTP. One account a test. */
export class Harness {
  private constructor(
    readonly moto: Moto,
    readonly feeds: FeedServer,
  ) {}

  settings: Settings = undefined as unknown as Settings;
  account: Account = undefined as unknown as Account;
  #runs = 0;

  static async start(): Promise<Harness> {
    const directory = await mkdtemp(join(tmpdir(), 'intercom-allowlist-feeds-'));
    return new Harness(await startMoto(), await serveFeeds(directory));
  }

  /** An empty account with the stack's own two sets, and the feeds as published. */
  async reset(): Promise<void> {
    await this.moto.reset();
    await writePublishedFeeds(this.feeds.directory, TODAY);
    this.account = new Account(this.moto.direct);
    await this.account.makeStateTable(TABLE);
    this.settings = {
      stackName: 'Test',
      regions: REGIONS,
      feedBaseUrl: this.feeds.baseUrl,
      stateTable: TABLE,
      ownIpSets: [await this.account.makeIpSet('Test-v4', []), await this.account.makeIpSet('Test-v6', [], 'IPV6')],
      sharedIpSets: [],
      securityGroups: [],
      ports: [443],
    };
  }

  async stop(): Promise<void> {
    await this.moto.stop();
    await this.feeds.stop();
    await rm(this.feeds.directory, { recursive: true, force: true });
  }

  get ownV4(): string {
    return this.settings.ownIpSets[0] ?? '';
  }

  get ownV6(): string {
    return this.settings.ownIpSets[1] ?? '';
  }

  async sync(mode: SyncMode = 'apply', day = TODAY): Promise<Run> {
    this.moto.proxy.calls.length = 0;
    let report: SyncReport | undefined;
    let error: Error | undefined;
    try {
      await sync(mode, {
        settings: this.settings,
        client: DynamoDBDocumentClient.from(new DynamoDBClient(this.moto.proxied), {
          marshallOptions: { removeUndefinedValues: true },
        }),
        runId: `run-${++this.#runs}`,
        now: new Date(`${day}T08:05:00Z`),
        log: (logged) => {
          report = logged;
        },
        timing: { feed: { backoffMs: 1, timeoutMs: 2000 }, lease: { backoffMs: 1 } },
      });
    } catch (thrown) {
      error = thrown as Error;
    }
    return { report: report as SyncReport, error, calls: [...this.moto.proxy.calls] };
  }

  /** Publishes this feed for a region instead. */
  async publish(region: Region, ranges: readonly string[], date = TODAY): Promise<void> {
    const entry = (range: string) => ({ range, region: region.toUpperCase(), service: 'INTERCOM-OUTBOUND' });
    await editFeed(this.feeds.directory, region, () => ({ ip_ranges: ranges.map(entry), date }));
  }

  /** Publishes whatever text instead of a feed. */
  async publishText(region: Region, text: string): Promise<void> {
    await writeFile(join(this.feeds.directory, region, 'intercom-ip-ranges.json'), text);
  }

  async unpublish(region: Region): Promise<void> {
    await rm(join(this.feeds.directory, region, 'intercom-ip-ranges.json'));
  }
}

/** Calls that change something. */
export function writes(calls: readonly string[]): string[] {
  return calls.filter((call) => !/^(Get|Describe|List|Scan)/.test(call));
}
