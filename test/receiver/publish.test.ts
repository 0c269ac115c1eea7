import { fitsBus } from '../../lambda/receiver/publish';

/** What EventBridge takes at most: 1 MB an entry, of time (14 bytes), source, detail-type and detail in UTF-8. */
const LIMIT = 1_048_576;
const SOURCE = 'intercom.webhook';
const TIME_BYTES = 14;

const notification = (topic: string) => ({ type: 'notification_event' as const, topic });

describe('fitsBus', () => {
  const topic = 'ping';
  const room = LIMIT - TIME_BYTES - SOURCE.length - topic.length;

  test.each([
    ['what fills the entry fits', 'x'.repeat(room), topic, true],
    ['a byte more does not', 'x'.repeat(room + 1), topic, false],
    ['the topic counts', 'x'.repeat(room), `${topic}s`, false],
    ['a shorter topic leaves room', 'x'.repeat(room + 1), topic.slice(1), true],
    ['bytes count, not characters', 'é'.repeat(room / 2), topic, true],
    ['two-byte characters count twice', `é${'x'.repeat(room - 1)}`, topic, false],
    ['four-byte characters count four times', `${'x'.repeat(room - 4)}🙂`, topic, true],
    ['four-byte characters do not count two', `${'x'.repeat(room - 3)}🙂`, topic, false],
    ['the topic counts in bytes as well', 'x'.repeat(room), 'piné', false],
    ['an empty text fits', '', topic, true],
  ])('%s', (_rule, text, ofTopic, fits) => {
    expect(fitsBus(text, notification(ofTopic))).toBe(fits);
  });
});
