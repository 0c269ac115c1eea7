import type { TargetKind } from '../sync/targets/target';

const KINDS: Readonly<Record<TargetKind, string>> = {
  'ip-set': 'IP set',
  'security-group': 'security group',
  'prefix-list': 'prefix list',
};

/** A target as people call it: `IP set IntercomAllowlist-v4`, `security group sg-0123456789abcdef0`. */
export function targetName({ id, kind }: { readonly id: string; readonly kind: TargetKind }): string {
  return `${KINDS[kind]} ${kind === 'ip-set' ? (id.split('/').at(-2) ?? id) : id}`;
}
