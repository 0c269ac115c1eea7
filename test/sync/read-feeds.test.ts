import type { AcceptedFeed } from '../../lambda/core/feed/assess';
import { formatRange } from '../../lambda/core/ranges/range';
import { INTERCOM_REGIONS, type IntercomRegion } from '../../lambda/shared/intercom-regions';
import { readFeeds } from '../../lambda/sync/read-feeds';
import { accepted, PUBLISHED } from '../core/feed/builders';
import {
  type Answer,
  breakInBody,
  closePublishers,
  hangInBody,
  ok,
  type Publisher,
  redirect,
  respond,
  startPublisher,
} from './publisher';

const TODAY = '2026-06-30';

afterEach(closePublishers);

/** Publishes the real feed of every region, except for the given answers. */
function publish(answers: Partial<Record<IntercomRegion, Answer>> = {}): Promise<Publisher> {
  return startPublisher((request, response) => {
    const region = regionOf(request.url);
    (answers[region] ?? ok(JSON.stringify(PUBLISHED[region])))(response, request);
  });
}

const regionOf = (path = '') => path.split('/')[1] as IntercomRegion;
const urlOf = ({ origin }: Publisher, region: IntercomRegion) => `${origin}/${region}/intercom-ip-ranges.json`;

function read(
  { origin }: Publisher,
  last: readonly AcceptedFeed[] = [],
  intercomRegions: readonly IntercomRegion[] = INTERCOM_REGIONS,
) {
  const known = new Map(last.map((feed) => [feed.region, feed]));
  return readFeeds(origin, intercomRegions, known, TODAY, { backoffMs: 0, timeoutMs: 1000 });
}

