import type { GuardAssessment } from '../../core/guards/assessment';
import type { GuardResult } from '../../core/report/run-record';
import { messageWithCode } from '../../shared/errors';
import type { GuardKind, GuardSetting } from '../../shared/guards';
import { NO_DEADLINE, type RunDeadline } from '../deadline';
import { readApiStage } from './api-stage';
import type { GuardContext, GuardReader } from './guard';
import { readLoadBalancer } from './load-balancer';
import { readReceiver } from './receiver';
import { readSecurityGroup } from './security-group';
import { readWebAcl } from './web-acl';

/** The reader of each kind. */
const READERS: { readonly [K in GuardKind]: GuardReader<Extract<GuardSetting, { kind: K }>> } = {
  'web-acl': readWebAcl,
  'api-stage': readApiStage,
  'load-balancer': readLoadBalancer,
  'security-group': readSecurityGroup,
  receiver: readReceiver,
};

/** How to report a guard that could not be read. It depends on whose permissions it was read with. */
export type UnreadGuard = (guard: GuardSetting, error: unknown) => GuardAssessment;

/** Checks all guards in parallel. This never throws. */
export function checkGuards(
  guards: readonly GuardSetting[],
  context: GuardContext,
  unread: UnreadGuard,
  deadline: RunDeadline = NO_DEADLINE,
): Promise<GuardResult[]> {
  return Promise.all(
    guards.map(async (guard) => {
      const { id, kind } = guard;
      const read = READERS[kind] as GuardReader<GuardSetting>;
      return {
        id,
        kind,
        ...(await deadline.race(read(guard, context)).catch((error: unknown) => unread(guard, error))),
      };
    }),
  );
}

/** A guard that a run could not read. */
export function unreadInRun(_guard: GuardSetting, error: unknown): GuardAssessment {
  const problem =
    `It could not be read, so nobody knows whether it guards: ${messageWithCode(error)}. If a later run cannot read it either, check ` +
    "the permissions of the sync's role";
  return { outcome: 'unknown', problems: [problem], notes: [] };
}
