import type { FeedReport, SyncReport, TargetReport } from '../../../lambda/core/report/report';

export function freshFeed(overrides: Partial<FeedReport> = {}): FeedReport {
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

/** A target in which there was nothing to do. */
export function quietTarget(overrides: Partial<TargetReport> = {}): TargetReport {
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
    error: null,
    intercomRegions: [],
    apiCalls: 1,
    ...overrides,
  };
}

export function reportOf(overrides: Partial<SyncReport> = {}): SyncReport {
  return {
    runId: 'run-1',
    mode: 'apply',
    outcome: 'in-sync',
    feeds: [freshFeed()],
    targets: [quietTarget()],
    ...overrides,
  };
}
