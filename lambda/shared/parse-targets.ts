import * as v from 'valibot';
import { InvalidConfigError } from './errors';
import type { TargetSetting } from './targets';

const common = {
  ids: v.pipe(v.array(v.pipe(v.string(), v.nonEmpty())), v.nonEmpty()),
  exclusive: v.exactOptional(v.literal(true)),
};
const Port = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535));

const Group = v.variant('kind', [
  v.strictObject({ kind: v.literal('ip-set'), ...common }),
  v.strictObject({ kind: v.literal('security-group'), ...common, ports: v.pipe(v.array(Port), v.nonEmpty()) }),
  v.strictObject({ kind: v.literal('prefix-list'), ...common }),
]);

const Groups = v.array(Group);

/**
 * Reads the targets that the stack names. A target that is named twice is one, and exclusive if it was once: the stack made it,
 * and the configuration names it as well.
 *
 * @throws InvalidConfigError
 */
export function parseTargets(text: string, key: string): TargetSetting[] {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), Groups), text);
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
