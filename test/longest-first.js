const { default: Sequencer } = require('@jest/test-sequencer');

/** What takes longest begins first, so that the other worker has the rest to itself meanwhile. */
const LONGEST = [/integration\/history\//, /integration\/stack/, /integration\//];

module.exports = class extends Sequencer {
  sort(tests) {
    const rank = ({ path }) => {
      const found = LONGEST.findIndex((pattern) => pattern.test(path));
      return found < 0 ? LONGEST.length : found;
    };
    return [...tests].sort((a, b) => rank(a) - rank(b) || a.path.localeCompare(b.path));
  }
};
