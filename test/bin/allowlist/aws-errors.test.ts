import { LambdaClient, ListFunctionsCommand } from '@aws-sdk/client-lambda';
import { noteCalls } from '../../../bin/allowlist/aws-errors';
import { CommandError, formatError } from '../../../bin/allowlist/errors';

/** The error that a client throws if its call fails with this error. */
async function errorOf(error: Error): Promise<unknown> {
  const client = new LambdaClient({ maxAttempts: 1 });
  noteCalls(client);
  client.middlewareStack.add(
    () => async () => {
      throw error;
    },
    { step: 'build' },
  );
  return client.send(new ListFunctionsCommand({})).catch((thrown: unknown) => thrown);
}

const named = (name: string, message = 'it said so.', more = {}) => Object.assign(new Error(message), { name }, more);
const CALL = 'ListFunctions of Lambda';

describe('formatError', () => {
  it.each([
    [named('CredentialsProviderError'), /^No AWS credentials: it said so\. Nothing was done\. Sign in .*--profile$/],
    [
      named('ExpiredTokenException'),
      `AWS does not accept these credentials for ${CALL}: it said so. Nothing was done. Sign in again`,
    ],
    [
      named('AccessDeniedException'),
      new RegExp(`^These credentials may not call ${CALL}: it said so\\. Nothing was done\\.`),
    ],
    [
      named('Error', 'no such host', { code: 'ENOTFOUND' }),
      new RegExp(`^Could not reach AWS for ${CALL}: no such host\\. Check the AWS Region`),
    ],
    [new AggregateError([new Error('one'), new Error('two')]), /one; two/],
    [named('Error', 'Region is missing'), 'No AWS Region is set. Nothing was done. Pass --region or set AWS_REGION'],
    [named('ThrottlingException', 'Rate exceeded'), `${CALL} failed: ThrottlingException: Rate exceeded`],
  ])('explains a failed AWS call in one line: %s', async (error, words) => {
    const message = formatError(await errorOf(error));
    if (typeof words === 'string') expect(message).toBe(words);
    else expect(message).toMatch(words);
    expect(message).not.toContain('\n');
  });

  it('names the AWS call that caused a CommandError', async () => {
    const cause = await errorOf(named('AccessDeniedException'));
    expect(formatError(new CommandError('Could not read state table x', { cause }))).toContain(`may not call ${CALL}`);
  });

  it('shows a CommandError without a stack trace, and an unexpected error with one', () => {
    expect(formatError(new CommandError('No stack'))).toBe('No stack');
    expect(formatError(new TypeError('x is not a function'))).toMatch(/TypeError: x is not a function\n\s+at /);
  });
});
