import { createServer, type IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Answer, passOn, read, write } from './pass-on';
import { checkRequest } from './requests/check';
import { blame, record } from './requests/ledger';
import { installedModels } from './requests/model';

/** What goes wrong with a call. */
export type Fault =
  /** AWS returns this error; the call never reaches the emulator. */
  | { readonly code: string; readonly status?: number }
  /** The connection drops before or after the call takes effect. */
  | { readonly drop: 'before' | 'after' }
  /** The network delivers the call twice; the second response is returned. */
  | { readonly twice: true }
  | { readonly delayMs: number };

/** Called for each API call, with its name. Undefined: no fault. */
export type Faults = (call: string) => Fault | undefined;

export interface FaultProxy {
  readonly endpoint: string;
  /** Names of the API calls that came through, such as `UpdateIPSet`, in order. */
  readonly calls: string[];
  /** The calls that reached the emulator, with their bodies. */
  readonly passed: { readonly call: string; readonly body: string }[];
  /** Access key ids that requests were signed with. */
  readonly accessKeys: Set<string>;
  fault: Faults;
  /** Asked after `fault`, with the body too: errors that depend on what was sent. Refused calls never reach the emulator. */
  refuse: (call: string, body: Buffer) => ErrorFault | undefined;
  /** Changes the response to a call that reached the emulator, such as what a read returns. */
  alter: (call: string, answer: string) => string;
  /** Runs before a call is passed on: what others do in between. */
  before: (call: string) => Promise<void>;
  clear(): void;
  stop(): Promise<void>;
}

/** Stricter rules around the emulator. */
export type Around = (call: string, body: Buffer, pass: (body: Buffer) => Promise<Answer>) => Promise<Answer>;

/** Set on requests that another proxy has checked. */
const CHECKED = 'x-request-checked';

/**
 * Stands between the SDK and an emulator, speaking both AWS JSON and EC2's query protocol. Checks every request by the model of its
 * service: what AWS would refuse fails the test.
 */
export async function startFaultProxy(
  upstream: string,
  around: Around = (_call, body, pass) => pass(body),
): Promise<FaultProxy> {
  const models = await installedModels();
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
  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    const body = await read(request);
    if (!(CHECKED in request.headers)) record(checkRequest(models, request, body));
    request.headers[CHECKED] = 'yes';
    const call = nameOf(request, body);
    proxy.calls.push(call);
    const [, accessKey] = /Credential=([^/]+)\//.exec(request.headers.authorization ?? '') ?? [];
    if (accessKey) accessKeys.add(accessKey);
    const fault = await ofTest(() => proxy.fault(call) ?? proxy.refuse(call, body));
    const pass = async (to: ServerResponse) => {
      await ofTest(() => proxy.before(call));
      proxy.passed.push({ call, body: body.toString() });
      const answer = await around(call, body, (sent) => passOn(`${upstream}${request.url}`, request, sent));
      // Latin-1 has every byte, so what is not altered stays as it is.
      const text = await ofTest(() => proxy.alter(call, answer.body.toString('latin1')));
      write(to, { ...answer, body: Buffer.from(text, 'latin1') });
    };
    await (fault ? strike(fault, request, response, pass) : pass(response));
  };
  // A client that hangs up meanwhile gets no answer, and neither does one whose call the emulator breaks off.
  const server = createServer((request, response) => serve(request, response).catch(() => request.socket.destroy()));
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

/** What a test does with a call. If that throws, such as by an assertion, the test fails: the client would only see a lost connection. */
async function ofTest<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    blame(String(error));
    throw error;
  }
}

/** Applies a fault to a call. */
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

/** An error as AWS returns it, in EC2's query protocol or in AWS JSON. */
export function errorAnswer(query: boolean, { code, status = 400, message = 'injected' }: ErrorFault): Answer {
  const type = query ? 'text/xml' : 'application/x-amz-json-1.1';
  const text = query
    ? `<Response><Errors><Error><Code>${code}</Code><Message>${message}</Message></Error></Errors></Response>`
    : JSON.stringify({ __type: code, message });
  return { status, headers: { 'content-type': type }, body: Buffer.from(text) };
}
