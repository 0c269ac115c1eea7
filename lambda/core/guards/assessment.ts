/** Whether a guard does its job. */
export interface GuardAssessment {
  /** `counting`: a web ACL that blocks nothing, as configured. `unknown`: it could not be read; its problem says why. */
  readonly outcome: 'guarding' | 'counting' | 'exposed' | 'unknown';
  /** What is wrong, what that means for traffic, and what to do. */
  readonly problems: readonly string[];
  /** What is worth knowing, but no problem. */
  readonly notes: readonly string[];
}

/** @param sound the outcome without a problem */
export function assessmentOf(
  problems: readonly (string | undefined)[],
  notes: readonly string[] = [],
  sound: 'guarding' | 'counting' = 'guarding',
): GuardAssessment {
  const found = problems.filter((problem) => problem !== undefined);
  return { outcome: found.length > 0 ? 'exposed' : sound, problems: found, notes };
}
