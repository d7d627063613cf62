import { serialize } from 'cookie';
import type { IssuedToken } from './token-issuer.js';

/** Out of reach of scripts, of plain HTTP and of other sites (OWASP ASVS 5.0 V3.3). */
const ATTRIBUTES = { path: '/', httpOnly: true, secure: true, sameSite: 'strict' } as const;

/** The `Set-Cookie` value that carries a token. */
export function cookieOf(name: string, { accessToken, expiresIn }: IssuedToken): string {
  return serialize(name, accessToken, { ...ATTRIBUTES, maxAge: expiresIn });
}

/** The `Set-Cookie` value that makes a browser forget it. */
export function expiredCookie(name: string): string {
  return serialize(name, '', { ...ATTRIBUTES, maxAge: 0 });
}
