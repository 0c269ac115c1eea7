import { type Emulator, startEmulator } from '../../dev/emulator';
import { startFaultProxy } from './fault-proxy';

/** An emulator behind a proxy that checks the requests of everything: of `cdk`, of the functions, and of the tests' own clients. */
export function startCheckedEmulator(): Promise<Emulator> {
  return startEmulator({ front: startFaultProxy });
}
