import './loopback-only.cjs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dayFromToday, editFeed } from './feeds';
import { type LocalRun, runCommand, step, withLocalRun } from './local-run';
import { makeTaggedGroup } from './tagged-group';
import { runInTerminal } from './terminal';
import { drawTerminal } from './terminal-picture';

/** Draws the README's pictures of a terminal, from what the command line really says of a stack in the emulator. */
const IMAGES = join(__dirname, '..', 'docs', 'images');
const COLUMNS = 112;

runCommand(() =>
  withLocalRun({ feedDate: dayFromToday(-1), prepare: makeTaggedGroup }, async (run) => {
    await publishChanges(run);
    await picture(run, ['plan']);
    await runInTerminal(COLUMNS, ['sync'], run.emulator.environment);
    await picture(run, ['status']);
  }),
);

/** One address more and one less in the US; in the EU more than may be let in unasked. */
async function publishChanges({ feeds }: LocalRun): Promise<void> {
  const outbound = (range: string, region: string) => ({ range, region, service: 'INTERCOM-OUTBOUND' });
  await editFeed(feeds.directory, 'us', (feed) => ({
    date: dayFromToday(0),
    ip_ranges: [
      ...feed.ip_ranges.filter(({ range }) => range !== '34.231.68.152/32'),
      outbound('34.195.12.34/32', 'US'),
    ],
  }));
  await editFeed(feeds.directory, 'eu', (feed) => ({
    date: dayFromToday(0),
    ip_ranges: [...feed.ip_ranges, outbound('3.248.180.0/22', 'EU')],
  }));
}

async function picture({ emulator }: LocalRun, args: readonly string[]): Promise<void> {
  const file = join(IMAGES, `allowlist-${args.join('-')}.svg`);
  await step(`Draw ${file}`, async () => {
    const { stdout } = await runInTerminal(COLUMNS, args, emulator.environment);
    await mkdir(IMAGES, { recursive: true });
    await writeFile(
      file,
      drawTerminal({ command: `npx allowlist ${args.join(' ')}`, output: stdout, columns: COLUMNS }),
    );
  });
}
