import { fitsQueue, type Overflowed, readMessage, writeMessage } from '../../lambda/receiver/overflow-message';

/** What SQS takes at most, attributes with it. */
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

/** As Lambda hands a message over. */
function received({ MessageBody, MessageAttributes }: ReturnType<typeof writeMessage>): unknown {
  const attributes = Object.entries(MessageAttributes).map(([name, { DataType, StringValue }]) => [
    name,
    { dataType: DataType, stringValue: StringValue, stringListValues: [] },
  ]);
  return { messageId: 'm', receiptHandle: 'r', body: MessageBody, messageAttributes: Object.fromEntries(attributes) };
}

describe('a message of the overflow', () => {
  it.each([
    ['with an id', overflowed()],
    ['without one', { ...overflowed(), id: undefined }],
    ['of any text', overflowed({ detail: '{"a":"Grüße, 世界 🙂\\u0000"}', detailType: 'größe' })],
  ])('%s holds all that makes the event', (_case, given) => {
    expect(readMessage(received(writeMessage(given)))).toEqual(given);
  });

  it('says what an operator wants to know without reading the body', () => {
    expect(writeMessage(overflowed()).MessageAttributes).toEqual({
      topic: { DataType: 'String', StringValue: 'ticket.closed' },
      id: { DataType: 'String', StringValue: 'notif_1' },
      time: { DataType: 'Number', StringValue: '1782723600500' },
      receivedAt: { DataType: 'Number', StringValue: '1782723601234' },
    });
  });

  it.each([
    ['no attributes', { body: '{}' }],
    ['others', { body: '{}', messageAttributes: { topic: { stringValue: 'x' } } }],
    [
      'no body',
      { messageAttributes: (received(writeMessage(overflowed())) as { messageAttributes: object }).messageAttributes },
    ],
    ['nothing', undefined],
  ])('that has %s is not one of ours', (_case, message) => {
    expect(readMessage(message)).toBeUndefined();
  });
});

describe('fitsQueue', () => {
  const attributes = 'topicStringticket.closedidStringnotif_1timeNumber1782723600500receivedAtNumber1782723601234'
    .length;
  const room = LIMIT - attributes;

  it.each([
    ['what fills a message fits', 'x'.repeat(room), 'notif_1', true],
    ['a byte more does not', 'x'.repeat(room + 1), 'notif_1', false],
    ['the id counts', 'x'.repeat(room), 'notif_12', false],
    ['bytes count, not characters', `é${'x'.repeat(room - 1)}`, 'notif_1', false],
    ['what SQS refuses does not fit', '{"a":"\uFFFF"}', 'notif_1', false],
    ['nor does its other one', '{"a":"\uFFFE"}', 'notif_1', false],
    ['what comes before them does', '{"a":"\uFFFD"}', 'notif_1', true],
  ])('%s', (_rule, detail, id, fits) => {
    expect(fitsQueue(writeMessage(overflowed({ detail }, id)))).toBe(fits);
  });
});
