import { decodedJson } from './decoded-json.js';
import { isRecord } from '../validation/records.js';

/** `typ` of an access token, with and without the prefix that may be left out (RFC 9068 §2.1). */
const TYPES: readonly unknown[] = ['at+jwt', 'application/at+jwt'];

/**
 * Members that make a token one that is not ours: extensions that must be understood (RFC 7515 §4.1.11)
 * and an unencoded payload (RFC 7797), of which none is understood here; compression; and those
 * that offer a key of the sender's choosing, which is never looked at (RFC 8725 §3.10).
 */
const FOREIGN = ['crit', 'b64', 'zip', 'jwk', 'jku', 'x5u', 'x5c', 'x5t', 'x5t#S256'] as const;

/** The first part of a token, as far as the library cares. */
export interface TokenHeader {
  readonly alg: unknown;
  readonly kid: unknown;
  readonly typ: unknown;
  /** Whether it has none of the members that this library refuses. */
  readonly isPlain: boolean;
}

/** The header in a token's first part; `undefined` when that is not a JSON object. */
export function readHeader(part: string): TokenHeader | undefined {
  const header = decodedJson(part);
  if (!isRecord(header)) return undefined;
  const own = (name: string) => (Object.hasOwn(header, name) ? header[name] : undefined);
  return {
    alg: own('alg'),
    kid: own('kid'),
    typ: own('typ'),
    isPlain: !FOREIGN.some((name) => Object.hasOwn(header, name)),
  };
}

/** Whether it is that of an access token; jsonwebtoken lets any `typ` and any `crit` pass. */
export function isAccessTokenHeader({ typ, isPlain }: TokenHeader): boolean {
  return isPlain && TYPES.includes(typ);
}
