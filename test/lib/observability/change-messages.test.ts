import { type Json, onlyOne, resourcesOf, synthesize } from '../template';

const template = synthesize();
const subscriptionsOf = (context: Json) => Object.values(resourcesOf(synthesize(context), 'AWS::SNS::Subscription'));

test('the topic of the changes requires TLS and allows no other account or service to publish', () => {
  const policies = Object.values(resourcesOf(template, 'AWS::SNS::TopicPolicy')).map(({ Properties }) => Properties);
  const [policy] = policies.filter(({ Topics }) => String(Topics) === '<ChangesTopic>');
  expect(policy?.PolicyDocument.Statement).toEqual([
    {
      Sid: expect.any(String),
      Effect: 'Deny',
      Principal: '*',
      Action: 'sns:Publish',
      Resource: '<ChangesTopic>',
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
    },
  ]);
});

test('the address of changeEmail subscribes to the changes, and only to them', () => {
  expect(onlyOne(synthesize({ changeEmail: 'ops@example.com' }), 'AWS::SNS::Subscription')).toEqual({
    Protocol: 'email',
    Endpoint: 'ops@example.com',
    TopicArn: '<ChangesTopic>',
  });
});

test('one address may subscribe to alarms and changes alike', () => {
  expect(subscriptionsOf({ changeEmail: 'ops@example.com', alarmEmail: 'ops@example.com' })).toHaveLength(2);
});

test('the sync knows the topic, the form of its messages and the dashboard to link to', () => {
  const { Environment } = resourcesOf(synthesize({ changeFormat: 'chat' })).SyncFunction?.Properties ?? {};
  expect(Environment.Variables).toMatchObject({
    CHANGES_TOPIC_ARN: '<ChangesTopic>',
    CHANGE_FORMAT: 'chat',
    DASHBOARD_NAME: 'IntercomAllowlist',
  });
});
