import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { type LocalServer, serve } from '../serve';

/** A publisher on this machine, and the requests that it received. */
export interface Publisher {
  readonly origin: string;
  readonly requests: readonly IncomingMessage[];
}

const servers = new Set<LocalServer>();

/** The time limits of requests under way, by URL. They run out when a publisher says so: no test waits, however busy the machine. */
const limits = new Map<string, AbortController>();

function controlTimeLimits(): void {
  const controllers = new Map<AbortSignal | null | undefined, AbortController>();
  jest.spyOn(AbortSignal, 'timeout').mockImplementation(() => {
    const controller = new AbortController();
    controllers.set(controller.signal, controller);
    return controller.signal;
  });
  const fetchForReal = globalThis.fetch;
  jest.spyOn(globalThis, 'fetch').mockImplementation((url, init) => {
    const controller = controllers.get(init?.signal);
    if (controller) limits.set(String(url), controller);
    return fetchForReal(url, init);
  });
}

function runOut({ headers, url }: IncomingMessage): void {
  limits.get(`http://${headers.host}${url}`)?.abort(new DOMException('The time is up', 'TimeoutError'));
}

/** Serves HTTP on a free port of 127.0.0.1 until `closePublishers`. */
export async function startPublisher(listener: RequestListener): Promise<Publisher> {
  if (servers.size === 0) controlTimeLimits();
  const requests: IncomingMessage[] = [];
  const server = await serve((request, response) => {
    requests.push(request);
    listener(request, response);
  });
  servers.add(server);
  return { origin: server.url, requests };
}

/** Answers the first request with the first answer, and so on. Repeats the last answer. */
export function inTurn(first: Answer, ...rest: readonly Answer[]): RequestListener {
  const left = [first, ...rest];
  return (request, response) => (left.length > 1 ? (left.shift() as Answer) : (left[0] as Answer))(response, request);
}

export async function closePublishers(): Promise<void> {
  await Promise.all([...servers].map((server) => server.stop()));
  servers.clear();
  jest.restoreAllMocks();
}

export type Answer = (response: ServerResponse, request: IncomingMessage) => void;

export const respond =
  (status: number, headers: Record<string, string> = {}, body: string | Buffer = ''): Answer =>
  (response) => {
    response.writeHead(status, headers).end(body);
  };

export const ok = (body: string | Buffer, headers: Record<string, string> = {}): Answer => respond(200, headers, body);

export const redirect = (location: string, status = 302): Answer => respond(status, { location }, 'elsewhere');

/** Never answers: the time limit runs out. */
export const hang: Answer = (_response, request) => runOut(request);

/** Sends a part of the body, and never the rest: the time limit runs out. */
export const hangInBody: Answer = (response, request) => {
  response.writeHead(200).write('{"ip_ranges":', () => runOut(request));
};

/** Sends a part of the body, then breaks the connection. */
export const breakInBody: Answer = (response) => {
  response.writeHead(200).write('{"ip_ranges":', () => response.destroy());
};
