import './node-errors';
import { NO_NODE_NOTICE } from '../bin/allowlist/node-notice';

// No test may reach AWS: what talks to it is given an endpoint on this machine.
for (const key of Object.keys(process.env))
  if (key.startsWith('AWS_') && key !== 'AWS_ENDPOINT_URL') delete process.env[key];
Object.assign(process.env, NO_NODE_NOTICE, {
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
  AWS_EC2_METADATA_DISABLED: 'true',
  // CDK's own validation takes longer than all the rest of a synthesis. test/lib/validation.test.ts shows it every variant.
  CDK_VALIDATION: 'false',
  // Powertools then writes logs and metrics to jest's console, where a test can look.
  POWERTOOLS_DEV: 'true',
  POWERTOOLS_METRICS_DISABLED: 'false',
});
