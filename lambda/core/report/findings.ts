import { ACCEPT_TAG } from '../../shared/constants';
import { guardName } from '../../shared/guards';
import { targetName } from '../../shared/target-name';
import type { GuardResult, RunRecord, TargetResult } from './run-record';
import { countLogged } from './truncate-for-log';

/** The exposed targets and faulty guards of a run record or a status. */
export type Findings = Pick<RunRecord, 'guards'> & { readonly targets: readonly OpenTarget[] };

export type OpenTarget = Pick<TargetResult, 'id' | 'kind' | 'exposed' | 'exposure' | 'acceptedExposure'>;

/** The exposed targets whose owners have not accepted the exposure. */
export function exposedTargets<T extends OpenTarget>(targets: readonly T[]): T[] {
  return targets.filter(({ exposed, acceptedExposure }) => exposed && acceptedExposure === null);
}

export function faultyGuards(guards: readonly GuardResult[]): GuardResult[] {
  return guards.filter(({ problems }) => problems.length > 0);
}

/** The names of what is open that nobody accepts: the ids of targets, and the kinds and ids of guards. Sorted. */
export function findingNames({ targets, guards }: Findings): string[] {
  return [...exposedTargets(targets).map(({ id }) => id), ...faultyGuards(guards).map(guardKey)].sort();
}

/** A guard's name among findings, which no target has. */
export function guardKey({ kind, id }: Pick<GuardResult, 'kind' | 'id'>): string {
  return `${GUARD_KEY}${kind} ${id}`;
}

export const GUARD_KEY = 'guard ';

/** Whether there is an exposure that is not accepted, or a problem of a guard. */
export function hasFindings({ targets, guards }: Findings): boolean {
  return exposedTargets(targets).length > 0 || faultyGuards(guards).length > 0;
}

/** One line per exposed target, then one line per problem of a guard. */
export function findingLines({ targets, guards }: Findings): string[] {
  return [...exposedTargets(targets).map(exposureLine), ...faultyGuards(guards).flatMap(guardLines)];
}

/** As `findingLines`: targets that allow more than the allowlist are `EXPOSED: `, guards that do not do their job `PROBLEM: `. */
export function labelledFindings({ targets, guards }: Findings): string[] {
  return [
    ...exposedTargets(targets).map((target) => `EXPOSED: ${exposureLine(target)}`),
    ...faultyGuards(guards)
      .flatMap(guardLines)
      .map((line) => `PROBLEM: ${line}`),
  ];
}

/** `security group sg-1 allows 0.0.0.0/0 at port 443 by rule sgr-1 (tcp 443) ...`, with the next step. */
export function exposureLine(target: OpenTarget): string {
  const name = targetName(target);
  const what = `${name} allows ${widestOf(target)}, beyond the allowlist`;
  if (target.acceptedExposure !== null) return `${what}. Accepted: ${target.acceptedExposure}`;
  if (!target.exposed) return what;
  const accept =
    target.kind === 'ip-set' ? '' : `, or accept it with the tag ${ACCEPT_TAG} and the reason as its value`;
  return (
    `${what}: senders with these addresses reach the webhook. Remove the entry and then sync, because the sync adds no range that ` +
    `the entry covers${accept}`
  );
}

/** One line for each problem of a guard. */
export function guardLines(guard: GuardResult): string[] {
  return guard.problems.map((problem) => `${guardName(guard)}: ${problem}`);
}

/** `0.0.0.0/0 at port 443 by rule sgr-1 (tcp 443) and 2 more` */
export function widestOf({ exposure }: Pick<OpenTarget, 'exposure'>): string {
  const [widest] = exposure;
  if (!widest) return 'nothing';
  const ports = widest.ports.length > 0 ? ` at port ${widest.ports.join(', ')}` : '';
  const others = countLogged(exposure) - 1;
  const more = others > 0 ? ` and ${others} more` : '';
  return `${widest.range}${ports} by ${widest.entry}${more}`;
}
