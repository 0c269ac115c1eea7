import { stateClient } from '../../../lambda/sync/clients';
import { DeadlineError, deadlineBy } from '../../../lambda/sync/deadline';
import { StateStore } from '../../../lambda/sync/state/store';

const FEED = {
  region: 'us',
  source: 'https://feeds.example',
  etag: undefined,
  date: undefined,
  newestDate: undefined,
  ranges: [],
} as const;

describe('a run whose time is up', () => {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const client = stateClient({ region: 'eu-west-1', credentials }, deadlineBy(AbortSignal.abort()));
  const store = new StateStore(client, 'state');

  it.each<[string, () => Promise<unknown>]>([
    ['read', () => store.load()],
    ['write', () => store.saveFeed(FEED)],
  ])('does not blame the state table that it can no longer %s', async (_what, work) => {
    await expect(work()).rejects.toBeInstanceOf(DeadlineError);
  });
});
