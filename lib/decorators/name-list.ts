/**
 * The checked names of a decorator. An empty list requires nothing, and would open a route that its author
 * meant to close.
 *
 * @throws TypeError when the list is empty or holds anything but non-blank text
 */
export function nameList(label: string, names: readonly unknown[]): readonly string[] {
  if (names.length === 0) {
    throw new TypeError(
      `${label}() has no names. Name at least one, or use @Public() to open the route.`,
    );
  }
  return Object.freeze(names.map((name) => checked(label, name)));
}

function checked(label: string, name: unknown): string {
  if (Array.isArray(name)) {
    throw new TypeError(`${label}() was given an array. Spread it: ${label}(...names).`);
  }
  if (typeof name !== 'string') {
    throw new TypeError(`${label}() takes text, but was given ${kindOf(name)}.`);
  }
  if (name.trim() === '') {
    throw new TypeError(`${label}() was given a blank name. Remove it or correct it.`);
  }
  return name;
}

/** An undefined name usually comes from an enum that a circular import has not loaded yet. */
function kindOf(name: unknown): string {
  if (name === undefined) return 'undefined (a misspelt constant, or a circular import?)';
  return name === null ? 'null' : `a ${typeof name}`;
}
