import type { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { Bus, fitsBus, type PublishError } from '../../lambda/receiver/bus';
import { Deadline } from '../../lambda/receiver/deadline';

/** EventBridge takes less than 1 MB per entry, of time (14 bytes), source, detail-type and detail in UTF-8. */
const LIMIT = 1_048_576;
const SOURCE = 'intercom.webhook';
const TIME_BYTES = 14;

describe('fitsBus', () => {
  const topic = 'ping';
  const room = LIMIT - 1 - TIME_BYTES - SOURCE.length - topic.length;

  test.each([
    ['what fills the entry fits', 'x'.repeat(room), topic, true],
    ['a byte more does not', 'x'.repeat(room + 1), topic, false],
    ['the topic counts', 'x'.repeat(room), `${topic}s`, false],
    ['a shorter topic leaves room', 'x'.repeat(room + 1), topic.slice(1), true],
    ['bytes count, not characters', `${'é'.repeat((room - 1) / 2)}x`, topic, true],
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
  const busThat = (send: () => Promise<unknown>) => new Bus({ send } as unknown as EventBridgeClient, 'bus');
  const answering = (answer: unknown) => busThat(async () => answer);
  const deadline = Deadline.after(60_000);

  it('tells for each event whether it is on the bus: EventBridge may take some and refuse others', async () => {
    const Entries = [{ EventId: 'e-1' }, { ErrorCode: 'MalformedDetail', ErrorMessage: 'Detail is malformed.' }];
    const errors = await answering({ FailedEntryCount: 1, Entries }).publishAll([event, event], deadline, 0);
    expect(errors.map((error) => error?.message)).toEqual([
      undefined,
      'PutEvents: MalformedDetail: Detail is malformed.',
    ]);
  });

  it.each([
    ['no entries', {}],
    ['fewer entries than events', { Entries: [] }],
    ['an entry without an id', { Entries: [{}] }],
  ])('an answer with %s is no proof that an event is on the bus', async (_case, answer) => {
    await expect(answering(answer).publish(event, deadline)).rejects.toThrow('PutEvents: NoAnswer');
  });

  it.each([
    ['ValidationException', 400, true],
    ['RequestEntityTooLarge', 413, true],
    ['Unknown', 413, true],
    ['InternalFailure', 500, false],
    ['AccessDeniedException', 400, false],
    ['TimeoutError', undefined, false],
  ])('%s with status %s means that the event is too large: %s', async (name, httpStatusCode, tooLarge) => {
    const failure = Object.assign(new Error('refused'), { name, $metadata: { httpStatusCode } });
    const bus = busThat(() => Promise.reject(failure));
    const error = await bus.publish(event, deadline).catch((thrown: PublishError) => thrown);
    expect(error).toMatchObject({ name: 'PublishError', message: `PutEvents: ${name}: refused`, tooLarge });
  });
});
