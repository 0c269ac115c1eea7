import type { TargetKind } from '../../shared/targets';
import { ipSets } from './ip-set/discover';
import { prefixLists } from './prefix-list/discover';
import { securityGroups } from './security-group/discover';
import type { TargetKindSupport } from './target';

/** Every kind of target that the sync supports. */
export const KINDS: Readonly<Record<TargetKind, TargetKindSupport>> = {
  'ip-set': ipSets,
  'security-group': securityGroups,
  'prefix-list': prefixLists,
};
