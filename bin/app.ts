import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { AllowlistError } from '../lambda/shared/errors';
import { readConfig } from '../lib/config';
import { IntercomAllowlistStack } from '../lib/intercom-allowlist-stack';

// By itself the app would write what there is at the end of the process, even after an error.
const app = new App({ autoSynth: false });
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
