import { App, CfnResource } from 'aws-cdk-lib';

// A test loads this before the app: its queues get a property that CloudFormation does not support.
const { synth } = App.prototype;
App.prototype.synth = function (options) {
  for (const resource of this.node.findAll().filter(CfnResource.isCfnResource))
    if (resource.cfnResourceType === 'AWS::SQS::Queue') resource.addPropertyOverride('Encrypted', true);
  return synth.call(this, options);
};
