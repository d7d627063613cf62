/** Tokens put together by hand, from JSON texts that no serializer would write. */

/** An object, or JSON as it will stand in the token. */
export type Part = object | string;

/** The text of an object with one member in other words: any text, `undefined` to leave it out. */
export function withMember(
  object: Readonly<Record<string, unknown>>,
  name: string,
  text: string | undefined,
): string {
  const members = Object.entries(object)
    .filter(([key]) => key !== name)
    .map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
  if (text !== undefined) members.push(`${JSON.stringify(name)}:${text}`);
  return `{${members.join(',')}}`;
}

/** The compact serialization (RFC 7515 §7.1) of these parts, signed. */
export function compact(
  header: Part,
  payload: Part,
  sign: (text: string) => Buffer | string,
): string {
  const text = `${encoded(header)}.${encoded(payload)}`;
  const signature = sign(text);
  return `${text}.${typeof signature === 'string' ? signature : signature.toString('base64url')}`;
}

export function encoded(part: Part): string {
  return Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url');
}

/** What the parts of a token say. */
export function partsOf(token: string): {
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: Readonly<Record<string, unknown>>;
} {
  const [header = '', claims = ''] = token.split('.');
  return { header: decoded(header), claims: decoded(claims) };
}

function decoded(part: string): Readonly<Record<string, unknown>> {
  return JSON.parse(Buffer.from(part, 'base64url').toString());
}
