import * as v from 'valibot';
import type { DiffRecord } from '../../lambda/core/report/change-records';
import type { SyncReport } from '../../lambda/core/report/report';

/** What the commands read of the records. An older version of the function may have written them, so they are looked at. */
const Texts = v.array(v.string());
const AwaitingApproval = v.looseObject({ added: Texts, removed: Texts });
const Share = v.looseObject({
  region: v.string(),
  inForce: v.number(),
  added: Texts,
  removed: Texts,
  pendingRemoval: Texts,
  awaitingApproval: AwaitingApproval,
});
const Feed = v.looseObject({
  region: v.string(),
  status: v.string(),
  date: v.nullable(v.string()),
  ranges: Texts,
  rejected: v.array(v.looseObject({ range: v.string(), reason: v.string() })),
  error: v.nullable(v.string()),
});
const Target = v.looseObject({
  id: v.string(),
  kind: v.picklist(['ip-set', 'security-group', 'prefix-list']),
  outcome: v.string(),
  added: Texts,
  removed: Texts,
  pendingRemoval: v.array(v.looseObject({ range: v.string(), absentSince: v.string(), removeAfter: v.string() })),
  deferred: v.array(v.looseObject({ range: v.string(), reason: v.string() })),
  awaitingApproval: AwaitingApproval,
  planId: v.nullable(v.string()),
  error: v.nullable(v.string()),
  intercomRegions: v.array(Share),
});
const Report = v.looseObject({
  runId: v.string(),
  mode: v.picklist(['apply', 'plan']),
  outcome: v.string(),
  feeds: v.array(Feed),
  targets: v.array(Target),
});
const Diff = v.looseObject({
  record: v.literal('diff'),
  message: v.string(),
  runId: v.string(),
  mode: v.picklist(['apply', 'plan']),
  target: v.string(),
  region: v.string(),
  added: Texts,
  removed: Texts,
  pending: Texts,
  awaitingApprovalAdded: Texts,
  awaitingApprovalRemoved: Texts,
  part: v.number(),
});

export function isSyncReport(value: unknown): value is SyncReport {
  return v.is(Report, value);
}

export function isDiffRecord(value: unknown): value is DiffRecord {
  return v.is(Diff, value);
}
