import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { AllowlistError } from '../lambda/shared/errors';
import { readConfig } from '../lib/config';
import { IntercomAllowlistStack } from '../lib/intercom-allowlist-stack';

const app = new App({
  // Otherwise the app would write an assembly when the process ends, even after an error.
  autoSynth: false,
  // CDK's own validation takes longer than the rest of a synthesis, and a template depends on the code, not on the operator: CI turns
  // the validation on, for every variant of the app.
  builtinCloudFormationValidation: process.env.CDK_VALIDATION === 'true',
});
try {
  const config = readConfig(app.node.getAllContext());
  new IntercomAllowlistStack(app, 'IntercomAllowlist', { config });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  app.synth();
} catch (error) {
  if (!(error instanceof AllowlistError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
