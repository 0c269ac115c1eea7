import { queryText, SAVED_QUERIES } from '../../../lib/observability/saved-queries';
import { resourcesOf, synthesize } from '../template';

const saved = Object.values(resourcesOf(synthesize(), 'AWS::Logs::QueryDefinition')).map(
  ({ Properties }) => Properties,
);

test('each query is saved in the folder of the stack, for the log that it is about', () => {
  expect(Object.fromEntries(saved.map(({ Name, LogGroupNames }) => [Name, LogGroupNames]))).toEqual({
    'IntercomAllowlist/Range diffs': ['<SyncLogs>'],
    'IntercomAllowlist/Pending and awaiting approval': ['<SyncLogs>'],
    'IntercomAllowlist/Drift': ['<SyncLogs>'],
    'IntercomAllowlist/Failed targets and runs': ['<SyncLogs>'],
    'IntercomAllowlist/Blocked source addresses': ['<IngressBlockedRequests>'],
    'IntercomAllowlist/Invalid signatures': ['<ReceiverLogs>'],
    'IntercomAllowlist/Notifications by topic': ['<ReceiverLogs>'],
  });
});

test.each(Object.values(SAVED_QUERIES))(
  '$name is saved as the text that is run in tests and shown on the dashboard',
  (query) => {
    expect(saved.find(({ Name }) => Name === `IntercomAllowlist/${query.name}`)?.QueryString).toBe(queryText(query));
  },
);

test.each(saved.map(({ Name, QueryString }) => [Name, QueryString]))(
  '%s fits: at most 10,000 characters',
  (_name, text) => {
    expect(text.length).toBeLessThanOrEqual(10_000);
  },
);
