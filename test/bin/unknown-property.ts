import { App, CfnResource } from 'aws-cdk-lib';

// Loaded before the app by a test: its queues get a property that CloudFormation does not know.
const { synth } = App.prototype;
App.prototype.synth = function (options) {
  for (const resource of this.node.findAll().filter(CfnResource.isCfnResource))
    if (resource.cfnResourceType === 'AWS::SQS::Queue') resource.addPropertyOverride('Encrypted', true);
  return synth.call(this, options);
};
