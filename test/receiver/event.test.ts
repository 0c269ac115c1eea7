import { eventOf } from '../../lambda/receiver/event';
import { notificationWith } from './builders';

const NOW = Date.parse('2026-06-30T08:00:00Z');
const SECONDS = NOW / 1000;

describe('the event of a notification', () => {
  it('has the topic as its detail-type and the very text that was signed as its detail', () => {
    const notification = notificationWith({ topic: 'ticket.closed' });
    expect(eventOf(notification, NOW)).toMatchObject({ detailType: 'ticket.closed', detail: notification.text });
  });

  test.each([
    ['when Intercom says it was', SECONDS - 90, NOW - 90_000],
    ['when Intercom says, to the fraction of a second', SECONDS - 0.5, NOW - 500],
    ['up to a day ahead, for clocks differ', SECONDS + 86_400, NOW + 86_400_000],
    ['now, if that is over a day ahead', SECONDS + 86_401, NOW],
    ['now, if that is no date at all', 1e18, NOW],
    ['now, if that is before there was an epoch', -1, NOW],
    ['now, if that is zero', 0, NOW],
    ['now, if Intercom says nothing', undefined, NOW],
    ['now, if that is a text', '2026-06-29T08:00:00Z', NOW],
  ])('happened %s', (_rule, created_at, time) => {
    expect(eventOf(notificationWith({ created_at }), NOW).time).toEqual(new Date(time));
  });
});
