import { Bus, fitsBus } from '../../lambda/receiver/bus';
import type { AwsCalls } from '../../lambda/shared/aws/aws';

/** What EventBridge takes at most: 1 MB an entry, of time (14 bytes), source, detail-type and detail in UTF-8. */
const LIMIT = 1_048_576;
const SOURCE = 'intercom.webhook';
const TIME_BYTES = 14;

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
  ])('%s', (_rule, detail, detailType, fits) => {
    expect(fitsBus({ detail, detailType })).toBe(fits);
  });
});

describe('publishAll', () => {
  const event = { detailType: 'ticket.closed', detail: '{}', time: new Date(1_782_723_600_500) };
  const answering = (answer: unknown): AwsCalls => ({ call: async <Answer>() => answer as Answer });

  it('tells for each event whether it is on the bus: EventBridge may take some and refuse others', async () => {
    const Entries = [{ EventId: 'e-1' }, { ErrorCode: 'MalformedDetail', ErrorMessage: 'Detail is malformed.' }];
    const refusals = await new Bus(answering({ FailedEntryCount: 1, Entries }), 'bus').publishAll([event, event]);
    expect(refusals.map((refusal) => refusal?.message)).toEqual([
      undefined,
      'events PutEvents: MalformedDetail: Detail is malformed.',
    ]);
  });

  it.each([
    ['no entries', {}],
    ['fewer entries than events', { Entries: [] }],
    ['an entry without an id', { Entries: [{}] }],
  ])('an answer with %s is no proof that an event is on the bus', async (_case, answer) => {
    await expect(new Bus(answering(answer), 'bus').publish(event)).rejects.toThrow('events PutEvents: NoAnswer');
  });
});
