import type { IncomingHttpHeaders } from 'node:http';
import type { Model, Operation, Reference, Shape } from './model';
import { fromText, UNREAD } from './value';

export interface RestRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** The operations that a request may be, by its method, path and the fixed parts of its query. The most specific come first. */
export function candidates(model: Model, { method, url }: RestRequest): Operation[] {
  const specific = ({ http }: Operation) => http.requestUri.length;
  return Object.values(model.operations)
    .filter(({ http }) => http.method === method && fits(http.requestUri, url))
    .sort((a, b) => specific(b) - specific(a));
}

function fits(template: string, url: URL): boolean {
  const [, query = ''] = template.split('?');
  const fixed = [...new URLSearchParams(query)];
  return pathPattern(template).test(url.pathname) && fixed.every(([key, value]) => hasFixed(url, key, value));
}

function hasFixed(url: URL, key: string, value: string): boolean {
  return url.searchParams.has(key) && (value === '' || url.searchParams.get(key) === value);
}

/** `{Key+}` takes the rest of the path, `{Bucket}` one part of it. */
function pathPattern(template: string): RegExp {
  const [path = ''] = template.split('?');
  const pattern = path
    .replace(/\/$/, '')
    .replaceAll(/\{(\w+)(\+?)\}/g, (_all, name, greedy) => `(?<${name}>${greedy ? '.+' : '[^/]+'})`);
  return new RegExp(`^${pattern}/?$`);
}

/**
 * The input of an operation from all parts of a request.
 *
 * @returns also the parameters that are no part of it
 */
export function decodeRest(model: Model, operation: Operation, request: RestRequest) {
  const { members = {}, payload }: Partial<Shape> = model.shapes[operation.input?.shape ?? ''] ?? {};
  const uri = pathPattern(operation.http.requestUri).exec(request.url.pathname)?.groups ?? {};
  const value: Record<string, unknown> = {};
  for (const [member, reference] of Object.entries(members)) {
    const found = located(model, reference, reference.locationName ?? member, uri, request);
    if (found !== undefined) value[member] = found;
  }
  const [, fixed = ''] = operation.http.requestUri.split('?');
  const known = new Set(['x-id', ...new URLSearchParams(fixed).keys()]);
  for (const { location, locationName = '' } of Object.values(members))
    if (location === 'querystring') known.add(locationName);
  const unknown = [...request.url.searchParams.keys()].filter((key) => !known.has(key));
  const body = payload ? { [payload]: payloadOf(model, members[payload], request.body) } : bodyOf(model, request.body);
  return { value: { ...body, ...value }, unknown };
}

function located(
  model: Model,
  { location, shape }: Reference,
  name: string,
  uri: Readonly<Record<string, string>>,
  { url, headers }: RestRequest,
): unknown {
  const type = model.shapes[shape] as Shape;
  const text = { uri: uri[name], header: headers[name.toLowerCase()], querystring: url.searchParams.get(name) }[
    location as string
  ];
  if (typeof text !== 'string') return undefined;
  if (type.type === 'list') return location === 'querystring' ? url.searchParams.getAll(name) : UNREAD;
  return fromText(type, location === 'uri' ? decodeURIComponent(text) : text);
}

/** The member that is the body as a whole. XML is not read. */
function payloadOf(model: Model, reference: Reference | undefined, body: Buffer): unknown {
  if (body.length === 0) return undefined;
  const type = model.shapes[reference?.shape ?? '']?.type;
  if (type === 'blob' || type === 'string') return body.toString(type === 'blob' ? 'base64' : 'utf8');
  return model.metadata.protocol === 'rest-json' ? JSON.parse(body.toString()) : UNREAD;
}

function bodyOf(model: Model, body: Buffer): Record<string, unknown> {
  return body.length > 0 && model.metadata.protocol === 'rest-json' ? JSON.parse(body.toString()) : {};
}
