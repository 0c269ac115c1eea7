import { join } from 'node:path';
import { NO_NODE_NOTICE } from '../bin/allowlist/node-notice';
import { isLoopback } from '../lambda/shared/feed-url';

/** The Region and account of the emulated resources. */
export const AWS_REGION = 'us-east-1';
export const AWS_ACCOUNT = '000000000000';

const CREDENTIALS = { accessKeyId: 'test', secretAccessKey: 'test' } as const;

/** The variables that a child process inherits. All others are dropped: AWS settings, proxies, Node options. */
const PASSED_ON = ['PATH', 'LANG', 'TERM', 'SystemRoot', 'CI', 'NO_COLOR', 'FORCE_COLOR'];

/** The configuration of SDK clients in local commands, with which they reach only the emulator. */
export function clientConfig(endpoint: string) {
  return { endpoint, region: AWS_REGION, credentials: CREDENTIALS };
}

/**
 * The environment of every process that a local run starts.
 *
 * @param home a folder that only this run uses, so that no `~/.aws` is read
 */
export function closedEnvironment(endpoint: string, home: string): NodeJS.ProcessEnv {
  const passedOn = PASSED_ON.flatMap((key) => (process.env[key] === undefined ? [] : [[key, process.env[key]]]));
  return {
    ...Object.fromEntries(passedOn),
    HOME: home,
    TMPDIR: home,
    NODE_OPTIONS: `--require ${JSON.stringify(join(__dirname, 'loopback-only.cjs'))}`,
    AWS_ENDPOINT_URL: endpoint,
    AWS_ENDPOINT_URL_S3: endpoint,
    AWS_REGION,
    AWS_DEFAULT_REGION: AWS_REGION,
    AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
    AWS_CONFIG_FILE: join(home, 'no-aws-config'),
    AWS_SHARED_CREDENTIALS_FILE: join(home, 'no-aws-credentials'),
    AWS_EC2_METADATA_DISABLED: 'true',
    CDK_DISABLE_CLI_TELEMETRY: 'true',
    ...NO_NODE_NOTICE,
    JSII_SILENCE_WARNING_DEPRECATED_NODE_VERSION: 'true',
    npm_config_loglevel: 'silent',
    npm_config_update_notifier: 'false',
  };
}

/** The endpoint of a running emulator, if `AWS_ENDPOINT_URL` points to this machine. Any other value is ignored. */
export function runningEndpoint(): string | undefined {
  const value = process.env.AWS_ENDPOINT_URL;
  return value && URL.canParse(value) && isLoopback(new URL(value).hostname) ? new URL(value).origin : undefined;
}
