import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { InvalidConfigError } from '../lambda/shared/errors';
import { readConfig } from '../lib/config';
import { IntercomAllowlistStack } from '../lib/intercom-allowlist-stack';

// CDK's own validation takes longer than the rest of a synthesis, and the template depends on the code, not on who deploys it: CI turns
// the validation on, for every variant of the app.
const app = new App({ builtinCloudFormationValidation: process.env.CDK_VALIDATION === 'true' });
try {
  const config = readConfig(app.node.getAllContext());
  new IntercomAllowlistStack(app, 'IntercomAllowlist', { config });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
} catch (error) {
  if (!(error instanceof InvalidConfigError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
