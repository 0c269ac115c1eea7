import type { IncomingMessage, ServerResponse } from 'node:http';

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

/** Sends a request on to a URL. */
export async function passOn(url: string, request: IncomingMessage, body: Buffer): Promise<Answer> {
  const {
    host: _host,
    connection: _connection,
    expect: _expect,
    'content-length': _length,
    ...headers
  } = request.headers;
  const answer = await fetch(url, {
    method: request.method ?? 'POST',
    headers: headers as Record<string, string>,
    body: body.length > 0 ? body : null,
  });
  const answerHeaders = Object.fromEntries(answer.headers);
  for (const name of ['content-encoding', 'content-length', 'transfer-encoding', 'connection'])
    delete answerHeaders[name];
  return { status: answer.status, headers: answerHeaders, body: Buffer.from(await answer.arrayBuffer()) };
}

export function write(response: ServerResponse, { status, headers, body }: Answer): void {
  response.writeHead(status, headers);
  response.end(body);
}
