import './loopback-only.cjs';
import { Command } from 'commander';
import { portNumbers } from 'get-port';
import pc from 'picocolors';
import { AWS_REGION } from './closed-environment';
import { invokeUrl } from './deployment';
import { dayFromToday } from './feeds';
import { type LocalRun, parsePort, runCommand, withLocalRun } from './local-run';

const program = new Command('npm run local --')
  .description(
    'Deploys the stack into an AWS emulator on this machine and keeps it running until interrupted. Never reaches a real account.',
  )
  .option('--json', 'once ready, print one line of JSON: endpoint, feedDirectory, outputs, invokeUrl')
  .option(
    '--port <port>',
    'port of a new emulator (default: the emulator that AWS_ENDPOINT_URL names on this machine, or 4566 or the next free port)',
    parsePort,
  )
  .parse();
const options = program.opts<{ json?: boolean; port?: number }>();

runCommand(async () => {
  const { port } = options;
  const setup = { port, preferredPorts: portNumbers(4566, 4665), feedDate: dayFromToday(0) };
  await withLocalRun(setup, async (run) => {
    console.log(options.json ? JSON.stringify(ready(run)) : guide(run));
    // The feed server keeps the process alive until a signal ends it.
    await new Promise<never>(() => undefined);
  });
});

function ready({ emulator, feeds, outputs }: LocalRun) {
  const { endpoint } = emulator;
  return { endpoint, feedDirectory: feeds.directory, outputs, invokeUrl: invokeUrl(emulator, outputs) };
}

function guide(run: LocalRun): string {
  const { endpoint, feedDirectory, outputs, invokeUrl: url } = ready(run);
  const environment = `AWS_ENDPOINT_URL=${endpoint} AWS_REGION=${AWS_REGION} AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test`;
  const width = Math.max(...Object.keys(outputs).map((key) => key.length));
  return [
    '',
    pc.bold('Ready. Stop with Ctrl-C.'),
    `  AWS endpoint     ${endpoint}`,
    `  Webhook          ${url}`,
    `  Feeds            ${feedDirectory}`,
    '',
    pc.bold('Outputs of the stack'),
    ...Object.entries(outputs).map(([key, value]) => `  ${key.padEnd(width)}  ${value}`),
    '',
    pc.bold('Edit a feed file, then plan and sync'),
    `  export ${environment}`,
    '  npx intercom-allowlist plan',
    '  npx intercom-allowlist sync',
    `  npx intercom-allowlist send-test --url ${url}`,
    '',
  ].join('\n');
}
