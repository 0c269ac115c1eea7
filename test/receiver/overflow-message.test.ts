import { fitsQueue, type Overflowed, readMessage, writeMessage } from '../../lambda/receiver/overflow-message';

/** The most that SQS accepts, including attributes. */
const LIMIT = 1_048_576;

const overflowed = (changes: Partial<Overflowed['event']> = {}, id: string | undefined = 'notif_1'): Overflowed => ({
  event: {
    detailType: 'ticket.closed',
    detail: '{"type":"notification_event"}',
    time: new Date(1_782_723_600_500),
    ...changes,
  },
  id,
  receivedAt: 1_782_723_601_234,
});

/** A message as Lambda passes it to the function. */
function received({ MessageBody, MessageAttributes }: ReturnType<typeof writeMessage>): unknown {
  const attributes = Object.entries(MessageAttributes).map(([name, { DataType, StringValue }]) => [
    name,
    { dataType: DataType, stringValue: StringValue, stringListValues: [] },
  ]);
  return { messageId: 'm', receiptHandle: 'r', body: MessageBody, messageAttributes: Object.fromEntries(attributes) };
}

describe('a message in the overflow queue', () => {
  it.each([
    ['with an id', overflowed()],
    ['without an id', { ...overflowed(), id: undefined }],
    ['with any text', overflowed({ detail: '{"a":"Grüße, 世界 🙂\\u0000"}', detailType: 'größe' })],
  ])('%s is read as it was written', (_case, given) => {
    expect(readMessage(received(writeMessage(given)))).toEqual(given);
  });

  it('has the topic, the id and the times as attributes, for an operator to read', () => {
    expect(writeMessage(overflowed()).MessageAttributes).toEqual({
      topic: { DataType: 'String', StringValue: 'ticket.closed' },
      id: { DataType: 'String', StringValue: 'notif_1' },
      time: { DataType: 'Number', StringValue: '1782723600500' },
      receivedAt: { DataType: 'Number', StringValue: '1782723601234' },
    });
  });

  it.each([
    ['no attributes', { body: '{}' }],
    ['other attributes', { body: '{}', messageAttributes: { topic: { stringValue: 'x' } } }],
    [
      'no body',
      { messageAttributes: (received(writeMessage(overflowed())) as { messageAttributes: object }).messageAttributes },
    ],
    ['nothing', undefined],
  ])('is not read if it has %s', (_case, message) => {
    expect(readMessage(message)).toBeUndefined();
  });
});

describe('a message fits into the queue', () => {
  const attributes = 'topicStringticket.closedidStringnotif_1timeNumber1782723600500receivedAtNumber1782723601234'
    .length;
  const room = LIMIT - attributes;

  it.each([
    ['up to 1 MiB: it fits', 'x'.repeat(room), 'notif_1', true],
    ['up to 1 MiB: a byte more does not', 'x'.repeat(room + 1), 'notif_1', false],
    ['with its attributes: a longer id does not', 'x'.repeat(room), 'notif_12', false],
    ['by bytes, not characters', `é${'x'.repeat(room - 1)}`, 'notif_1', false],
    ['unless it has a character that SQS rejects: U+FFFF', '{"a":"\uFFFF"}', 'notif_1', false],
    ['unless it has a character that SQS rejects: U+FFFE', '{"a":"\uFFFE"}', 'notif_1', false],
    ['with the character before those', '{"a":"\uFFFD"}', 'notif_1', true],
  ])('%s', (_rule, detail, id, fits) => {
    expect(fitsQueue(writeMessage(overflowed({ detail }, id)))).toBe(fits);
  });
});
