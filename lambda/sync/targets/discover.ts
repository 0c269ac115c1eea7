import { TARGET_KINDS } from '../../shared/targets';
import type { AwsClients } from '../clients';
import type { Settings } from '../settings';
import { KINDS } from './kinds';
import type { Discovery } from './target';

/**
 * Finds all targets: those that the stack created, those that the configuration names, and those with the discovery tag.
 *
 * @param backoffMs wait before a prefix list that is being changed is read again. @default 500 ms
 */
export async function discoverTargets(settings: Settings, clients: AwsClients, backoffMs?: number): Promise<Discovery> {
  const found = await Promise.all(
    TARGET_KINDS.map((kind) => {
      const named = settings.targets.filter((target) => target.kind === kind);
      return KINDS[kind].discover(named, { settings, clients, backoffMs });
    }),
  );
  return {
    targets: found.flatMap(({ targets }) => targets),
    unusable: found.flatMap(({ unusable }) => unusable),
  };
}
