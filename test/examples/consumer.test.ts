import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { ConsumerStack } from '../../examples/consumer/consumer-stack';
import { onlyOne, resourcesOf } from '../lib/template';

describe('the consumer example', () => {
  const stack = new ConsumerStack(new App(), 'Consumer', { eventBusName: 'the-bus' });
  const template = Template.fromStack(stack);

  it('routes all conversation events to the queue, and undeliverable ones to the dead-letter queue', () => {
    expect(onlyOne(template, 'AWS::Events::Rule')).toMatchObject({
      EventBusName: 'the-bus',
      EventPattern: { source: ['intercom.webhook'], 'detail-type': [{ prefix: 'conversation.' }] },
      Targets: [{ Arn: '<Queue.Arn>', DeadLetterConfig: { Arn: '<DeadLetters.Arn>' } }],
    });
  });

  it('moves messages that could not be processed to the dead-letter queue', () => {
    const { Queue: queue } = resourcesOf(template, 'AWS::SQS::Queue');
    expect(queue?.Properties.RedrivePolicy).toEqual({ deadLetterTargetArn: '<DeadLetters.Arn>', maxReceiveCount: 5 });
  });

  it('allows only its rule to send messages to the queues', () => {
    const policies = Object.values(resourcesOf(template, 'AWS::SQS::QueuePolicy'));
    const allowed = policies
      .flatMap(({ Properties }) => Properties.PolicyDocument.Statement)
      .filter(({ Effect }) => Effect === 'Allow');
    expect(allowed.map(({ Principal, Condition, Resource }) => ({ Principal, Condition, Resource }))).toEqual(
      ['<DeadLetters.Arn>', '<Queue.Arn>'].map((Resource) => ({
        Principal: { Service: 'events.amazonaws.com' },
        Condition: { ArnEquals: { 'aws:SourceArn': '<Conversations.Arn>' } },
        Resource,
      })),
    );
  });
});
