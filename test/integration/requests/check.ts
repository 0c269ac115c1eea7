import type { IncomingHttpHeaders } from 'node:http';
import type { Model, Models } from './model';
import { decodeQuery } from './query';
import { candidates, decodeRest } from './rest';
import { problemsOf } from './value';

/** A request but for its body, as Node.js has it. */
export interface SentRequest {
  readonly method?: string | undefined;
  /** Path and query. */
  readonly url?: string | undefined;
  readonly headers: IncomingHttpHeaders;
}

/** A request of an AWS client and what AWS would refuse in it. */
export interface Checked {
  /** Such as `wafv2:UpdateIPSet`. */
  readonly operation: string;
  readonly problems: readonly string[];
}

/** Checks a request by the model of its service. Undefined if it is not signed, so no request of an AWS client. */
export function checkRequest(models: Models, request: SentRequest, body: Buffer): Checked | undefined {
  const [, service] =
    /Credential=[^/]+\/\d+\/[\w-]+\/([\w-]+)\/aws4_request/.exec(request.headers.authorization ?? '') ?? [];
  if (!service) return undefined;
  const model = models(service);
  if (!model) return { operation: service, problems: ['is a service that AWS does not have'] };
  const { name, problems } = checkBy(model, request, body);
  return { operation: `${service}:${name}`, problems };
}

interface Found {
  readonly name: string;
  readonly problems: readonly string[];
}

function checkBy(model: Model, request: SentRequest, body: Buffer): Found {
  const target = request.headers['x-amz-target'];
  if (typeof target === 'string') return checkJson(model, target.split('.').at(-1) ?? target, body);
  return /^(query|ec2)$/.test(model.metadata.protocol) ? checkQuery(model, body) : checkRest(model, request, body);
}

function checkJson(model: Model, name: string, body: Buffer): Found {
  return checkInput(model, name, () => ({ value: JSON.parse(body.toString() || '{}'), unknown: [] }));
}

function checkQuery(model: Model, body: Buffer): Found {
  const parameters = new URLSearchParams(body.toString());
  return checkInput(model, parameters.get('Action') ?? '', (shape) => decodeQuery(model, shape, parameters));
}

/** Where a path fits several operations, the request is the one that it fits best. */
function checkRest(model: Model, { method = '', url = '', headers }: SentRequest, body: Buffer): Found {
  const request = { method, url: new URL(url, 'http://localhost'), headers, body };
  const all = candidates(model, request).map(({ name }) =>
    checkInput(model, name, () => decodeRest(model, model.operations[name] as never, request)),
  );
  const [best] = all.sort((a, b) => a.problems.length - b.problems.length);
  return best ?? { name: `${method} ${url}`, problems: ['is no operation of the service'] };
}

type Decode = (shape: string) => { readonly value: unknown; readonly unknown: readonly string[] };

function checkInput(model: Model, name: string, decode: Decode): Found {
  const operation = model.operations[name];
  if (!operation) return { name, problems: ['is no operation of the service'] };
  const { shape } = operation.input ?? {};
  if (!shape) return { name, problems: [] };
  const { value, unknown } = decode(shape);
  const strangers = unknown.map((parameter) => `the request has ${parameter}, which AWS does not know`);
  return { name, problems: [...strangers, ...problemsOf(model, shape, value)] };
}
