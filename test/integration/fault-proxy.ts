import { createServer, type IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Answer, passOn, read, write } from './pass-on';

/** What goes wrong with a call. */
export type Fault =
  /** It is answered with this error and never passed on. */
  | { readonly code: string; readonly status?: number }
  /** The connection drops before the call took effect, or after it did. */
  | { readonly drop: 'before' | 'after' }
  /** The network delivers it twice; the second answer comes back. */
  | { readonly twice: true }
  | { readonly delayMs: number };

/** Asked for each call, by its name; undefined lets it pass. */
export type Faults = (call: string) => Fault | undefined;

export interface FaultProxy {
  readonly endpoint: string;
  /** Names of the API calls that came through, such as `UpdateIPSet`, in order. */
  readonly calls: string[];
  /** The calls that were passed on, with their bodies: what took effect. */
  readonly passed: { readonly call: string; readonly body: string }[];
  /** Access key ids that requests were signed with. */
  readonly accessKeys: Set<string>;
  fault: Faults;
  /** Asked after `fault`, with the body too: errors that depend on what was sent. Refused calls count as not passed on. */
  refuse: (call: string, body: Buffer) => ErrorFault | undefined;
  /** Changes the answer to a call that was passed on, such as what a read shows. */
  alter: (call: string, answer: string) => string;
  /** Runs before a call is passed on: what somebody else does in between. */
  before: (call: string) => Promise<void>;
  clear(): void;
  stop(): Promise<void>;
}

/** What stands around the emulator and is stricter than it. */
export type Around = (call: string, body: Buffer, pass: (body: Buffer) => Promise<Answer>) => Promise<Answer>;

/** Stands between the SDK and an emulator, speaking both AWS JSON and EC2's query protocol. */
export async function startFaultProxy(
  upstream: string,
  around: Around = (_call, body, pass) => pass(body),
): Promise<FaultProxy> {
  const accessKeys = new Set<string>();
  const proxy = {
    accessKeys,
    calls: [] as string[],
    fault: (() => undefined) as Faults,
    refuse: ((_call, _body) => undefined) as FaultProxy['refuse'],
    passed: [] as { call: string; body: string }[],
    alter: ((_call, answer) => answer) as FaultProxy['alter'],
    before: async (_call: string) => {},
  };
  const server = createServer(async (request, response) => {
    const body = await read(request);
    const call = nameOf(request, body);
    proxy.calls.push(call);
    const [, accessKey] = /Credential=([^/]+)\//.exec(request.headers.authorization ?? '') ?? [];
    if (accessKey) accessKeys.add(accessKey);
    const fault = proxy.fault(call) ?? proxy.refuse(call, body);
    const pass = async (to: ServerResponse) => {
      await proxy.before(call);
      proxy.passed.push({ call, body: body.toString() });
      const answer = await around(call, body, (sent) => passOn(`${upstream}${request.url}`, request, sent));
      write(to, { ...answer, body: Buffer.from(proxy.alter(call, answer.body.toString())) });
    };
    await (fault ? strike(fault, request, response, pass) : pass(response));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return Object.assign(proxy, {
    endpoint: `http://127.0.0.1:${port}`,
    clear: () => {
      proxy.calls.length = 0;
      proxy.passed.length = 0;
      proxy.fault = () => undefined;
      proxy.refuse = () => undefined;
      proxy.alter = (_call, answer) => answer;
      proxy.before = async () => {};
    },
    stop: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  });
}

/** Lets a fault have its way with a call. */
async function strike(
  fault: Fault,
  request: IncomingMessage,
  response: ServerResponse,
  pass: (to: ServerResponse) => Promise<void>,
): Promise<void> {
  if ('code' in fault) return write(response, errorAnswer(isQuery(request), fault));
  if ('drop' in fault) {
    if (fault.drop === 'after') await pass(new ServerResponse(request));
    request.socket.destroy();
    return;
  }
  if ('twice' in fault) await pass(new ServerResponse(request));
  if ('delayMs' in fault) await sleep(fault.delayMs);
  await pass(response);
}

function isQuery(request: IncomingMessage): boolean {
  return request.headers['x-amz-target'] === undefined;
}

function nameOf(request: IncomingMessage, body: Buffer): string {
  const target = request.headers['x-amz-target'];
  if (typeof target === 'string') return target.split('.').at(-1) ?? target;
  return new URLSearchParams(body.toString()).get('Action') ?? `${request.method} ${request.url}`;
}

interface ErrorFault {
  readonly code: string;
  readonly status?: number;
  readonly message?: string;
}

/** An error as AWS words it in EC2's query protocol, or else in AWS JSON. */
export function errorAnswer(query: boolean, { code, status = 400, message = 'injected' }: ErrorFault): Answer {
  const type = query ? 'text/xml' : 'application/x-amz-json-1.1';
  const text = query
    ? `<Response><Errors><Error><Code>${code}</Code><Message>${message}</Message></Error></Errors></Response>`
    : JSON.stringify({ __type: code, message });
  return { status, headers: { 'content-type': type }, body: Buffer.from(text) };
}
