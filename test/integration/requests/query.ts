import type { Model, Reference, Shape } from './model';
import { fromText } from './value';

/**
 * The input of an operation from the parameters of a query.
 *
 * @returns also the parameters that are no part of it
 */
export function decodeQuery(model: Model, shape: string, parameters: URLSearchParams) {
  const rest = new Map([...parameters].filter(([key]) => key !== 'Action' && key !== 'Version'));
  const value = decode({ model, ec2: model.metadata.protocol === 'ec2', parameters: rest }, shape, '') ?? {};
  return { value, unknown: [...rest.keys()] };
}

type Parameters = Map<string, string>;

interface Query {
  readonly model: Model;
  readonly ec2: boolean;
  /** What no shape has taken yet. */
  readonly parameters: Parameters;
}

/** Takes out of the parameters what belongs to a shape. */
function decode(query: Query, name: string, prefix: string): unknown {
  const { model, ec2, parameters } = query;
  const shape = model.shapes[name] as Shape;
  const inner = (reference: Reference | undefined, path: string) => decode(query, reference?.shape ?? '', path);
  if (shape.type === 'structure') return structure(query, shape, prefix);
  if (shape.type === 'list') {
    if (parameters.get(prefix) === '') return takeEmpty(prefix, parameters);
    const path = ec2 || shape.flattened ? prefix : `${prefix}.${shape.member?.locationName ?? 'member'}`;
    return numbered(path, parameters, (one) => inner(shape.member, one));
  }
  if (shape.type === 'map') {
    const entries = numbered(shape.flattened ? prefix : `${prefix}.entry`, parameters, (one) => [
      inner(shape.key, `${one}.${shape.key?.locationName ?? 'key'}`),
      inner(shape.value, `${one}.${shape.value?.locationName ?? 'value'}`),
    ]);
    return entries && Object.fromEntries(entries as [string, unknown][]);
  }
  const text = parameters.get(prefix);
  parameters.delete(prefix);
  return text === undefined ? undefined : fromText(shape, text);
}

/** Undefined if no parameter belongs to it. */
function structure(query: Query, shape: Shape, prefix: string): unknown {
  const members = Object.entries(shape.members ?? {}).map(([member, reference]) => {
    const { flattened, member: listed } = query.model.shapes[reference.shape] as Shape;
    const flat = query.ec2 || !flattened ? undefined : listed?.locationName;
    const step = flat ?? stepOf(member, reference, query.ec2);
    return [member, decode(query, reference.shape, prefix ? `${prefix}.${step}` : step)] as const;
  });
  const present = members.filter(([, one]) => one !== undefined);
  return present.length > 0 ? Object.fromEntries(present) : undefined;
}

/** EC2 writes the first letter large, whatever the model says. */
function stepOf(member: string, { queryName, locationName }: Reference, ec2: boolean): string {
  const name = locationName ?? member;
  return ec2 ? (queryName ?? `${name.charAt(0).toUpperCase()}${name.slice(1)}`) : name;
}

/** An empty list is an empty parameter. */
function takeEmpty(prefix: string, parameters: Parameters): unknown[] {
  parameters.delete(prefix);
  return [];
}

/** Undefined if there is none. */
function numbered(prefix: string, parameters: Parameters, decodeOne: (path: string) => unknown) {
  const members: unknown[] = [];
  for (let i = 1; ; i++) {
    const path = `${prefix}.${i}`;
    if (![...parameters.keys()].some((key) => key === path || key.startsWith(`${path}.`))) break;
    members.push(decodeOne(path));
  }
  return members.length > 0 ? members : undefined;
}
