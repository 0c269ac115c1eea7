import { reportRequests, takeViolations } from './requests/ledger';

/** A request that AWS would refuse fails the test that sent it, whatever the emulator answered. */
function failOnViolations(): void {
  const violations = [...new Set(takeViolations())];
  if (violations.length > 0) throw new Error(`AWS would refuse these requests:\n${violations.join('\n')}`);
}

afterEach(failOnViolations);
afterAll(() => {
  reportRequests();
  failOnViolations();
});
