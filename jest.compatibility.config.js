const { projects, ...config } = require('./jest.config.js');

const [{ testPathIgnorePatterns, ...unit }] = projects;

/** Apps of every supported kind with the packed package: `npm run test:compatibility`. Their packages are some 2 GB. */
module.exports = {
  ...config,
  projects: [{ ...unit, displayName: 'compatibility', testMatch: ['<rootDir>/test/compatibility/**/*.test.ts'] }],
  // They all pack from the same folders.
  maxWorkers: 1,
  testTimeout: 3_600_000,
};
