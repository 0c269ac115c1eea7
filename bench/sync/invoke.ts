import { answerOf } from '../fresh-process';

/** What one invocation took. */
export interface Invocation {
  readonly seconds: number;
  /** The most that the process ever held, in MB. */
  readonly megabytes: number;
  /** What the handler answered, or the message of what it threw. */
  readonly answer: unknown;
  readonly error: string | undefined;
}

const INVOKE = `
  const { handler } = require(process.argv[1]);
  const [event, milliseconds] = JSON.parse(process.argv[2]);
  const ends = performance.now() + milliseconds;
  const context = { awsRequestId: String(process.pid), getRemainingTimeInMillis: () => Math.round(ends - performance.now()) };
  const started = performance.now();
  const send = (result) => process.send({
    seconds: (performance.now() - started) / 1000,
    megabytes: process.resourceUsage().maxRSS / 1024,
    ...result,
  }, () => process.exit());
  handler(event, context).then((answer) => send({ answer }), (error) => send({ error: error.message }));
`;

/** Invokes a handler once in a new process, as Lambda does; its load is not counted. @param milliseconds the function's timeout */
export function invoke(
  file: string,
  event: object,
  env: NodeJS.ProcessEnv,
  milliseconds = 300_000,
): Promise<Invocation> {
  return answerOf<Invocation>(['-e', INVOKE, file, JSON.stringify([event, milliseconds])], env);
}
