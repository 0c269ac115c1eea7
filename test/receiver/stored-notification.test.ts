import { storedDetail } from '../../lambda/receiver/stored-notification';
import { notificationWith } from './builders';

const AT = { bucket: 'the-bucket', key: '2026-06-30/1.json', bytes: 2_000_000 };
const detailWith = (fields: Readonly<Record<string, unknown>>) =>
  JSON.parse(storedDetail(notificationWith(fields), AT));

describe('an event that references a stored notification', () => {
  it('has the fields that identify the notification and its location, and none of its data', () => {
    const fields = { created_at: 1, first_sent_at: 2, delivery_attempts: 3 };
    expect(detailWith(fields)).toEqual({
      type: 'notification_event_stored',
      id: 'notif_1',
      topic: 'conversation.user.created',
      app_id: 'a86dr8yl',
      delivered_at: 0,
      delivery_status: 'pending',
      ...fields,
      stored: AT,
    });
  });

  it.each([
    ['is long', { app_id: 'x'.repeat(513) }],
    ['is not a plain value', { app_id: { nested: 'x' } }],
    ['is missing', { app_id: undefined }],
  ])('omits a field that %s', (_case, fields) => {
    expect(detailWith(fields)).not.toHaveProperty('app_id');
  });

  it('is ASCII, so that every service accepts it', () => {
    const detail = storedDetail(notificationWith({ app_id: 'Größe \uFFFF 🙂 \u007f' }), AT);
    expect(detail).toMatch(/^[\x20-\x7e]+$/);
    expect(JSON.parse(detail).app_id).toBe('Größe \uFFFF 🙂 \u007f');
  });
});
