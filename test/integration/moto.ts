import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import getPort from 'get-port';
import { clientConfig, closedEnvironment } from '../../dev/closed-environment';
import { ensureVenv } from '../../dev/python';
import { startServerProcess } from '../../dev/server-process';
import { type FaultProxy, startFaultProxy } from './fault-proxy';
import { StrictPrefixLists } from './strict-prefix-lists';

/** Strict AWS semantics without deployments, behind a proxy that counts calls and injects faults. */
export interface Moto {
  readonly proxy: FaultProxy;
  readonly prefixLists: StrictPrefixLists;
  /** For the tests' own clients: through a proxy that only checks requests, without counting or faults. */
  readonly direct: ReturnType<typeof clientConfig>;
  /** For clients of the code under test. */
  readonly proxied: ReturnType<typeof clientConfig>;
  reset(): Promise<void>;
  stop(): Promise<void>;
}

export async function startMoto(): Promise<Moto> {
  const home = await mkdtemp(join(tmpdir(), 'intercom-allowlist-moto-'));
  const port = await getPort();
  const endpoint = `http://127.0.0.1:${port}`;
  const server = await startServerProcess({
    command: await ensureVenv('checks'),
    args: [join(__dirname, 'moto_server.py'), String(port)],
    env: closedEnvironment(endpoint, home),
    logFile: join(home, 'moto.log'),
    healthUrl: `${endpoint}/moto-api/data.json`,
  });
  const prefixLists = new StrictPrefixLists(clientConfig(endpoint));
  const proxy = await startFaultProxy(endpoint, prefixLists.around);
  const direct = await startFaultProxy(endpoint);
  // The code under test creates its own clients, as in Lambda.
  process.env.AWS_ENDPOINT_URL = proxy.endpoint;
  return {
    proxy,
    prefixLists,
    direct: clientConfig(direct.endpoint),
    proxied: clientConfig(proxy.endpoint),
    reset: async () => {
      proxy.clear();
      prefixLists.reset();
      await fetch(`${endpoint}/moto-api/reset`, { method: 'POST' });
    },
    stop: async () => {
      await proxy.stop();
      await direct.stop();
      await server.stop();
      await rm(home, { recursive: true, force: true });
    },
  };
}
