import { createServer, type IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a fault may do instead of, or before, passing a call on. */
export type Fault = (call: string) => { readonly code: string; readonly status?: number } | undefined;

export interface FaultProxy {
  readonly endpoint: string;
  /** Names of the API calls that came through, such as `UpdateIPSet`, in order. */
  readonly calls: string[];
  /** Access key ids that requests were signed with. */
  readonly accessKeys: Set<string>;
  /** Asked for each call: an answer makes it fail with that code, undefined lets it pass. */
  fault: Fault;
  /** Runs before a call is passed on: what somebody else does in between. */
  before: (call: string) => Promise<void>;
  /** Whether the answer of a call is lost: it took effect, and the connection drops. */
  losesAnswer: (call: string) => boolean;
  clear(): void;
  stop(): Promise<void>;
}

/** Stands between the SDK and an emulator, speaking both AWS JSON and EC2's query protocol. */
export async function startFaultProxy(upstream: string): Promise<FaultProxy> {
  const accessKeys = new Set<string>();
  const proxy = {
    accessKeys,
    calls: [] as string[],
    fault: (() => undefined) as Fault,
    before: async (_call: string) => {},
    losesAnswer: (_call: string): boolean => false,
  };
  const server = createServer(async (request, response) => {
    const body = await read(request);
    const call = nameOf(request, body);
    proxy.calls.push(call);
    const [, accessKey] = /Credential=([^/]+)\//.exec(request.headers.authorization ?? '') ?? [];
    if (accessKey) accessKeys.add(accessKey);
    const fault = proxy.fault(call);
    if (fault) return answerFault(response, isQuery(request), fault);
    await proxy.before(call);
    const lost = proxy.losesAnswer(call);
    await passOn(upstream, request, body, lost ? new ServerResponse(request) : response);
    if (lost) request.socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return Object.assign(proxy, {
    endpoint: `http://127.0.0.1:${port}`,
    clear: () => {
      proxy.calls.length = 0;
      proxy.fault = () => undefined;
      proxy.before = async () => {};
      proxy.losesAnswer = () => false;
    },
    stop: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  });
}

async function read(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function isQuery(request: IncomingMessage): boolean {
  return request.headers['x-amz-target'] === undefined;
}

function nameOf(request: IncomingMessage, body: Buffer): string {
  const target = request.headers['x-amz-target'];
  if (typeof target === 'string') return target.split('.').at(-1) ?? target;
  return new URLSearchParams(body.toString()).get('Action') ?? `${request.method} ${request.url}`;
}

function answerFault(
  response: ServerResponse,
  query: boolean,
  { code, status = 400 }: { code: string; status?: number },
) {
  if (query) {
    response.writeHead(status, { 'content-type': 'text/xml' });
    response.end(
      `<Response><Errors><Error><Code>${code}</Code><Message>injected</Message></Error></Errors></Response>`,
    );
  } else {
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' });
    response.end(JSON.stringify({ __type: code, message: 'injected' }));
  }
}

async function passOn(
  upstream: string,
  request: IncomingMessage,
  body: Buffer,
  response: ServerResponse,
): Promise<void> {
  const {
    host: _host,
    connection: _connection,
    expect: _expect,
    'content-length': _length,
    ...headers
  } = request.headers;
  const answer = await fetch(`${upstream}${request.url}`, {
    method: request.method ?? 'POST',
    headers: headers as Record<string, string>,
    body: body.length > 0 ? body : null,
  });
  const answerHeaders = Object.fromEntries(answer.headers);
  for (const name of ['content-encoding', 'content-length', 'transfer-encoding', 'connection'])
    delete answerHeaders[name];
  response.writeHead(answer.status, answerHeaders);
  response.end(Buffer.from(await answer.arrayBuffer()));
}
