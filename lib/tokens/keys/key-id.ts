import { createHash, createHmac, type KeyObject } from 'node:crypto';
import { publicJwk } from './public-jwk.js';

/**
 * The id of a key without a `kid`: the same in every process that has the key, and it does not reveal the
 * key.
 *
 * For a public key, its thumbprint (RFC 7638). For a secret, a digest keyed with it: that reveals no
 * more than a signature, which everyone who has a token sees.
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
  // In lexical order. JSON leaves out the members that this type of key does not have.
  const members = JSON.stringify({ crv, e, kty, n, x, y });
  return createHash('sha256').update(members).digest('base64url');
}
