import { KIND_NAMES, type TargetKind } from './targets';

/** A target as people call it: `IP set IntercomAllowlist-v4`, `security group sg-0123456789abcdef0`. */
export function targetName({ id, kind }: { readonly id: string; readonly kind: TargetKind }): string {
  return `${KIND_NAMES[kind]} ${kind === 'ip-set' ? (id.split('/').at(-2) ?? id) : id}`;
}
