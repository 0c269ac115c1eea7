import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { readConfiguration } from '../bin/allowlist/sync-function';
import { columns, type TerminalOptions } from '../bin/allowlist/terminal';
import { dayAndTime } from '../bin/allowlist/time';
import { SAVED_QUERIES } from '../lib/observability/saved-queries';
import { clientConfig } from './closed-environment';
import type { LocalRun } from './local-run';
import { runSavedQuery } from './saved-query';
import { invokeWidget, writeWidgetPage } from './widget-page';

/** The output of a demo. Git ignores it. */
const OUTPUT = join(__dirname, '..', '.local');
export const WIDGET_PAGE = join(OUTPUT, 'widget.html');

/** The results that operators review: the records of the saved query of changes, and the widget of the dashboard. */
export async function readReview({ emulator, outputs }: LocalRun): Promise<readonly Record<string, unknown>[]> {
  const lambda = new LambdaClient(clientConfig(emulator.endpoint));
  const { logGroup } = await readConfiguration(lambda, outputs.SyncFunctionName ?? '');
  await mkdir(OUTPUT, { recursive: true });
  await writeWidgetPage(WIDGET_PAGE, await invokeWidget(emulator, outputs));
  return runSavedQuery(emulator, SAVED_QUERIES.diffs, logGroup);
}

export function reviewText(diffs: readonly Record<string, unknown>[], terminal: TerminalOptions): string {
  const { bold } = terminal.colors;
  const rows = diffs.map(({ timestamp, outcome, message }) => [
    dayAndTime(String(timestamp)),
    String(outcome),
    String(message),
  ]);
  return [
    bold('The dashboard widget, as a page'),
    `  ${WIDGET_PAGE}`,
    '',
    bold(`The saved query "${SAVED_QUERIES.diffs.name}" finds`),
    columns(['when', 'outcome', 'what'], rows, terminal),
  ].join('\n');
}
