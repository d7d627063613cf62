import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';

/** The members of a public key as a JWK (RFC 7517): nothing but the key itself. */
export function publicJwk(key: KeyObject): JsonWebKey {
  return (key.asymmetricKeyType === 'rsa-pss' ? asRsa(key) : key).export({ format: 'jwk' });
}

/**
 * The same numbers as a key of type `rsa`. A JWK has no type for keys that are bound to RSA-PSS, so Node
 * exports none: there the algorithm says what the key is for (RFC 7518 §6.3).
 */
function asRsa(key: KeyObject): KeyObject {
  const der = key.export({ type: 'spki', format: 'der' });
  // SEQUENCE { SEQUENCE { algorithm }, BIT STRING { RSAPublicKey } } (RFC 5280 §4.1)
  const algorithm = contentAt(der, 0).start;
  const bits = contentAt(der, contentAt(der, algorithm).end);
  // The first byte of a bit string counts the bits that its last one leaves unused: none.
  const numbers = der.subarray(bits.start + 1, bits.end);
  return createPublicKey({ key: numbers, type: 'pkcs1', format: 'der' });
}

/** Where the content of the DER element at an offset begins and ends (X.690 §8.1.3). */
function contentAt(der: Buffer, offset: number): { readonly start: number; readonly end: number } {
  const first = der.readUInt8(offset + 1);
  const extra = first < 0x80 ? 0 : first - 0x80;
  const length = extra === 0 ? first : der.readUIntBE(offset + 2, extra);
  const start = offset + 2 + extra;
  return { start, end: start + length };
}
