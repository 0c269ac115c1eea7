import { parseNotification } from '../../lambda/receiver/notification';

/** A body as Intercom sends it, except for the given fields. Undefined leaves a field out. */
function body(overrides: Record<string, unknown> = {}): Buffer {
  return Buffer.from(
    JSON.stringify({
      type: 'notification_event',
      app_id: 'abc123',
      topic: 'conversation.user.created',
      id: 'notif_1',
      created_at: 1_782_723_600,
      data: { type: 'notification_event_data', item: { type: 'conversation', id: '1' } },
      ...overrides,
    }),
  );
}

describe('parseNotification', () => {
  it('keeps the text as it was sent, with its spacing and order', () => {
    const text = '{ "topic":"ping",\n\t"type" : "notification_event", "big":12345678901234567890, "é":"\\u00e9" }\n';
    expect(parseNotification(Buffer.from(text))?.text).toBe(text);
  });

  it('reads topic, id and time', () => {
    expect(parseNotification(body())).toMatchObject({
      topic: 'conversation.user.created',
      id: 'notif_1',
      createdAt: 1_782_723_600,
    });
  });

  it('keeps every field, such as the delivery attempts', () => {
    const sent = { first_sent_at: 1_782_723_601, delivery_attempts: 2 };
    expect(parseNotification(body(sent))?.fields).toMatchObject(sent);
  });

  test.each<[string, Record<string, unknown>]>([
    ['with a number as its id', { id: 7 }],
    ['with a text as its time', { created_at: '1782723600' }],
    ['of an unknown topic', { topic: 'something.new' }],
    ['of a topic of 128 characters', { topic: 'x'.repeat(128) }],
    ['of a ping, which has no id', { topic: 'ping', id: null }],
    ['without an id', { id: undefined }],
    ['without a time', { created_at: undefined }],
    ['with null as its time', { created_at: null }],
    ['with unknown fields', { delivery_attempts: 1, links: {}, self: null }],
    ['without data', { data: undefined }],
    ['with data of any kind', { data: ['anything'] }],
    ['of a topic that is not ASCII', { topic: 'unterhaltung.größe' }],
  ])('accepts a notification %s', (_rule, overrides) => {
    const given = body(overrides);
    expect(parseNotification(given)?.text).toBe(given.toString());
  });

  test.each([
    ['null', null],
    ['a number', 7],
    ['an empty text', ''],
    ['a text of over 512 characters', 'x'.repeat(513)],
    ['a text with a control character', 'notif\n1'],
    ['absent', undefined],
  ])('ignores an id that is %s', (_rule, id) => {
    expect(parseNotification(body({ id }))).toMatchObject({ topic: 'conversation.user.created', id: undefined });
  });

  test.each<[string, Buffer]>([
    ['nothing', Buffer.alloc(0)],
    ['a text that is not JSON', Buffer.from('hello')],
    ['truncated JSON', body().subarray(0, -1)],
    ['null', Buffer.from('null')],
    ['a list', Buffer.from(`[${body()}]`)],
    ['a text in JSON', Buffer.from('"notification_event"')],
    ['an empty object', Buffer.from('{}')],
    ['an object without type', body({ type: undefined })],
    ['another type', body({ type: 'event' })],
    ['a notification without topic', body({ topic: undefined })],
    ['a notification with an empty topic', body({ topic: '' })],
    ['a notification with null as its topic', body({ topic: null })],
    ['a notification with a number as its topic', body({ topic: 7 })],
    ['a notification with a topic over 128 characters', body({ topic: 'x'.repeat(129) })],
    ['a notification with a control character in its topic', body({ topic: 'conversation\u0000' })],
    ['a notification with half a character in its topic', body({ topic: 'conversation\ud800' })],
    ['a text with bytes that are not UTF-8', Buffer.from(body({ app_id: 'caf\u00e9' }).toString(), 'latin1')],
    ['a notification in UTF-16', Buffer.from(body().toString(), 'utf16le')],
  ])('returns undefined for %s', (_rule, given) => {
    expect(parseNotification(given)).toBeUndefined();
  });
});
