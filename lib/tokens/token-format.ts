import { isStorable } from '../users/subject-codec.js';
import { isRecord } from '../validation/records.js';

/** The most characters of a token. The library never issues more, and refuses more without reading them. */
export const LONGEST_TOKEN = 8_192;

/** The most bytes of a cookie's name and value together. Browsers ignore a longer one (RFC 6265bis §5.6). */
export const LONGEST_COOKIE = 4_096;

/** The compact serialization (RFC 7515 §7.1): three parts in base64url, without padding or white space. */
const COMPACT = /^[\w-]+\.[\w-]+\.[\w-]+$/;
/** The base64url letters whose last two bits, or last four, are zero. */
const TWO_ZEROS = 'AEIMQUYcgkosw048';
const FOUR_ZEROS = 'AQgw';

/** `typ` of an access token, with and without the optional prefix (RFC 9068 §2.1). */
const ACCESS_TOKEN_TYPES: readonly unknown[] = ['at+jwt', 'application/at+jwt'];

/**
 * Header members that the library never writes and does not accept: critical extensions (RFC 7515 §4.1.11) and
 * unencoded payloads (RFC 7797), which it does not implement; encryption and compression, which a signed token does
 * not have (RFC 7516 §4.1); and keys that the sender chose, which it must not look at (RFC 8725 §3.10).
 */
const FOREIGN = [
  'crit',
  'b64',
  'enc',
  'zip',
  'jwk',
  'jku',
  'x5u',
  'x5c',
  'x5t',
  'x5t#S256',
] as const;

/** `cty` of a token whose payload is another token (RFC 7519 §5.2), which the library does not open. */
const NESTED = /^(?:application\/)?jwt$/i;

export interface TokenHeader {
  readonly alg: unknown;
  readonly kid: unknown;
  readonly typ: unknown;
  /** Whether it has none of the members that the library refuses. */
  readonly isPlain: boolean;
}

/** Whether a text has the outer form of a token. Takes linear time and decodes nothing. */
export function isCompact(token: string): boolean {
  return token.length <= LONGEST_TOKEN && COMPACT.test(token);
}

/**
 * Whether each part of a token has its one canonical spelling.
 *
 * Node decodes base64url leniently: it ignores the bits left over at the end of a part. Two spellings
 * are one token to Node, but two to code that stores or compares the text. RFC 4648 §3.5 lets a decoder refuse all
 * but one.
 */
export function isCanonical(token: string): boolean {
  const first = token.indexOf('.');
  const second = token.lastIndexOf('.');
  return (
    hasNoSpareBits(token, 0, first) &&
    hasNoSpareBits(token, first + 1, second) &&
    hasNoSpareBits(token, second + 1, token.length)
  );
}

function hasNoSpareBits(token: string, start: number, end: number): boolean {
  const rest = (end - start) % 4;
  // A single letter is less than a byte.
  if (rest < 2) return rest === 0;
  return (rest === 2 ? FOUR_ZEROS : TWO_ZEROS).includes(token.charAt(end - 1));
}

/** The header in a token's first part; `undefined` when that part is not a JSON object. */
export function readHeader(part: string): TokenHeader | undefined {
  const header = decodedJson(part);
  if (!isRecord(header)) return undefined;
  const own = (name: string) => (Object.hasOwn(header, name) ? header[name] : undefined);
  return {
    alg: own('alg'),
    kid: own('kid'),
    typ: own('typ'),
    isPlain:
      !FOREIGN.some((name) => Object.hasOwn(header, name)) && !NESTED.test(String(own('cty'))),
  };
}

/** Whether a header is that of an access token. jsonwebtoken accepts any `typ` and any `crit`. */
export function isAccessTokenHeader({ typ, isPlain }: TokenHeader): boolean {
  return isPlain && ACCESS_TOKEN_TYPES.includes(typ);
}

/** The payload of a token, unverified; `undefined` when it is not JSON. */
export function payloadOf(token: string): unknown {
  return decodedJson(token.slice(token.indexOf('.') + 1, token.lastIndexOf('.')));
}

/**
 * The JSON in one part of a token; `undefined` when there is none. Of two members with one name the
 * last counts, as RFC 7519 §4 allows. Only the signer could write both.
 */
function decodedJson(part: string): unknown {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString());
  } catch {
    return undefined;
  }
}

/** Whether `aud` names this audience, alone or among others (RFC 7519 §4.1.3). */
export function isFor(aud: unknown, audience: string): boolean {
  return aud === audience || (isTexts(aud) && aud.includes(audience));
}

export function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string');
}

/** Whether a claim is a text that the database can hold as an id. */
export function isId(value: unknown): value is string {
  return typeof value === 'string' && isStorable(value);
}

/** RFC 6749 appendix A.1: visible ASCII characters and spaces. */
const CLIENT_ID = /^[\x20-\x7e]{1,200}$/;

export function isClientId(value: unknown): value is string {
  return typeof value === 'string' && CLIENT_ID.test(value);
}

/** Whether a claim is a time: whole seconds, or milliseconds, since the epoch. */
export function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
