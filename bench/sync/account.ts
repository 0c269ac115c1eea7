import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TargetKind } from '../../lambda/sync/targets/target';
import { dayFromToday } from '../../local/feeds';
import { Account } from '../../test/emulated/fixtures';
import type { Moto } from '../../test/emulated/moto';

/** So many single addresses, none of which merges with another: every second one from 44.0.0.0 on. */
export function addresses(count: number): string[] {
  return Array.from({ length: count }, (_, i) => {
    const value = 2 * i;
    return `44.${value >> 16}.${(value >> 8) & 255}.${value & 255}/32`;
  });
}

/** Publishes them as the feed of the US. */
export async function publish(directory: string, ranges: readonly string[]): Promise<void> {
  const entries = ranges.map((range) => ({ range, region: 'US', service: 'INTERCOM-OUTBOUND' }));
  await mkdir(join(directory, 'us'), { recursive: true });
  const feed = { ip_ranges: entries, date: dayFromToday(0) };
  await writeFile(join(directory, 'us', 'intercom-ip-ranges.json'), JSON.stringify(feed));
}

/**
 * A new account with a state table and targets of one kind.
 *
 * @returns what a function that keeps them is told of them
 */
export async function makeAccount(moto: Moto, kinds: readonly TargetKind[], size: number): Promise<NodeJS.ProcessEnv> {
  await moto.reset();
  moto.prefixLists.looks = 0;
  const account = new Account(moto.direct);
  await account.makeStateTable('bench');
  const made: Record<TargetKind, string[]> = { 'ip-set': [], 'security-group': [], 'prefix-list': [] };
  for (const [i, kind] of kinds.entries()) made[kind].push(await makeTarget(account, kind, `bench-${i}`, size));
  return { OWN_IP_SETS: made['ip-set'].join(), OWN_PREFIX_LISTS: made['prefix-list'].join() };
}

function makeTarget(account: Account, kind: TargetKind, name: string, size: number): Promise<string> {
  switch (kind) {
    case 'ip-set':
      return account.makeIpSet(name, []);
    case 'security-group':
      return account.makeGroup(name, [{ Key: 'intercom-allowlist', Value: '443' }]);
    case 'prefix-list':
      return account.makePrefixList(name, size);
  }
}
