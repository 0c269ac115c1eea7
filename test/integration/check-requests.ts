import { reportRequests, takeViolations } from './requests/ledger';

/** A request that AWS would refuse fails the test that sent it, whatever the emulator answered. So does a test's own error in a proxy. */
function failOnViolations(): void {
  const violations = [...new Set(takeViolations())];
  if (violations.length > 0)
    throw new Error(`AWS would refuse these requests, or the test failed in a proxy:\n${violations.join('\n')}`);
}

afterEach(failOnViolations);
afterAll(() => {
  reportRequests();
  failOnViolations();
});
