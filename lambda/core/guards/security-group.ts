import type { SecurityGroupGuard } from '../../shared/guards';
import { type GuardVerdict, verdictOf } from './verdict';

/** An ingress rule of a security group. */
export interface IngressRule {
  /** Such as `rule sgr-0123456789abcdef0 (tcp 443)`. */
  readonly label: string;
  /** A CIDR, or the id of a prefix list or group. */
  readonly source: string;
}

/** Judges whether a group that refers to prefix lists or groups admits these and nobody else. */
export function judgeSecurityGroup(guard: SecurityGroupGuard, rules: readonly IngressRule[]): GuardVerdict {
  const sources = new Set(rules.map(({ source }) => source));
  const open = rules.filter(({ source }) => !guard.admits.includes(source));
  const missing = guard.admits.filter((id) => !sources.has(id));
  return verdictOf([
    ...open.map(
      ({ label, source }) => `Its ${label} lets in ${source}, which the allowlist does not control. Remove the rule`,
    ),
    ...missing.map(
      (id) => `No rule lets in ${id}, so notifications are blocked. Add the rule again: TCP 443 from ${id}`,
    ),
  ]);
}
