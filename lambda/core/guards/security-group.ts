import type { SecurityGroupGuard } from '../../shared/guards';
import { assessmentOf, type GuardAssessment } from './assessment';

/** An ingress rule of a security group. */
export interface IngressRule {
  /** Such as `rule sgr-0123456789abcdef0 (tcp 443)`. */
  readonly label: string;
  /** A CIDR, or the id of a prefix list or group. */
  readonly source: string;
  /** Whether it opens the port of HTTPS over TCP. */
  readonly opensHttps: boolean;
}

/** Assesses whether a group that refers to prefix lists or groups admits these and nobody else. */
export function assessSecurityGroup(guard: SecurityGroupGuard, rules: readonly IngressRule[]): GuardAssessment {
  const sources = new Set(rules.filter(({ opensHttps }) => opensHttps).map(({ source }) => source));
  const open = rules.filter(({ source }) => !guard.admits.includes(source));
  const missing = guard.admits.filter((id) => !sources.has(id));
  return assessmentOf([
    ...open.map(
      ({ label, source }) => `Its ${label} allows ${source}, which the allowlist does not control. Remove the rule`,
    ),
    ...missing.map(
      (id) => `No rule allows ${id} at port 443, so notifications are blocked. Add the rule again: TCP 443 from ${id}`,
    ),
  ]);
}
