import type { Range } from '../../../lambda/core/ranges/range';
import { DISCOVERY_TAG } from '../../../lambda/shared/constants';
import { type Deployment, readSetup, readState } from '../deployment';
import { CommandError } from '../errors';
import { type Explanation, explainRange, type PlannedAddition } from '../explanation';
import { askWebAcls } from '../guards';
import { readPublications } from '../publication';
import type { Result } from '../result';
import { commandFor, type Stack } from '../stack';
import { type LoggedRun, latestRunOfTargets, readLatestRuns } from '../sync-log';
import { readTargets, type TargetInForce } from '../targets';
import { type TerminalOptions, wrapped } from '../terminal';

/** Reads the targets and web ACLs from AWS, the ownership records from the state table, and the current feeds. */
export async function explain(deployment: Deployment, range: Range, now: Date): Promise<Result> {
  const [{ settings, log }, state] = await Promise.all([readSetup(deployment), readState(deployment)]);
  const [targets, runs, publications] = await Promise.all([
    readTargets(settings, state, deployment.session),
    readLatestRuns(log, now),
    readPublications(settings.feedBaseUrl),
  ]);
  assertSomeRead(targets, deployment.stack);
  const { intercomRegions, removalGraceHours } = settings;
  const waiting = plannedAdditions(runs);
  const webAcls = await askWebAcls(range, settings, targets, deployment.session);
  const command = (text: string) => commandFor(deployment.stack, text);
  const facts = { targets, publications, waiting, intercomRegions, removalGraceHours, webAcls, now, command };
  const explanation = explainRange(range, facts);
  return { data: explanation, text: (terminal) => textOf(explanation, deployment.stack, terminal) };
}

/** @throws CommandError when nothing can be said about any address */
export function assertSomeRead(targets: readonly Pick<TargetInForce, 'error'>[], stack: Stack): void {
  if (targets.length === 0) {
    throw new CommandError(
      `Stack ${stack.name} has no target, so it allows no address. Name a target in the context, or tag one with ${DISCOVERY_TAG}; ` +
        `then run \`${commandFor(stack, 'sync')}\``,
    );
  }
  const unread = targets.flatMap(({ error }) => error ?? []);
  if (unread.length === targets.length) throw new CommandError(`No target could be read. ${unread.join('. ')}`);
}

/** The additions of the plans that await approval or were declined, as of the newest run that read the targets. */
export function plannedAdditions(runs: readonly LoggedRun[]): PlannedAddition[] {
  const targets = latestRunOfTargets(runs)?.targets ?? [];
  return targets.flatMap(({ id, planId, declined, awaitingApproval: { added } }) => {
    const plan = planId ?? declined;
    return plan === null ? [] : [{ planId: plan, target: id, added, declined: declined !== null }];
  });
}

function textOf(
  { status, allowed, sentence, planIds, webAcls }: Explanation,
  stack: Stack,
  terminal: TerminalOptions,
): string {
  const { colors } = terminal;
  const paint = allowed ? colors.green : colors.red;
  const next = status === 'not-yet' ? ['sync'] : planIds.map((planId) => `approve ${planId}`);
  const commands = next.map((command) => `  ${colors.bold(commandFor(stack, command))}`);
  const answers = webAcls.map((answer) => wrapped(`${answer.sentence}.`, terminal));
  return [paint(wrapped(sentence, terminal)), ...commands, ...answers].join('\n');
}
