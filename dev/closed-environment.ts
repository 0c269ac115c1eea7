import { join } from 'node:path';
import { NO_NODE_NOTICE } from '../bin/allowlist/node-notice';
import { isLoopback } from '../lambda/shared/feed-url';

/** Where the emulated resources live. The account is the emulator's own. */
export const AWS_REGION = 'us-east-1';
export const AWS_ACCOUNT = '000000000000';

const CREDENTIALS = { accessKeyId: 'test', secretAccessKey: 'test' } as const;

/** What a child needs of the environment it is started from. Everything else is dropped: AWS settings, proxies, Node options. */
const PASSED_ON = ['PATH', 'LANG', 'TERM', 'SystemRoot', 'CI', 'NO_COLOR', 'FORCE_COLOR'];

/** How an SDK client of the local commands reaches the emulator, and nothing else. */
export function clientConfig(endpoint: string) {
  return { endpoint, region: AWS_REGION, credentials: CREDENTIALS };
}

/**
 * The environment of every process that a local run starts.
 *
 * @param home a folder of the run's own, so that no `~/.aws` is read
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

/** The emulator that is running already, if `AWS_ENDPOINT_URL` points at this machine. Any other value is not for us. */
export function runningEndpoint(): string | undefined {
  const value = process.env.AWS_ENDPOINT_URL;
  return value && URL.canParse(value) && isLoopback(new URL(value).hostname) ? new URL(value).origin : undefined;
}
