import {
  createHash,
  createHmac,
  createPublicKey,
  type JsonWebKey,
  type KeyObject,
} from 'node:crypto';

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

/** The members of a public key as a JWK (RFC 7517): only the key itself. */
export function publicJwk(key: KeyObject): JsonWebKey {
  return (key.asymmetricKeyType === 'rsa-pss' ? asRsa(key) : key).export({ format: 'jwk' });
}

/**
 * The same numbers as a key of type `rsa`. A JWK has no type for keys bound to RSA-PSS, because its algorithm
 * says what a key is for (RFC 7518 §6.3), so Node exports none.
 */
function asRsa(key: KeyObject): KeyObject {
  const spki = key.export({ type: 'spki', format: 'der' });
  // The numbers are the last sequence in it (RFC 5280 §4.1). No other inner sequence is so long that its length takes
  // two bytes: with 2048 bits and more, it begins with 30 82 (X.690 §8.1.3).
  const numbers = spki.subarray(spki.indexOf('3082', 4, 'hex'));
  return createPublicKey({ key: numbers, type: 'pkcs1', format: 'der' });
}
