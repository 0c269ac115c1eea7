import type { Model, Shape } from './model';

/** A member that is there and that no check reads. */
export const UNREAD = Symbol('unread');

/** What is wrong with a value, by the model of its shape: one line each, beginning with the path of the member. */
export function problemsOf(model: Model, name: string, value: unknown, path = ''): string[] {
  if (value === UNREAD) return [];
  const shape = model.shapes[name] as Shape;
  const at = (text: string) => [`${path || 'the request'} ${text}`];
  const inner = (reference: string, one: unknown, step: string | number) =>
    problemsOf(model, reference, one, path ? `${path}.${step}` : `${step}`);
  switch (shape.type) {
    case 'structure':
      return isRecord(value) ? problemsOfStructure(shape, value, inner, at) : at('is not a structure');
    case 'list':
      if (!Array.isArray(value)) return at('is not a list');
      return [
        ...problemsOfSize(shape, value.length, 'members', at),
        ...value.flatMap((one, i) => inner(shape.member?.shape ?? '', one, i)),
      ];
    case 'map':
      if (!isRecord(value)) return at('is not a map');
      return [
        ...problemsOfSize(shape, Object.keys(value).length, 'entries', at),
        ...Object.keys(value).flatMap((key) => inner(shape.key?.shape ?? '', key, `key ${key}`)),
        ...Object.entries(value).flatMap(([key, one]) => inner(shape.value?.shape ?? '', one, key)),
      ];
    default:
      return problemsOfScalar(shape, value, at);
  }
}

type Inner = (reference: string, value: unknown, step: string) => string[];
type At = (text: string) => string[];

function problemsOfStructure(shape: Shape, value: Record<string, unknown>, inner: Inner, at: At): string[] {
  const { members = {}, required = [] } = shape;
  const present = Object.entries(value).filter(([, one]) => one !== undefined && one !== null);
  const names = new Set(present.map(([name]) => name));
  return [
    ...required.flatMap((name) => (names.has(name) ? [] : at(`lacks ${name}, which is required`))),
    ...present.flatMap(([name, one]) => {
      const member = members[name];
      return member ? inner(member.shape, one, name) : at(`has ${name}, which AWS does not know`);
    }),
  ];
}

function problemsOfScalar(shape: Shape, value: unknown, at: At): string[] {
  switch (shape.type) {
    case 'string':
      return typeof value === 'string' ? problemsOfText(shape, value, at) : at('is not text');
    case 'blob':
      if (typeof value !== 'string') return at('is not base64');
      return problemsOfSize(shape, Buffer.from(value, 'base64').length, 'bytes', at);
    case 'boolean':
      return typeof value === 'boolean' ? [] : at('is neither true nor false');
    case 'integer':
    case 'long':
      return Number.isInteger(value) ? problemsOfSize(shape, value as number, undefined, at) : at('is not an integer');
    case 'float':
    case 'double':
      return typeof value === 'number' ? problemsOfSize(shape, value, undefined, at) : at('is not a number');
    case 'timestamp':
      return typeof value === 'number' || !Number.isNaN(Date.parse(`${value}`)) ? [] : at('is not a time');
    default:
      throw new Error(`No check for the type ${shape.type}`);
  }
}

function problemsOfText(shape: Shape, value: string, at: At): string[] {
  return [
    ...problemsOfSize(shape, [...value].length, 'characters', at),
    ...(shape.enum && !shape.enum.includes(value) ? at(`is ${JSON.stringify(value)}, not one of ${shape.enum}`) : []),
    ...(shape.pattern && !patternOf(shape.pattern).test(value)
      ? at(`is ${JSON.stringify(value)}, which does not match ${shape.pattern}`)
      : []),
  ];
}

function problemsOfSize({ min, max }: Shape, size: number, unit: string | undefined, at: At): string[] {
  const said = unit ? `has ${size} ${unit}` : `is ${size}`;
  if (min !== undefined && size < min) return at(`${said}, fewer than ${min}`);
  return max !== undefined && size > max ? at(`${said}, more than ${max}`) : [];
}

const patterns = new Map<string, RegExp>();

/** AWS matches the whole text. Its patterns are Java's, whose classes of characters JavaScript has in Unicode mode only. */
function patternOf(pattern: string): RegExp {
  const known = patterns.get(pattern);
  if (known) return known;
  const whole = `^(?:${pattern})$`;
  const made = /\\p\{/.test(pattern) ? new RegExp(whole, 'us') : new RegExp(whole, 's');
  patterns.set(pattern, made);
  return made;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Text of a query, a path or a header as JSON would have it. */
export function fromText({ type }: Shape, text: string): unknown {
  if (type === 'boolean' && /^(true|false)$/.test(text)) return text === 'true';
  const isNumeric = ['integer', 'long', 'float', 'double'].includes(type) && /^-?\d+(\.\d+)?$/.test(text);
  return isNumeric ? Number(text) : text;
}
