import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { ConsumerStack } from './consumer-stack';

const app = new App();
const eventBusName = app.node.tryGetContext('eventBusName') ?? 'IntercomAllowlist-notifications';
new ConsumerStack(app, 'ConversationsConsumer', { eventBusName });
Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
