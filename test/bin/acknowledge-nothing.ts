import { Validations } from 'aws-cdk-lib';

// Loaded before the app by a test: what is acknowledged in the constructs is a finding again.
Validations.prototype.acknowledge = () => undefined;
// CDK's own validation has nothing to say about it.
process.env.CDK_VALIDATION = 'false';
