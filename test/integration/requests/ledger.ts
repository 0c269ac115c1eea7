import { addFigure } from '../../figures';
import type { Checked } from './check';

interface Ledger {
  requests: number;
  readonly operations: Set<string>;
  violations: string[];
}

const KEY = Symbol.for('intercom-allowlist.requests');

/** One for the test file, also where a test loads modules anew. */
function ledger(): Ledger {
  const shared = globalThis as { [KEY]?: Ledger };
  shared[KEY] ??= { requests: 0, operations: new Set(), violations: [] };
  return shared[KEY];
}

export function record(checked: Checked | undefined): void {
  if (!checked) return;
  const { operations, violations } = ledger();
  ledger().requests++;
  operations.add(checked.operation);
  violations.push(...checked.problems.map((problem) => `${checked.operation}: ${problem}`));
}

/** Fails the test for something else that went wrong with a request. */
export function blame(problem: string): void {
  ledger().violations.push(problem);
}

/** What was wrong with requests since this was asked last. */
export function takeViolations(): string[] {
  return ledger().violations.splice(0);
}

/** Reports how many requests the test file sent. */
export function reportRequests(): void {
  const { requests, operations } = ledger();
  if (requests > 0) addFigure({ of: 'AWS requests', count: requests, kinds: [...operations] });
}
