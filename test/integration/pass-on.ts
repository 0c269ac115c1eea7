import { Agent, type IncomingHttpHeaders, type IncomingMessage, request, type ServerResponse } from 'node:http';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** The whole body of a request, byte for byte. */
export async function read(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Connections stay open: opening one costs as much as a call. */
const KEPT = new Agent({ keepAlive: true });

/** Forwards a request to a URL. */
export async function passOn(url: string, { method, headers }: IncomingMessage, body: Buffer): Promise<Answer> {
  const sent = { ...endToEnd(headers), 'content-length': body.length };
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    request(url, { method, headers: sent, agent: KEPT }, resolve).on('error', reject).end(body);
  });
  return { status: answer.statusCode ?? 500, headers: endToEnd(answer.headers), body: await read(answer) };
}

/** End-to-end headers, without those of the connection. */
function endToEnd(headers: IncomingHttpHeaders): Record<string, string> {
  const { host: _host, connection: _connection, expect: _expect, 'keep-alive': _keepAlive, ...rest } = headers;
  const { 'content-length': _length, 'transfer-encoding': _encoding, ...kept } = rest;
  return kept as Record<string, string>;
}

export function write(response: ServerResponse, { status, headers, body }: Answer): void {
  response.writeHead(status, headers);
  response.end(body);
}
