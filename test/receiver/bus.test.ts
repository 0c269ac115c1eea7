import type { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { Bus, fitsBus, type PublishError } from '../../lambda/receiver/bus';
import { Deadline } from '../../lambda/receiver/deadline';

/** EventBridge accepts less than 1 MB per entry, counting time (14 bytes), source, detail-type and detail in UTF-8. */
const LIMIT = 1_048_576;
const SOURCE = 'intercom.webhook';
const TIME_BYTES = 14;

describe('an event fits into a call', () => {
  const topic = 'ping';
  const room = LIMIT - 1 - TIME_BYTES - SOURCE.length - topic.length;

  test.each([
    ['up to one byte less than 1 MB: it fits', 'x'.repeat(room), topic, true],
    ['up to one byte less than 1 MB: a byte more does not', 'x'.repeat(room + 1), topic, false],
    ['with its topic: a longer one does not', 'x'.repeat(room), `${topic}s`, false],
    ['with its topic: a shorter one leaves room', 'x'.repeat(room + 1), topic.slice(1), true],
    ['by bytes, not characters', `${'é'.repeat((room - 1) / 2)}x`, topic, true],
    ['by bytes: two-byte characters count twice', `é${'x'.repeat(room - 1)}`, topic, false],
    ['by bytes: four-byte characters count four times', `${'x'.repeat(room - 4)}🙂`, topic, true],
    ['by bytes: four-byte characters do not count twice', `${'x'.repeat(room - 3)}🙂`, topic, false],
    ['by the bytes of its topic', 'x'.repeat(room), 'piné', false],
    ['if it is empty', '', topic, true],
  ])('%s', (_rule, detail, detailType, fits) => {
    expect(fitsBus({ detail, detailType })).toBe(fits);
  });
});

describe('publishAll', () => {
  const event = { detailType: 'ticket.closed', detail: '{}', time: new Date(1_782_723_600_500) };
  const busThat = (send: () => Promise<unknown>) => new Bus({ send } as unknown as EventBridgeClient, 'bus');
  const answering = (answer: unknown) => busThat(async () => answer);
  const deadline = Deadline.after(60_000);

  it('returns the result of each event, because EventBridge may accept some and reject others', async () => {
    const Entries = [{ EventId: 'e-1' }, { ErrorCode: 'MalformedDetail', ErrorMessage: 'Detail is malformed.' }];
    const errors = await answering({ FailedEntryCount: 1, Entries }).publishAll([event, event], deadline);
    expect(errors.map((error) => error?.message)).toEqual([
      undefined,
      'PutEvents: MalformedDetail: Detail is malformed.',
    ]);
  });

  it.each([
    ['MalformedDetail', true],
    ['InvalidArgument', true],
    ['InternalFailure', false],
    ['ThrottlingException', false],
  ])('knows that an event rejected with %s can never be published as it is: %s', async (ErrorCode, unpublishable) => {
    const [error] = await answering({ Entries: [{ ErrorCode }] }).publishAll([event], deadline);
    expect(error).toMatchObject({ name: 'PublishError', unpublishable });
  });

  it.each([
    ['no entries', {}],
    ['fewer entries than events', { Entries: [] }],
    ['an entry without an id', { Entries: [{}] }],
  ])('treats an answer with %s as a failure', async (_case, answer) => {
    await expect(answering(answer).publish(event, deadline)).rejects.toThrow('PutEvents: NoAnswer');
  });

  it.each([
    ['ValidationException', 400, { unpublishable: true, rejected: true }],
    ['RequestEntityTooLarge', 413, { unpublishable: true, rejected: true }],
    ['Unknown', 413, { unpublishable: true, rejected: true }],
    ['AccessDeniedException', 400, { unpublishable: false, rejected: true }],
    ['ThrottlingException', 400, { unpublishable: false, rejected: false }],
    ['TooManyRequestsException', 429, { unpublishable: false, rejected: false }],
    ['InternalFailure', 500, { unpublishable: false, rejected: false }],
    ['TimeoutError', undefined, { unpublishable: false, rejected: false }],
  ])('reads the error %s with status %s as %j', async (name, httpStatusCode, meaning) => {
    const failure = Object.assign(new Error('injected'), { name, $metadata: { httpStatusCode } });
    const error = await busThat(() => Promise.reject(failure))
      .publish(event, deadline)
      .catch((thrown: PublishError) => thrown);
    expect(error).toMatchObject({ name: 'PublishError', message: `PutEvents: ${name}: injected`, ...meaning });
  });
});
