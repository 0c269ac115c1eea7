import { readSettings, type Settings } from '../../lambda/sync/settings';
import type { State } from '../../lambda/sync/state/items';
import { StateStore } from '../../lambda/sync/state/store';
import { openSession, type Session, type SessionOptions } from './session';
import { findStack, type Stack } from './stack';
import { readConfiguration } from './sync-function';
import type { SyncLog } from './sync-log';

/** The options that every command takes to find the stack. */
export interface DeploymentOptions extends SessionOptions {
  readonly stack: string;
}

/** The deployed stack as the commands use it. */
export interface Deployment {
  readonly stack: Stack;
  readonly session: Session;
}

/** How the deployed sync function is configured, and where it logs. */
export interface SyncSetup {
  readonly settings: Settings;
  readonly log: SyncLog;
}

/** @throws CommandError @throws Error of AWS */
export async function openDeployment({ stack: name, ...options }: DeploymentOptions): Promise<Deployment> {
  const session = openSession(options);
  return { session, stack: await findStack(name, session) };
}

/** @throws InvalidConfigError when the deployed stack has a version that this one cannot read */
export async function readSetup({ stack, session }: Deployment): Promise<SyncSetup> {
  const { environment, logGroup } = await readConfiguration(session.lambda, stack.output('SyncFunctionName'));
  return { settings: readSettings(environment), log: { client: session.logs, logGroup } };
}

export async function readState({ stack, session }: Deployment): Promise<State> {
  return new StateStore(session.state, stack.output('StateTableName')).load();
}
