import { boundedTopic } from '../../lambda/receiver/topics';

test.each([
  ['conversation.user.created', 'conversation.user.created'],
  ['ping', 'ping'],
  ['something.quite.new', 'other'],
  ['conversation.user.created ', 'other'],
  ['__proto__', 'other'],
  ['constructor', 'other'],
])('the topic %s is counted as %s: what anybody invents makes no metric of its own', (topic, counted) => {
  expect(boundedTopic(topic)).toBe(counted);
});
