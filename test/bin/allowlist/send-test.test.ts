import type { GetSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { sendTest } from '../../../bin/allowlist/commands/send-test';
import type { Deployment } from '../../../bin/allowlist/deployment';
import { CommandError } from '../../../bin/allowlist/errors';
import { signatureOf } from '../../../bin/allowlist/intercom';

const URL_OF_STACK = 'https://a1b2c3.execute-api.eu-west-1.amazonaws.com/live/intercom';
const OUTPUTS = {
  WebhookUrl: URL_OF_STACK,
  SyncFunctionName: 'sync',
  ClientSecretArn: 'arn:secret',
  EventBusName: 'notifications',
};

/** What was sent: the body and its signature. */
const sent: { body: string; signature: string }[] = [];
let answer: () => Promise<Response>;
let previousEndpoint: string | undefined;

beforeEach(() => {
  previousEndpoint = process.env.AWS_ENDPOINT_URL;
  delete process.env.AWS_ENDPOINT_URL;
  sent.length = 0;
  answer = async () => new Response(null, { status: 200 });
  jest.spyOn(globalThis, 'fetch').mockImplementation(async (_url, { body, headers } = {}) => {
    sent.push({ body: `${body}`, signature: new Headers(headers).get('x-hub-signature') ?? '' });
    return answer();
  });
});
afterEach(() => {
  jest.restoreAllMocks();
  if (previousEndpoint !== undefined) process.env.AWS_ENDPOINT_URL = previousEndpoint;
});

function deploymentWith(SecretString: string | undefined, outputs: Readonly<Record<string, string>> = OUTPUTS) {
  const output = (key: string) => {
    if (outputs[key]) return outputs[key];
    throw new CommandError(`Stack IntercomAllowlist (CREATE_COMPLETE) has no output ${key}. Nothing was done`);
  };
  const send = async ({ input }: GetSecretValueCommand) => {
    expect(input.SecretId).toBe('arn:secret');
    return { SecretString };
  };
  return { stack: { name: 'IntercomAllowlist', output }, session: { secrets: { send } } } as unknown as Deployment;
}

const send = (secret: string | undefined, outputs?: Readonly<Record<string, string>>) =>
  sendTest(deploymentWith(secret, outputs), { topic: 'ping' });

it.each([
  ['the only secret', 'app-one', 'app-one', 1],
  ['a secret with the newline that a file ends with', 'app-one\n', 'app-one', 1],
  ['the first of several secrets', 'app-one\napp-two\n', 'app-one', 1],
  ['the first secret below a comment', '# EU\n\napp-one\napp-two', 'app-one', 3],
])(
  'send-test signs with %s, as the receiver reads it, and says which line that is',
  async (_case, text, secret, line) => {
    expect((await send(text)).data).toMatchObject({ url: URL_OF_STACK, status: 200, signedWithLine: line });
    expect(sent).toEqual([{ body: sent[0]?.body, signature: signatureOf(sent[0]?.body ?? '', secret) }]);
  },
);

it.each([
  ['the placeholder', '{"placeholder":"Replace all of this","random":"x"}', 'is still the placeholder'],
  ['white space', ' \n', 'is empty'],
  ['no string', undefined, 'is empty'],
  ['JSON', '{"client_secret":"app-one"}', 'holds no client secret (at least six'],
])('send-test sends nothing while the secret holds %s, and says how to store it', async (_case, text, what) => {
  await expect(send(text)).rejects.toThrow(`Secret arn:secret ${what}`);
  await expect(send(text)).rejects.toThrow(
    /Nothing was sent\. .* aws secretsmanager put-secret-value --secret-id arn:secret/,
  );
  await expect(send(text)).rejects.not.toThrow(/app-one|Replace all/);
  expect(sent).toEqual([]);
});

it.each([
  [
    'of fetch',
    Object.assign(new Error('Connect Timeout Error'), { code: 'UND_ERR_CONNECT_TIMEOUT' }),
    'Connect Timeout Error',
  ],
  ['of all addresses of a host', Object.assign(new AggregateError([]), { code: 'ETIMEDOUT' }), 'ETIMEDOUT'],
])(
  'a connect timeout %s may mean that the security group drops this machine, and send-test says so',
  async (_case, cause, reason) => {
    answer = () => Promise.reject(new TypeError('fetch failed', { cause }));
    await expect(send('app-one')).rejects.toThrow(
      `Could not reach ${URL_OF_STACK}: ${reason}. Check the URL and the network. If a security group protects the webhook, it drops this machine, as it drops ` +
        'every address that Intercom does not publish',
    );
  },
);

it('a refused connection has nothing to do with a security group, so send-test does not mention one', async () => {
  const cause = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), { code: 'ECONNREFUSED' });
  answer = () => Promise.reject(new TypeError('fetch failed', { cause }));
  await expect(send('app-one')).rejects.toThrow(/ECONNREFUSED 127\.0\.0\.1:1\. Check the URL and the network$/);
});

it.each([
  ['without --url', undefined],
  ['with --url', 'https://example.com/hook'],
])('send-test %s says that a stack with ingress=none has no receiver, and sends nothing', async (_case, url) => {
  const deployment = deploymentWith('app-one', { SyncFunctionName: 'sync' });
  await expect(sendTest(deployment, { topic: 'ping', ...(url && { url }) })).rejects.toThrow(
    /this stack has no receiver \(ingress=none\)\. Nothing was sent\. Pass the stack/,
  );
  expect(sent).toEqual([]);
});

it('send-test does not take the stack of another project for one without a receiver', async () => {
  await expect(send('app-one', { Bucket: 'of-cdk' })).rejects.toThrow(/has no output WebhookUrl\. Nothing was done$/);
});
