import { Node } from 'constructs';

// Loaded before the app by a test: nothing that the constructs acknowledge is on record.
const { addMetadata } = Node.prototype;
Node.prototype.addMetadata = function (type, data, options) {
  if (type !== 'aws:cdk:acknowledged-rules') addMetadata.call(this, type, data, options);
};
