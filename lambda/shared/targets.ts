/** Every kind of target, under the name that people know it by. */
export const KIND_NAMES = {
  'ip-set': 'IP set',
  'security-group': 'security group',
  'prefix-list': 'prefix list',
} as const;

export type TargetKind = keyof typeof KIND_NAMES;

export const TARGET_KINDS = Object.keys(KIND_NAMES) as TargetKind[];

/** A target that the stack names to the sync function. */
export interface TargetSetting {
  readonly kind: TargetKind;
  /** The ARN of an IP set, the id of a group or list. */
  readonly id: string;
  /** Whether the stack made it: a deploy that can't fill it fails. Every entry of an exclusive set or list is managed. */
  readonly exclusive: boolean;
  /** TCP ports to open, where the kind has ports; none elsewhere. */
  readonly ports: readonly number[];
}

/** Targets that differ in their ids alone. An environment holds 4,096 bytes, so what they share is written once. */
export interface TargetGroup {
  readonly kind: TargetKind;
  readonly ids: readonly string[];
  readonly exclusive?: true;
  readonly ports?: readonly number[];
}

/** The value that `parseTargets` reads, not yet as JSON, because ids may be tokens of the CDK. */
export function groupTargets(targets: readonly TargetSetting[]): TargetGroup[] {
  const groups = new Map<string, string[]>();
  for (const { id, kind, exclusive, ports } of targets) {
    const shared = { kind, ...(exclusive && { exclusive }), ...(ports.length > 0 && { ports }) };
    const key = JSON.stringify(shared);
    groups.set(key, [...(groups.get(key) ?? []), id]);
  }
  return [...groups].map(([key, ids]) => {
    const { kind, ...others } = JSON.parse(key);
    return { kind, ids, ...others };
  });
}
