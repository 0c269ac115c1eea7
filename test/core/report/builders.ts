import type { FeedResult, GuardResult, RunRecord, TargetResult } from '../../../lambda/core/report/run-record';
import { failuresOf } from '../../../lambda/core/report/summary';

export function freshFeed(overrides: Partial<FeedResult> = {}): FeedResult {
  return {
    region: 'us',
    status: 'fresh',
    date: '2026-06-29',
    ranges: ['34.0.0.0/32', '34.0.0.1/32'],
    rejected: [],
    error: null,
    ...overrides,
  };
}

/** The result of a target without changes. */
export function quietTarget(overrides: Partial<TargetResult> = {}): TargetResult {
  return {
    id: 'set',
    kind: 'ip-set',
    outcome: 'in-sync',
    added: [],
    removed: [],
    pendingRemoval: [],
    deferred: [],
    removedFirst: [],
    drift: [],
    awaitingApproval: { added: [], removed: [] },
    planId: null,
    approved: null,
    declined: null,
    declinedBy: null,
    declinedAt: null,
    error: null,
    byRegion: [],
    exposed: false,
    exposure: [],
    acceptedExposure: null,
    apiCalls: 1,
    throttled: 0,
    conflicts: 0,
    ...overrides,
  };
}

/** The record of a run, which is failed if its targets or feeds are. */
export function reportOf(overrides: Partial<RunRecord> = {}): RunRecord {
  const record: RunRecord = {
    runId: 'run-1',
    mode: 'apply',
    by: 'unknown',
    outcome: 'in-sync',
    feeds: [freshFeed()],
    targets: [quietTarget()],
    guards: [],
    error: null,
    ...overrides,
  };
  const failures = failuresOf(record.feeds, record.targets);
  return failures.length > 0 ? { ...record, outcome: 'failed', error: failures.join('. ') } : record;
}

/** A guard that does its job. */
export function soundGuard(overrides: Partial<GuardResult> = {}): GuardResult {
  const id = 'arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/IntercomAllowlist/1';
  return { id, kind: 'web-acl', outcome: 'guarding', problems: [], notes: [], ...overrides };
}

/** A target that others opened to everyone. */
export function exposedTarget(overrides: Partial<TargetResult> = {}): TargetResult {
  const exposure = [{ range: '0.0.0.0/0', ports: [443], entry: 'rule sgr-1 (tcp 443)' }];
  return quietTarget({ id: 'sg-1', kind: 'security-group', exposed: true, exposure, ...overrides });
}