describe('readFeeds', () => {
  it('requests only the configured regions, each at its path', async () => {
    const publisher = await publish();
    const feeds = await read(publisher, [], ['eu', 'au']);
    expect(feeds.map(({ region, status, ranges }) => [region, status, ranges.length])).toEqual([
      ['eu', 'fresh', 3],
      ['au', 'fresh', 3],
    ]);
    expect(publisher.requests.map(({ url }) => url).sort()).toEqual([
      '/au/intercom-ip-ranges.json',
      '/eu/intercom-ip-ranges.json',
    ]);
  });

  it('accepts each feed with the URL that it was read from', async () => {
    const publisher = await publish();
    const feeds = await read(publisher);
    expect(feeds.map(({ accept }) => accept?.source)).toEqual(
      INTERCOM_REGIONS.map((region) => urlOf(publisher, region)),
    );
  });

  it('requests all regions in parallel', async () => {
    const waiting: (() => void)[] = [];
    const publisher = await startPublisher((request, response) => {
      waiting.push(() => response.end(JSON.stringify(PUBLISHED[regionOf(request.url)])));
      if (waiting.length === INTERCOM_REGIONS.length) for (const answer of waiting) answer();
    });
    const feeds = await readFeeds(publisher.origin, INTERCOM_REGIONS, new Map(), TODAY);
    expect(feeds.map(({ status }) => status)).toEqual(['fresh', 'fresh', 'fresh']);
    expect(publisher.requests).toHaveLength(3);
  });

  it('returns the regions in their order, whichever answers first', async () => {
    let answerUs: () => void = () => undefined;
    const auAnswered = new Promise<void>((resolve) => {
      answerUs = resolve;
    });
    const publisher = await publish({
      us: (response) => auAnswered.then(() => response.end(JSON.stringify(PUBLISHED.us))),
      au: (response) => response.end(JSON.stringify(PUBLISHED.au), answerUs),
    });
    const feeds = await readFeeds(publisher.origin, ['us', 'eu', 'au'], new Map(), TODAY);
    expect(feeds.map(({ region }) => region)).toEqual(['us', 'eu', 'au']);
  });

  test.each<[string, Answer, string]>([
    ['no such file', respond(404), 'failed'],
    ['an internal server error', respond(500), 'failed'],
    ['a connection that breaks', breakInBody, 'failed'],
    ['an answer that never ends', hangInBody, 'failed'],
    ['a redirect elsewhere', redirect('https://elsewhere.example.com/'), 'failed'],
    ['a 304 to an unconditional request', respond(304), 'failed'],
    ['a body that is too large', ok(' '.repeat(2 ** 20 + 1)), 'invalid'],
    ['HTML', ok('<html>'), 'invalid'],
    ['a body nested too deeply to show', ok(`{"ip_ranges":[${'['.repeat(5000)}${']'.repeat(5000)}]}`), 'invalid'],
    ['a body that is not UTF-8', ok(Buffer.from([0x7b, 0xff, 0x7d])), 'invalid'],
    ['the file of another region', ok(JSON.stringify(PUBLISHED.us)), 'invalid'],
  ])('%s in one region does not affect the feeds of the others', async (_trouble, trouble, status) => {
    const publisher = await publish({ eu: trouble });
    const last = accepted(['54.217.125.63/32'], { region: 'eu', source: urlOf(publisher, 'eu'), etag: undefined });
    const [us, eu, au] = await read(publisher, [last]);
    expect([us, au]).toMatchObject([
      { region: 'us', status: 'fresh', distrustReason: undefined },
      { region: 'au', status: 'fresh', distrustReason: undefined },
    ]);
    expect(eu).toMatchObject({ region: 'eu', status, distrustReason: expect.any(String), accept: undefined });
    expect(eu?.ranges.map(formatRange)).toEqual(['54.217.125.63/32']);
  });

  it('does not throw if no feed can be reached', async () => {
    const publisher = await publish();
    await closePublishers();
    const feeds = await read(publisher);
    expect(feeds.map(({ status, ranges }) => [status, ranges.length])).toEqual([
      ['fallback', 6],
      ['fallback', 3],
      ['fallback', 3],
    ]);
  });

  describe('after the feed URL changed', () => {
    const elsewhere = { region: 'us', source: 'https://other.example.com/us.json', etag: '"us"' } as const;
    const last = accepted(['34.1.2.3/32'], { ...elsewhere, date: '2026-06-30', newestDate: '2026-06-30' });

    it.each<[string, Answer]>([
      ['an error', respond(503)],
      ['no document', ok('<html>')],
      ['a 304', respond(304)],
    ])('%s keeps the ranges that were accepted before, rather than the built-in ones', async (_what, answer) => {
      const [us] = await read(await publish({ us: answer }), [last], ['us']);
      expect(us?.ranges.map(formatRange)).toEqual(['34.1.2.3/32']);
      expect(us).toMatchObject({ status: expect.stringMatching(/^(failed|invalid)$/), date: undefined });
    });

    it('an earlier date is no step back', async () => {
      const publisher = await publish();
      const [us] = await read(publisher, [last], ['us']);
      expect(us).toMatchObject({
        status: 'fresh',
        distrustReason: undefined,
        accept: { source: urlOf(publisher, 'us') },
      });
      expect(us?.ranges.map(formatRange)).not.toContain('34.1.2.3/32');
    });
  });

  it('sends an ETag only to the URL that it came from', async () => {
    const publisher = await publish({ us: respond(304) });
    const feeds = await read(publisher, [
      accepted(['34.197.76.213/32'], { region: 'us', source: urlOf(publisher, 'us'), etag: '"us"' }),
      accepted(['54.217.125.63/32'], { region: 'eu', source: 'https://other.example.com/eu.json', etag: '"eu"' }),
      accepted(['52.63.36.185/32'], { region: 'au', source: urlOf(publisher, 'au'), etag: undefined }),
    ]);
    const sent = publisher.requests.map(({ url, headers }) => [regionOf(url), headers['if-none-match']]);
    expect(new Map(sent as [IntercomRegion, string][])).toEqual(
      new Map<IntercomRegion, string | undefined>([
        ['us', '"us"'],
        ['eu', undefined],
        ['au', undefined],
      ]),
    );
    expect(feeds.map(({ status }) => status)).toEqual(['not-modified', 'fresh', 'fresh']);
  });
});
