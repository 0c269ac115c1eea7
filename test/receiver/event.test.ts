import { eventOf } from '../../lambda/receiver/event';
import { notificationWith } from './builders';

const NOW = Date.parse('2026-06-30T08:00:00Z');
const SECONDS = NOW / 1000;

describe('the event of a notification', () => {
  it('has the topic as its detail-type and the text as it was signed as its detail', () => {
    const notification = notificationWith({ topic: 'ticket.closed' });
    expect(eventOf(notification, NOW)).toMatchObject({ detailType: 'ticket.closed', detail: notification.text });
  });

  test.each([
    ['`created_at`', SECONDS - 90, NOW - 90_000],
    ['`created_at`, with fractions of a second', SECONDS - 0.5, NOW - 500],
    ['`created_at` up to a day ahead, because clocks differ', SECONDS + 86_400, NOW + 86_400_000],
    ['the present if `created_at` is over a day ahead', SECONDS + 86_401, NOW],
    ['the present if `created_at` is not a possible date', 1e18, NOW],
    ['the present if `created_at` is before 1970', -1, NOW],
    ['the present if `created_at` is zero', 0, NOW],
    ['the present if `created_at` is missing', undefined, NOW],
    ['the present if `created_at` is a text', '2026-06-29T08:00:00Z', NOW],
  ])('has as its time %s', (_rule, created_at, time) => {
    expect(eventOf(notificationWith({ created_at }), NOW).time).toEqual(new Date(time));
  });
});
