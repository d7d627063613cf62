/** Tokens that the library would not make, signed with the real secret. */
import { createHmac } from 'node:crypto';
import type { AuthModuleOptions } from 'nestjs-revocable-jwt';

export interface Changes {
  readonly header?: Readonly<Record<string, unknown>>;
  readonly claims?: Readonly<Record<string, unknown>>;
  /** Default: the secret of the options. */
  readonly secret?: string | Uint8Array;
}

/** A copy of an HS256 token with other claims or header, and a signature that holds. */
export function forge(
  token: string,
  { jwt }: Pick<AuthModuleOptions, 'jwt'>,
  changes: Changes,
): string {
  const [header, payload] = token.split('.').slice(0, 2).map(decoded);
  const secret = changes.secret ?? jwt.secret;
  if (typeof secret !== 'string' && !(secret instanceof Uint8Array)) throw new Error('No secret.');
  const text = [
    { ...header, ...changes.header },
    { ...payload, ...changes.claims },
  ]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
}

/** The same token, as if it had been issued this many seconds earlier, its sign-in too. */
export function aged(
  token: string,
  options: Pick<AuthModuleOptions, 'jwt'>,
  seconds: number,
): string {
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

/** What a token says, unverified. */
export function claimsOf(token: string): Readonly<Record<string, unknown>> {
  return decoded(token.split('.')[1] ?? '');
}

function decoded(part: string): Readonly<Record<string, unknown>> {
  return JSON.parse(Buffer.from(part, 'base64url').toString());
}
