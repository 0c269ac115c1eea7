import type { Reference } from '../../../lambda/core/exposure/exposure';
import { parseRange } from '../../../lambda/core/ranges/range';

/** A reference to a prefix list with these entries, or with unknown ones. */
export function listReference(id: string, ranges: readonly string[] | undefined, name?: string): Reference {
  return { id, name, ranges: ranges?.map(parseRange), ports: [443], label: 'rule sgr-1 (tcp 443)' };
}

/** A reference to a security group. */
export function groupReference(id: string): Reference {
  return { id, ranges: undefined, ports: [443], label: 'rule sgr-2 (tcp 443)' };
}
