/**
 * One text for each value that a column can hold, and no text for two values.
 *
 * Each part begins with its type and its length, so that no value can imitate another or run into its
 * neighbour: `null`, `''`, `0`, `0n`, `false`, an empty Buffer, `[]` and `{}` all differ. Keys of
 * objects are sorted, because databases keep JSON in an order of their own.
 *
 * @throws TypeError for a value whose content cannot be seen, such as a Map or a function: two of
 * them would look alike, and a change would go unnoticed
 */
export function encode(value: unknown): string {
  switch (typeof value) {
    case 'undefined':
      return part('u', '');
    case 'string':
      return part('s', value);
    case 'boolean':
      return part('b', String(value));
    case 'number':
      return part('n', String(value));
    case 'bigint':
      return part('i', String(value));
    case 'object':
      return value === null ? part('z', '') : encodeObject(value);
    default:
      throw new TypeError(`A ${typeof value} cannot be compared.`);
  }
}

function encodeObject(value: object): string {
  // By the millisecond; of an instant that cannot be read, 'NaN'.
  if (value instanceof Date) return part('d', String(value.getTime()));
  if (value instanceof Uint8Array) {
    return part('x', Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex'));
  }
  if (Array.isArray(value)) return part('a', value.map(encode).join(''));
  // What a transformer made, such as a decimal or a Temporal instant, often says itself what it holds.
  if ('toJSON' in value && typeof value.toJSON === 'function') {
    const json: unknown = value.toJSON();
    return part('j', encode(json));
  }
  const entries = Object.entries(value)
    .filter(([, content]) => content !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  if (entries.length === 0 && !isPlain(value)) {
    throw new TypeError(`A ${value.constructor.name} cannot be compared. Give it a toJSON().`);
  }
  return part('o', entries.map(([key, content]) => encode(key) + encode(content)).join(''));
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

function part(type: string, content: string): string {
  return `${type}${content.length}:${content}`;
}
