import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FeedServer, serveFeeds, writePublishedFeeds } from '../../dev/feeds';
import type { RunRecord, SyncMode } from '../../lambda/core/report/run-record';
import { INTERCOM_REGIONS, type IntercomRegion } from '../../lambda/shared/intercom-regions';
import type { TargetSetting } from '../../lambda/shared/targets';
import { AWS_CLIENT, type AwsConfig } from '../../lambda/sync/clients';
import type { RunDeadline } from '../../lambda/sync/deadline';
import type { Settings, SyncRequest } from '../../lambda/sync/settings';
import type { LeaseOptions } from '../../lambda/sync/state/lease';
import { sync } from '../../lambda/sync/sync';
import { Account } from './fixtures';
import { type Moto, startMoto } from './moto';

export const TODAY = '2026-06-30';
export const TABLE = 'state';

/** The twelve ranges published on 2026-06-29, sorted as the tests compare them. */
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

/** Longer than any answer takes, however busy the machine is. */
const HANGS_MS = 1_200_000;
export const PATIENT = { connectionTimeout: HANGS_MS, requestTimeout: HANGS_MS } as const;

export interface Run {
  readonly report: RunRecord;
  /** Why the run failed; undefined if it did not. */
  readonly error: string | undefined;
  /** The AWS calls of the run, by name. */
  readonly calls: readonly string[];
}

/** The sync as a function, against real API semantics and real feeds over HTTP. One account per test. */
export class Harness {
  private constructor(
    readonly moto: Moto,
    readonly feeds: FeedServer,
  ) {}

  settings: Settings = undefined as unknown as Settings;
  account: Account = undefined as unknown as Account;
  /** Client settings that differ from those of the function. */
  aws: AwsConfig = {};
  deadline: RunDeadline | undefined;
  lease: LeaseOptions = {};
  /** Why messages could not be sent, in the order of the runs. */
  unsent: string[] = [];
  /** ARNs of the stack's two IP sets. */
  ownV4 = '';
  ownV6 = '';
  #runs = 0;

  static async start(): Promise<Harness> {
    const directory = await mkdtemp(join(tmpdir(), 'intercom-allowlist-feeds-'));
    return new Harness(await startMoto(), await serveFeeds(directory));
  }

  /** An empty account with the stack's two IP sets, and the feeds as published. */
  async reset(): Promise<void> {
    await this.moto.reset();
    this.aws = {};
    this.deadline = undefined;
    this.lease = {};
    this.unsent = [];
    await writePublishedFeeds(this.feeds.directory, TODAY);
    this.account = new Account(this.moto.direct);
    await this.account.makeStateTable(TABLE);
    this.settings = {
      owner: 'Test',
      intercomRegions: INTERCOM_REGIONS,
      feedBaseUrl: this.feeds.baseUrl,
      extraRanges: [],
      stateTable: TABLE,
      targets: [],
      guards: [],
      // Withdrawn ranges are removed at once, unless a test is about the grace period.
      removalGraceHours: 0,
      maxRemovalShare: 1,
      rulesPerSecurityGroup: 60,
    };
    this.ownV4 = await this.account.makeIpSet('Test-v4', []);
    this.ownV6 = await this.account.makeIpSet('Test-v6', [], 'IPV6');
    for (const id of [this.ownV4, this.ownV6]) this.addTarget({ kind: 'ip-set', id, exclusive: true });
  }

  async stop(): Promise<void> {
    await this.moto.stop();
    await this.feeds.stop();
    await rm(this.feeds.directory, { recursive: true, force: true });
  }

  /** Names a target to the sync, as the stack's configuration would. */
  addTarget({
    exclusive = false,
    ports = [],
    ...target
  }: Pick<TargetSetting, 'kind' | 'id'> & Partial<TargetSetting>): void {
    this.settings = { ...this.settings, targets: [...this.settings.targets, { ...target, exclusive, ports }] };
  }

  /** @param time ISO 8601, or a day: then 08:05 UTC */
  async sync(request: SyncMode | SyncRequest = 'apply', time = TODAY): Promise<Run> {
    this.moto.proxy.calls.length = 0;
    const now = new Date(time.includes('T') ? time : `${time}T08:05:00Z`);
    let logged: RunRecord | undefined;
    const report = await sync(typeof request === 'string' ? { mode: request } : request, {
      settings: this.settings,
      aws: { ...AWS_CLIENT, requestHandler: PATIENT, ...this.moto.proxied, ...this.aws },
      runId: `run-${++this.#runs}`,
      clock: () => now,
      log: (record) => {
        logged = record;
      },
      unsent: ({ reason }) => this.unsent.push(reason),
      timing: {
        feed: { backoffMs: 1, timeoutMs: HANGS_MS },
        // As often as a busy machine needs.
        lease: { tries: 1000, backoffMs: 1, ...this.lease },
        conflictBackoffMs: 1,
        intervalMs: 1,
      },
      ...(this.deadline ? { deadline: this.deadline } : {}),
    });
    expect(logged).toBe(report);
    return { report, error: report.error ?? undefined, calls: [...this.moto.proxy.calls] };
  }

  /** Publishes this feed for a region instead; undated, if the date is undefined. */
  async publish(region: IntercomRegion, ranges: readonly string[], date: string | undefined = TODAY): Promise<void> {
    const entry = (range: string) => ({ range, region: region.toUpperCase(), service: 'INTERCOM-OUTBOUND' });
    await this.publishText(region, JSON.stringify({ ip_ranges: ranges.map(entry), date }));
  }

  /** Publishes any text instead of a feed. */
  async publishText(region: IntercomRegion, text: string): Promise<void> {
    await writeFile(join(this.feeds.directory, region, 'intercom-ip-ranges.json'), text);
  }

  async unpublish(region: IntercomRegion): Promise<void> {
    await rm(join(this.feeds.directory, region, 'intercom-ip-ranges.json'));
  }
}

/** Retries without the delays that real throttling needs. */
export const IMPATIENT: NonNullable<AwsConfig['retryStrategy']> = {
  acquireInitialRetryToken: async () => retryToken(0),
  refreshRetryTokenForRetry: async (token, { errorType }) => {
    if (token.getRetryCount() >= 3 || errorType === 'CLIENT_ERROR') throw new Error('No more retries');
    return retryToken(token.getRetryCount() + 1);
  },
  recordSuccess: () => undefined,
};

function retryToken(count: number) {
  return { getRetryCount: () => count, getRetryDelay: () => 0 };
}

/** The calls that write. */
export function writes(calls: readonly string[]): string[] {
  return calls.filter((call) => !/^(Get|Describe|List|Scan)/.test(call));
}
