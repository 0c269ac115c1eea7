/**
 * Jest runs each test file in a realm of its own, but the errors of `fetch` and its kin are of Node's realm, where
 * `instanceof Error` says no to them. Here it says yes, as it does outside of Jest: what retries and words them asks so.
 */
for (const type of [Error, TypeError]) {
  const ordinary = Function.prototype[Symbol.hasInstance];
  Object.defineProperty(type, Symbol.hasInstance, {
    value(this: unknown, value: unknown): boolean {
      // Subclasses inherit this method, and have no twin in the other realm.
      return ordinary.call(this, value) || (this === type && hasAncestor(value, type.name));
    },
  });
}

function hasAncestor(value: unknown, name: string): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: object | null = Object.getPrototypeOf(value);
  return prototype !== null && (prototype.constructor?.name === name || hasAncestor(prototype, name));
}
