import { createHash, createHmac, type KeyObject } from 'node:crypto';
import { publicJwk } from './public-jwk.js';

/**
 * The id of a key that was given none: the same in every process that has the key, and nobody can
 * tell the key from it.
 *
 * Of a public key its thumbprint (RFC 7638). Of a secret a digest that is keyed with it: it tells no
 * more than a signature does, which everybody sees who has a token.
 */
export function keyIdOf(key: KeyObject): string {
  return key.type === 'secret'
    ? createHmac('sha256', key)
        .update('nestjs-revocable-jwt kid\0')
        .digest('base64url')
        .slice(0, 22)
    : thumbprint(key);
}

/** RFC 7638 §3: the members that make the key, in lexical order and without white space, hashed. */
function thumbprint(publicKey: KeyObject): string {
  const { crv, e, kty, n, x, y } = publicJwk(publicKey);
  // The order of these is the lexical one; JSON leaves out those that this type of key does not have.
  const members = JSON.stringify({ crv, e, kty, n, x, y });
  return createHash('sha256').update(members).digest('base64url');
}
