import { DENIED, messageOf } from '../../lambda/shared/errors';
import { codeOf } from '../../lambda/sync/targets/aws-errors';

/** The API call that threw an error, such as `DescribeStacks of CloudFormation`. */
const calls = new WeakMap<Error, string>();

/** The part that all SDK clients share. */
interface Client {
  readonly middlewareStack: {
    add(
      middleware: (next: Handler, context: Context) => Handler,
      options: { step: 'initialize'; priority: 'high'; name: string; override: true },
    ): void;
  };
}
// biome-ignore lint/suspicious/noExplicitAny: the handlers of different clients share no other type
type Handler = (args: any) => Promise<any>;
type Context = { readonly clientName?: string; readonly commandName?: string };

/** Records which call threw an error: neither an access denial nor a failed connection always names it. */
export function noteCalls(client: Client): void {
  const middleware = (next: Handler, context: Context) => async (args: unknown) => {
    try {
      return await next(args);
    } catch (error) {
      if (error instanceof Error) calls.set(error, callOf(context));
      throw error;
    }
  };
  client.middlewareStack.add(middleware, { step: 'initialize', priority: 'high', name: 'noteCall', override: true });
}

function callOf({ clientName = '', commandName = '' }: Context): string {
  return `${commandName.replace(/Command$/, '')} of ${clientName.replace(/Client$/, '')}`;
}

/** Whether the credentials lack a permission. */
export function isDenied(error: unknown): boolean {
  return DENIED.test(codeOf(error));
}

/** The codes of a connection that broke off, which may have been after AWS received the call. */
const BROKEN_OFF = /^(ECONNRESET|EPIPE|ETIMEDOUT|TimeoutError)$/;

/** Whether nobody knows if AWS executed a call that failed: there was no answer, or AWS itself failed. */
export function isUncertain(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  return codesOf(error).some((code) => BROKEN_OFF.test(code)) || ('$fault' in error && error.$fault === 'server');
}

function codesOf(error: Error): string[] {
  return [codeOf(error), 'code' in error ? String(error.code) : ''];
}

/** What a failed call means for an operator, by the code of the error. The first match applies. */
const ADVICE: readonly (readonly [codes: RegExp, wording: (call: string, said: string) => string])[] = [
  [
    /^(CredentialsProviderError|TokenProviderError)$/,
    (_call, said) =>
      `No AWS credentials${process.env.AWS_PROFILE ? ` for profile ${process.env.AWS_PROFILE}` : ''}: ${said}. Nothing was done. Sign in (\`aws sso login\`), set AWS_PROFILE, or pass a profile with --profile`,
  ],
  [
    /^(ExpiredToken|ExpiredTokenException|InvalidClientTokenId|UnrecognizedClientException|SignatureDoesNotMatch|InvalidSignatureException|AuthFailure|InvalidAccessKeyId)$/,
    (call, said) => `AWS does not accept these credentials for ${call}: ${said}. Nothing was done. Sign in again`,
  ],
  [
    DENIED,
    (call, said) =>
      `These credentials may not call ${call}: ${said}. Nothing was done. Ask for the permission: docs/command-line.md lists all permissions`,
  ],
  [
    /^(ENOTFOUND|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EAI_AGAIN|TimeoutError|AggregateError)$/,
    (call, said) =>
      `Could not reach AWS for ${call}: ${said}. Check the AWS Region (--region or AWS_REGION), AWS_ENDPOINT_URL and the network`,
  ],
];

/** A failed AWS call in one sentence, or undefined if no AWS call threw the error. */
export function formatAwsError(error: unknown): string | undefined {
  for (let each = error; each instanceof Error; each = each.cause) {
    const call = calls.get(each);
    if (call !== undefined) return format(each, call);
  }
  return undefined;
}

function format(error: Error, call: string): string {
  if (error.message === 'Region is missing')
    return 'No AWS Region is set. Nothing was done. Pass --region or set AWS_REGION';
  const codes = codesOf(error);
  const said = saidBy(error);
  const advice = ADVICE.find(([known]) => codes.some((code) => known.test(code)))?.[1];
  return advice ? advice(call, said) : `${call} failed: ${codeOf(error)}: ${said}`;
}

/** Addressed to those who debug the SDK. */
const SDK_HINT = /\n\s*Deserialization error: .*$/;

/** The error of a connection that failed at several addresses has no message, but contains one error per address. */
export function saidBy(error: Error): string {
  const parts = error instanceof AggregateError ? error.errors.map(messageOf) : [];
  return (error.message || parts.join('; ') || error.name).replace(SDK_HINT, '').replace(/\.$/, '');
}
