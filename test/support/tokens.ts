/** Tokens taken apart, and put together by hand: as an attacker would, or somebody who has the secret. */
import { createHmac } from 'node:crypto';

type Members = Readonly<Record<string, unknown>>;

/** An object, or JSON as it will stand in the token. */
export type Part = object | string;

/** The text of an object with one member in other words: any text, `undefined` to leave it out. */
export function withMember(object: Members, name: string, text: string | undefined): string {
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

/** What a token says, unverified. */
export function partsOf(token: string): { readonly header: Members; readonly claims: Members } {
  const [header = '', claims = ''] = token.split('.');
  return { header: decoded(header), claims: decoded(claims) };
}

/** Whether `expiresIn` is what the default lifetime of 15 minutes leaves: the second of the issue has begun. */
export const isWholeLife = (expiresIn: unknown): boolean => expiresIn === 899 || expiresIn === 900;

export const claimsOf = (token: string): Members => partsOf(token).claims;

function decoded(part: string): Members {
  return JSON.parse(Buffer.from(part, 'base64url').toString());
}

/** As much of the module's options as tells the secret that signs. */
interface Signing {
  readonly jwt: { readonly secret?: unknown };
}

export interface Changes {
  readonly header?: Members;
  readonly claims?: Members;
  /** Default: the secret of the options. */
  readonly secret?: string | Uint8Array;
}

/** A copy of an HS256 token with other claims or another header, and a signature that holds. */
export function forge(token: string, { jwt }: Signing, changes: Changes = {}): string {
  const { header, claims } = partsOf(token);
  const secret = changes.secret ?? jwt.secret;
  if (typeof secret !== 'string' && !(secret instanceof Uint8Array)) throw new Error('No secret.');
  return compact({ ...header, ...changes.header }, { ...claims, ...changes.claims }, (text) =>
    createHmac('sha256', secret).update(text).digest(),
  );
}

/** The same token, as if it had been issued this many seconds earlier, its sign-in too. */
export function aged(token: string, options: Signing, seconds: number): string {
  const { iat, exp, iat_ms, auth_time } = claimsOf(token);
  return forge(token, options, {
    claims: {
      iat: Number(iat) - seconds,
      exp: Number(exp) - seconds,
      iat_ms: Number(iat_ms) - seconds * 1000,
      auth_time: Number(auth_time) - seconds,
    },
  });
}

/** A token with the other ES256 signature of the same text: with (r, s), (r, n − s) verifies too. */
export function mirrored(token: string): string {
  const [header, body, signature = ''] = token.split('.');
  const order = BigInt('0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551');
  const bytes = Buffer.from(signature, 'base64url');
  const s = order - BigInt(`0x${bytes.subarray(32).toString('hex')}`);
  const other = Buffer.from(s.toString(16).padStart(64, '0'), 'hex');
  const both = Buffer.concat([bytes.subarray(0, 32), other]);
  return [header, body, both.toString('base64url')].join('.');
}
