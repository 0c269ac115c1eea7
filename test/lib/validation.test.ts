import { CfnResource } from 'aws-cdk-lib';
import { readConfig } from '../../lib/config';
import { IntercomAllowlistStack } from '../../lib/intercom-allowlist-stack';
import { ALB, ALB_EVERY_KEY, EVERY_KEY, EXISTING, newApp, TARGETS_ONLY } from './template';

const CONTEXTS = {
  Default: {},
  EveryKey: EVERY_KEY,
  Alb: ALB,
  AlbEveryKey: ALB_EVERY_KEY,
  Existing: EXISTING,
  TargetsOnly: TARGETS_ONLY,
};

/** All variants in one app: to load CDK's validation engine takes longer than all that it validates. */
function allVariants() {
  const app = newApp();
  for (const [stackName, context] of Object.entries(CONTEXTS))
    new IntercomAllowlistStack(app, stackName, { config: { ...readConfig(context), stackName } });
  return app;
}

beforeAll(() => {
  // Off in the other tests.
  delete process.env.CDK_VALIDATION;
});

it("the CDK's validation finds nothing in any variant of the stack", () => {
  const { stacks } = allVariants().synth();
  expect(stacks.map(({ id }) => id)).toEqual(expect.arrayContaining(Object.keys(CONTEXTS)));
});

it("the CDK's validation finds a property that CloudFormation does not know", () => {
  const app = allVariants();
  const queue = app.node
    .findAll()
    .find((node) => CfnResource.isCfnResource(node) && node.cfnResourceType === 'AWS::SQS::Queue');
  (queue as CfnResource).addPropertyOverride('Encrypted', true);
  expect(() => app.synth()).toThrow(/ERROR Encrypted: .*CloudFormation Validate/);
});
