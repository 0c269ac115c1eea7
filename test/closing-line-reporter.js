const { readFileSync } = require('node:fs');

/** Ends a run with how much was checked, and one plain line that any tool can read: `N passed, N failed, N skipped`. */
module.exports = class ClosingLineReporter {
  onRunComplete(
    _contexts,
    { numPassedTests, numFailedTests, numPendingTests, numTodoTests, numRuntimeErrorTestSuites },
  ) {
    const failed = numFailedTests + numRuntimeErrorTestSuites;
    for (const line of takeFigures()) process.stderr.write(`\n${line}`);
    process.stderr.write(`\n${numPassedTests} passed, ${failed} failed, ${numPendingTests + numTodoTests} skipped\n`);
  }
};

/** Sums of what the test files added, one line each. */
function takeFigures() {
  const file = process.env.TEST_FIGURES;
  if (!file) return [];
  const figures = readFileSync(file, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
  return [...new Set(figures.map(({ of }) => of))].map((of) => {
    const added = figures.filter((figure) => figure.of === of);
    const kinds = new Set(added.flatMap(({ kinds = [] }) => kinds));
    const count = added.reduce((sum, figure) => sum + figure.count, 0);
    return `${count} ${of}${kinds.size > 0 ? ` of ${kinds.size} operations` : ''} checked`;
  });
}
