import { DEFAULT_STACK_NAME } from './constants';

/** The command line's command to type: `npx allowlist sync`. */
export function commandLine(stackName: string, command: string): string {
  return `npx allowlist ${command}${stackName === DEFAULT_STACK_NAME ? '' : ` --stack ${stackName}`}`;
}
