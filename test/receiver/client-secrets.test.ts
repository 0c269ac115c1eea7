import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { signatureOf } from '../../bin/allowlist/intercom';
import { ClientSecrets } from '../../lambda/receiver/client-secrets';
import { Deadline } from '../../lambda/receiver/deadline';
import { type Match, signaturesIn } from '../../lambda/receiver/signature';

const BODY = Buffer.from('{}');
const PLACEHOLDER = '{"placeholder":"Replace all of this","random":"x"}';

/** Which secret a body signed with `secret` is found to be signed with. */
async function match(secret: string, current: string, previous?: string): Promise<Match | undefined> {
  const send = async ({ input }: { input: { VersionStage: string } }) => {
    const SecretString = input.VersionStage === 'AWSCURRENT' ? current : previous;
    if (SecretString !== undefined) return { SecretString };
    throw Object.assign(new Error('no such version'), { name: 'ResourceNotFoundException' });
  };
  const secrets = new ClientSecrets({ send } as unknown as SecretsManagerClient, 'arn', () => undefined);
  const signatures = signaturesIn({ hub: signatureOf(BODY, secret), body: undefined });
  return (await secrets.verify(BODY, signatures, Deadline.after(60_000)))[0];
}

describe('a client secret', () => {
  it.each([
    ['current', 1, 'app-one', 'app-one\napp-two', undefined],
    ['current', 2, 'app-two', 'app-one\napp-two', undefined],
    ['previous', 2, 'app-two', 'app-one', 'app-one\napp-two'],
    ['current', 3, 'app-two', 'app-one\n\napp-two\n', undefined],
    ['current', 2, 'app-two', '#one\napp-two', undefined],
    ['current', 2, 'app-two', '\tapp-one \r\n app-two\r\n', undefined],
    ['current', 2, 'app-one', 'app-new\napp-one', 'app-one\napp-old'],
  ])('is found in the %s version, line %d: %j in %j and %j', async (version, line, secret, current, previous) => {
    expect(await match(secret, current, previous)).toEqual({ algorithm: 'sha1', version, line });
  });

  it.each([
    ['several lines together', 'app-one\napp-two', 'app-one\napp-two', undefined],
    ['a line with the white space around it', ' app-one', ' app-one\napp-two', undefined],
    ['a comment', '# our app', '# our app\napp-one', undefined],
    ['a comment without white space', '#eu', '#eu\napp-one\n#us\napp-two', undefined],
    ['a short heading', 'eu', 'eu\napp-one', undefined],
    ['an empty line', '', 'app-one\n\napp-two', undefined],
    ['the placeholder in the previous version', PLACEHOLDER, 'app-one', PLACEHOLDER],
    ['a line of a JSON object', '"b":"c"}', 'app-one', '{"x":"y",\n"b":"c"}'],
  ])('is not %s', async (_case, secret, current, previous) => {
    // HMAC takes an empty key, so an empty line would be a secret that anyone knows.
    expect(await match(secret, current, previous)).toBeUndefined();
  });

  it.each([
    ['the placeholder', PLACEHOLDER],
    ['nothing but comments', '# the secret\n#eu\n'],
    ['a label and a secret in one line', 'client secret: abc123'],
    ['a JSON array', '["app-one"]'],
    ['white space', ' \n\t\n'],
  ])('is missing if both versions hold %s, and the error says how to store it', async (_case, text) => {
    await expect(match('x', text, text)).rejects.toThrow(
      /holds no client secret yet.*one per line: aws secretsmanager put-secret-value --secret-id arn --secret-string/,
    );
  });
});
