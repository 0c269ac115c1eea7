import { writeFile } from 'node:fs/promises';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { PALETTES } from '../lambda/widget/view/theme';
import { AWS_ACCOUNT, clientConfig } from './closed-environment';
import type { Outputs } from './deployment';
import type { Emulator } from './emulator';

/** The theme and size that CloudWatch passes to a widget. */
export interface Shown {
  /** @default light */
  readonly theme?: 'light' | 'dark';
  /** Pixels. @default 1280 */
  readonly width?: number;
}

/** The event with which CloudWatch invokes a widget, or a button of the widget invokes a function. */
export function widgetEvent({ theme = 'light', width = 1280 }: Shown = {}, parameters: object = {}): object {
  const timezone = { label: 'UTC', offsetISO: '+00:00', offsetInMinutes: 0 };
  return {
    ...parameters,
    widgetContext: {
      dashboardName: 'IntercomAllowlist',
      widgetId: 'widget-1',
      accountId: AWS_ACCOUNT,
      theme,
      width,
      height: 700,
      timezone,
    },
  };
}

/** Calls the deployed widget as CloudWatch does. @returns its HTML */
export async function invokeWidget(emulator: Emulator, outputs: Outputs, shown: Shown = {}): Promise<string> {
  return invokeForHtml(emulator, outputs.WidgetFunctionName, widgetEvent(shown));
}

/** Presses a button of the deployed widget, which invokes the action function. @returns the HTML of the window that opens */
export async function pressButton(emulator: Emulator, outputs: Outputs, parameters: object): Promise<string> {
  return invokeForHtml(emulator, outputs.WidgetActionFunctionName, widgetEvent({}, parameters));
}

/** Writes the HTML of the widget as a complete page for a browser. */
export async function writeWidgetPage(file: string, widget: string, shown: Shown = {}): Promise<void> {
  await writeFile(file, widgetPage(widget, shown));
}

/** A page without scripts. The buttons do nothing, because they work only in CloudWatch. */
export function widgetPage(widget: string, { theme = 'light', width = 1280 }: Shown = {}): string {
  const { surface } = PALETTES[theme];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Intercom allowlist</title>
<style>body { margin: 0 auto; max-width: ${width}px; background: ${surface} }</style>
</head>
<body><main>${widget}</main></body>
</html>
`;
}

async function invokeForHtml(
  { endpoint }: Emulator,
  functionName: string | undefined,
  payload: object,
): Promise<string> {
  const lambda = new LambdaClient(clientConfig(endpoint));
  const { Payload, FunctionError } = await lambda.send(
    new InvokeCommand({ FunctionName: functionName, Payload: JSON.stringify(payload) }),
  );
  const answer: unknown = JSON.parse(Payload?.transformToString() ?? 'null');
  if (FunctionError !== undefined || typeof answer !== 'string') throw new Error(JSON.stringify(answer));
  return answer;
}
