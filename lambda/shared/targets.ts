import * as v from 'valibot';
import { InvalidConfigError } from './errors';

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

const common = {
  ids: v.pipe(v.array(v.pipe(v.string(), v.nonEmpty())), v.nonEmpty()),
  exclusive: v.exactOptional(v.literal(true)),
};
const Port = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535));

/** Targets that differ in their ids alone. An environment holds 4,096 bytes, so what they share is written once. */
const TargetGroup = v.variant('kind', [
  v.strictObject({ kind: v.literal('ip-set'), ...common }),
  v.strictObject({ kind: v.literal('security-group'), ...common, ports: v.pipe(v.array(Port), v.nonEmpty()) }),
  v.strictObject({ kind: v.literal('prefix-list'), ...common }),
]);

const TargetGroups = v.array(TargetGroup);

export type TargetGroup = v.InferOutput<typeof TargetGroup>;

/** What `parseTargets` reads, before it is written as JSON: ids may be tokens of the CDK, which JSON must not cut apart. */
export function groupTargets(targets: readonly TargetSetting[]): TargetGroup[] {
  const groups = new Map<string, string[]>();
  for (const { id, kind, exclusive, ports } of targets) {
    const shared = { kind, ...(exclusive && { exclusive }), ...(ports.length > 0 && { ports }) };
    const key = JSON.stringify(shared);
    groups.set(key, [...(groups.get(key) ?? []), id]);
  }
  return v.parse(
    TargetGroups,
    [...groups].map(([key, ids]) => ({ ...JSON.parse(key), ids })),
  );
}

/**
 * Reads the targets that the stack names. A target that is named twice is one, and exclusive if it was once: the stack made it,
 * and the configuration names it as well.
 *
 * @throws InvalidConfigError
 */
export function parseTargets(text: string, key: string): TargetSetting[] {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), TargetGroups), text);
  if (!parsed.success) {
    const [{ message }] = parsed.issues;
    throw new InvalidConfigError(
      key,
      text,
      `the targets as the stack writes them (${message}); deploy the stack again`,
    );
  }
  const targets = new Map<string, TargetSetting>();
  for (const { ids, kind, exclusive = false, ...options } of parsed.output) {
    for (const id of ids) {
      const before = targets.get(id)?.exclusive ?? false;
      targets.set(id, { kind, id, exclusive: exclusive || before, ports: 'ports' in options ? options.ports : [] });
    }
  }
  return [...targets.values()];
}
