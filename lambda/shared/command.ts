import { DEFAULT_STACK_NAME } from './constants';

/** The command line's command to type: `npx intercom-allowlist sync`. */
export function commandLine(stackName: string, command: string): string {
  return `npx intercom-allowlist ${command}${stackName === DEFAULT_STACK_NAME ? '' : ` --stack ${stackName}`}`;
}
