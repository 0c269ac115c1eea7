import { Agent as HttpAgent, request as overHttp, type RequestOptions } from 'node:http';
import { Agent as HttpsAgent, request as overHttps } from 'node:https';

export type Request = RequestOptions & { readonly body: string };

export interface Answer {
  readonly status: number;
  readonly text: string;
}

const HTTPS = { send: overHttps, agent: new HttpsAgent({ keepAlive: true }) };
const HTTP = { send: overHttp, agent: new HttpAgent({ keepAlive: true }) };

/**
 * Sends a request over a kept connection.
 *
 * @param withinMs for connecting, sending and the whole answer
 * @throws Error when there is no answer by then
 */
export function exchange({ body, ...options }: Request, withinMs: number): Promise<Answer> {
  const { send, agent } = options.protocol === 'http:' ? HTTP : HTTPS;
  return new Promise((resolve, reject) => {
    const request = send({ ...options, agent }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }));
    });
    const timer = setTimeout(() => request.destroy(new NoAnswerError(withinMs)), withinMs);
    request.on('close', () => clearTimeout(timer));
    request.on('error', reject);
    request.end(body);
  });
}

class NoAnswerError extends Error {
  override readonly name = 'NoAnswer';

  constructor(withinMs: number) {
    super(`No answer within ${withinMs} ms`);
  }
}
