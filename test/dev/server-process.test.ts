import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RunningParts } from '../../dev/running-parts';
import { startServerProcess } from '../../dev/server-process';

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'intercom-allowlist-server-'));
});
afterEach(() => rm(home, { recursive: true, force: true }));

it('a server that is stopped before it answers ends, and its start fails instead of waiting for it', async () => {
  const parts = new RunningParts();
  const starting = startServerProcess({
    command: process.execPath,
    // Runs until it is stopped, and never answers.
    args: ['--eval', 'setInterval(() => undefined, 1_000_000)'],
    env: {},
    logFile: join(home, 'server.log'),
    healthUrl: 'http://127.0.0.1:1/health',
    onSpawn: (server) => parts.add(server),
  });
  const failed = expect(starting).rejects.toThrow(/did not answer at http:\/\/127\.0\.0\.1:1\/health/);
  // Returns when the process has ended.
  await parts.stop();
  await failed;
});

describe('the parts of a local run', () => {
  it('stop in the reverse of the order in which they were added, each once, however often they are stopped', async () => {
    const stopped: number[] = [];
    const parts = new RunningParts();
    for (const n of [1, 2, 3]) parts.add({ stop: async () => void stopped.push(n) });
    await Promise.all([parts.stop(), parts.stop()]);
    await parts.stop();
    expect(stopped).toEqual([3, 2, 1]);
  });

  it('stop too if they are added while another one stops, so that a start under way leaves nothing behind', async () => {
    const stopped: string[] = [];
    const parts = new RunningParts();
    parts.add({
      stop: async () => {
        parts.add({ stop: async () => void stopped.push('late') });
        stopped.push('first');
      },
    });
    await parts.stop();
    expect(stopped).toEqual(['first', 'late']);
  });
});
