import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { readConfig } from '../../lib/config';
import { IntercomAllowlistStack } from '../../lib/intercom-allowlist-stack';
import { ALB } from './template';

const KB = 1000;

describe('the bundles', () => {
  const app = new App();
  const stack = new IntercomAllowlistStack(app, 'IntercomAllowlist', {
    config: readConfig({ ...ALB, prefixLists: 'make' }),
  });
  const { directory } = app.synth();
  const functions = Template.fromStack(stack).findResources('AWS::Lambda::Function');

  /** Bytes of what the function with this description loads. */
  function sizeOf(description: RegExp): number {
    const found = Object.values(functions).find(({ Properties }) => description.test(Properties.Description));
    const asset = `asset.${found?.Properties.Code.S3Key.replace('.zip', '')}`;
    return readdirSync(join(directory, asset)).reduce(
      (sum, file) => sum + statSync(join(directory, asset, file)).size,
      0,
    );
  }

  it.each([
    ['the sync', /^Makes every target/, 400 * KB],
    ['the receiver', /^Checks the signature/, 600 * KB],
    ['the redrive', /^Publishes notifications from/, 600 * KB],
    ['the lifecycle', /^Makes, changes and deletes the IP sets/, 200 * KB],
    ['the lifecycle of lists', /^Makes, resizes and deletes the prefix lists/, 200 * KB],
    ['the lookups', /^Looks up subnets/, 200 * KB],
    ['the widget', /^Shows the allowlist/, 260 * KB],
    ["the widget's buttons", /^Does what the buttons/, 250 * KB],
  ])('%s stays lean: it is loaded at every cold start', (_name, description, most) => {
    const size = sizeOf(description);
    expect(size).toBeGreaterThan(10 * KB);
    expect(size).toBeLessThan(most);
  });
});
