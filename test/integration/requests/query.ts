import type { Model, Reference, Shape } from './model';
import { fromText } from './value';

/**
 * The input of an operation from the parameters of a query.
 *
 * @returns also the parameters that are no part of it
 */
export function decodeQuery(model: Model, shape: string, parameters: URLSearchParams) {
  const rest = new Map([...parameters].filter(([key]) => key !== 'Action' && key !== 'Version'));
  const { protocol } = model.metadata;
  const value = decode(model, protocol === 'ec2', shape, '', rest) ?? {};
  return { value, unknown: [...rest.keys()] };
}

type Parameters = Map<string, string>;

/** Takes out of the parameters what belongs to a shape. */
function decode(model: Model, ec2: boolean, name: string, prefix: string, parameters: Parameters): unknown {
  const shape = model.shapes[name] as Shape;
  const under = (step: string) => (prefix ? `${prefix}.${step}` : step);
  const inner = (reference: Reference | undefined, path: string) =>
    decode(model, ec2, reference?.shape ?? '', path, parameters);
  if (shape.type === 'structure') {
    const members = Object.entries(shape.members ?? {}).map(([member, reference]) => {
      const flat = !ec2 && model.shapes[reference.shape]?.flattened;
      const listed = flat ? model.shapes[reference.shape]?.member?.locationName : undefined;
      return [member, inner(reference, under(listed ?? stepOf(member, reference, ec2)))] as const;
    });
    const present = members.filter(([, one]) => one !== undefined);
    return present.length > 0 ? Object.fromEntries(present) : undefined;
  }
  if (shape.type === 'list') {
    if (parameters.get(prefix) === '') return takeEmpty(prefix, parameters);
    const step = ec2 || shape.flattened ? prefix : under(shape.member?.locationName ?? 'member');
    return numbered(step, parameters, (path) => inner(shape.member, path));
  }
  if (shape.type === 'map') {
    const entries = numbered(shape.flattened ? prefix : under('entry'), parameters, (path) => [
      inner(shape.key, `${path}.${shape.key?.locationName ?? 'key'}`),
      inner(shape.value, `${path}.${shape.value?.locationName ?? 'value'}`),
    ]);
    return entries && Object.fromEntries(entries as [string, unknown][]);
  }
  const text = parameters.get(prefix);
  parameters.delete(prefix);
  return text === undefined ? undefined : fromText(shape, text);
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
