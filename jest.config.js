const shared = {
  testEnvironment: 'node',
  transform: { '\\.[jt]s$': ['@swc/jest', { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' } }] },
  // p-retry and what else ships only as ES modules.
  transformIgnorePatterns: [
    '/node_modules/(?!(p-retry|p-throttle|is-network-error|ora|get-port|sirv|temporal-polyfill|temporal-utils)/)',
  ],
  moduleNameMapper: { '^intercom-allowlist$': '<rootDir>/lib/index.ts' },
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/cdk.out/', '<rootDir>/.venv/'],
  globalSetup: '<rootDir>/test/global-setup.ts',
  globalTeardown: '<rootDir>/test/global-teardown.ts',
  setupFiles: ['<rootDir>/test/setup.ts'],
};

/** @type {import('jest').Config} */
module.exports = {
  projects: [
    {
      ...shared,
      displayName: 'unit',
      testMatch: ['<rootDir>/test/**/*.test.ts'],
      testPathIgnorePatterns: ['/integration/', '/compatibility/'],
    },
    {
      ...shared,
      displayName: 'integration',
      testMatch: ['<rootDir>/test/integration/**/*.test.ts'],
      setupFilesAfterEnv: ['<rootDir>/test/integration/check-requests.ts'],
    },
  ],
  // Only for tests that hang: on a busy machine a deployment may take many minutes, and no test measures time.
  testTimeout: 1_800_000,
  // Integration tests mostly wait: for deploys, and for what they deploy to.
  maxWorkers: 2,
  testSequencer: '<rootDir>/test/longest-first.js',
  reporters: ['default', '<rootDir>/test/closing-line-reporter.js'],
};
