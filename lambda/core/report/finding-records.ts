import { exposedTargets, exposureLine, guardLines } from './findings';
import type { RunRecord } from './run-record';

/** A log record of an exposure or of a problem of a guard. */
export interface FindingRecord {
  readonly level: 'info' | 'warn';
  /** The record in one line. */
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** The number of widest entries in the log record of an exposure. The run record has more. */
const LISTED = 20;

/** One log record for each target with an exposure, and one for each problem of a guard. */
export function findingRecords({ runId, mode, targets, guards }: RunRecord): FindingRecord[] {
  const alarming = new Set(exposedTargets(targets));
  const exposures = targets
    .filter(({ exposure }) => exposure.length > 0)
    .map((target): FindingRecord => {
      const { id, kind, exposed, acceptedExposure: accepted } = target;
      const exposure = target.exposure.slice(0, LISTED);
      return {
        level: alarming.has(target) ? 'warn' : 'info',
        message: exposureLine(target),
        fields: {
          record: 'exposure',
          runId,
          mode,
          target: id,
          kind,
          exposed,
          accepted,
          exposure,
          entries: target.exposure.length,
        },
      };
    });
  const problems = guards.flatMap((guard) => {
    const { id, kind, outcome } = guard;
    return guardLines(guard).map((message): FindingRecord => {
      return { level: 'warn', message, fields: { record: 'guard', runId, mode, guard: id, kind, outcome } };
    });
  });
  return [...exposures, ...problems];
}
