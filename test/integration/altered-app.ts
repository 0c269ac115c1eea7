/**
 * The app with one property of its IPv4 set changed, as in a later version of the stack.
 * Environment: ALTER_PROPERTY, ALTER_VALUE (JSON).
 */
import { App, type CfnResource, type CustomResource } from 'aws-cdk-lib';
import { readConfig } from '../../lib/config';
import { IntercomAllowlistStack } from '../../lib/intercom-allowlist-stack';

const app = new App();
const config = readConfig(app.node.getAllContext());
const stack = new IntercomAllowlistStack(app, 'IntercomAllowlist', { config });
const set = stack.node.findChild('IpSets').node.findChild('IPV4') as CustomResource;
(set.node.defaultChild as CfnResource).addPropertyOverride(
  process.env.ALTER_PROPERTY ?? '',
  JSON.parse(process.env.ALTER_VALUE ?? '""'),
);
