import { queryText, SAVED_QUERIES } from '../../../lib/observability/saved-queries';
import { resourcesOf, synthesize } from '../template';

const saved = Object.values(resourcesOf(synthesize(), 'AWS::Logs::QueryDefinition')).map(
  ({ Properties }) => Properties,
);

test('each query is saved in a folder named after the stack, with its log group', () => {
  expect(Object.fromEntries(saved.map(({ Name, LogGroupNames }) => [Name, LogGroupNames]))).toEqual({
    'IntercomAllowlist/Range diffs': ['<SyncLogs>'],
    'IntercomAllowlist/Pending and awaiting approval': ['<SyncLogs>'],
    'IntercomAllowlist/Drift': ['<SyncLogs>'],
    'IntercomAllowlist/Exposures': ['<SyncLogs>'],
    'IntercomAllowlist/Failed targets and runs': ['<SyncLogs>'],
    'IntercomAllowlist/Blocked source addresses': ['<IngressWebAclBlockedRequests>'],
    'IntercomAllowlist/Invalid signatures': ['<ReceiverLogs>'],
    'IntercomAllowlist/Notifications by topic': ['<ReceiverLogs>'],
  });
});

test.each(Object.values(SAVED_QUERIES))('the query $name is saved with the text that the dashboard shows', (query) => {
  expect(saved.find(({ Name }) => Name === `IntercomAllowlist/${query.name}`)?.QueryString).toBe(queryText(query));
});

test.each(saved.map(({ Name, QueryString }) => [Name, QueryString]))(
  'the query %s has at most the 10,000 characters that CloudWatch allows',
  (_name, text) => {
    expect(text.length).toBeLessThanOrEqual(10_000);
  },
);
