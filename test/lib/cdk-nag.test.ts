import { Queue } from 'aws-cdk-lib/aws-sqs';
import { ALB, ALB_EVERY_KEY, addStack, EVERY_KEY, findingsIn, newApp } from './template';

test.each([
  ['by default', {}],
  ['with every key', EVERY_KEY],
  ['with the ALB edge', ALB],
  ['with the ALB edge and every key', ALB_EVERY_KEY],
])('every finding is acknowledged with its reason: %s', (_case, context) => {
  const app = newApp(context);
  addStack(app);
  expect(findingsIn(app)).toEqual([]);
});

test('one that is not is found', () => {
  const app = newApp();
  new Queue(addStack(app), 'Queue');
  expect(() => findingsIn(app)).toThrow('AwsSolutions-SQS3');
});
