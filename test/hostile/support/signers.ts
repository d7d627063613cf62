/**
 * A key for one algorithm of each family, and how somebody who has it signs by hand: with Node's crypto, so
 * that no token of these suites goes through code that they attack.
 */
import {
  constants,
  createHmac,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from 'node:crypto';
import type { Algorithm, KeyOptions } from 'nestjs-revocable-jwt';

export interface Signer {
  readonly algorithm: Algorithm;
  /** What an application is given to sign with. */
  readonly key: KeyOptions;
  /** What everybody may know of it; a secret has no such half. */
  readonly publicKey?: KeyObject;
  readonly sign: Sign;
}

/** The signature under a text. */
export type Sign = (text: string) => Buffer;

const PKCS1 = constants.RSA_PKCS1_PADDING;
const PSS = {
  padding: constants.RSA_PKCS1_PSS_PADDING,
  saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
};

const hash = (algorithm: string) => `sha${algorithm.slice(2)}`;

export function hmac(algorithm: Algorithm, secret: string | Uint8Array): Sign {
  return (text) => createHmac(hash(algorithm), secret).update(text).digest();
}

/** RFC 7518 §3 and RFC 8037 §3.1, for keys of a pair. */
export function signing(algorithm: Algorithm, key: KeyObject): Sign {
  switch (algorithm.slice(0, 2)) {
    case 'RS':
      return (text) => sign(hash(algorithm), Buffer.from(text), { key, padding: PKCS1 });
    case 'PS':
      return (text) => sign(hash(algorithm), Buffer.from(text), { key, ...PSS });
    case 'ES':
      return (text) => sign(hash(algorithm), Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' });
    default:
      return (text) => sign(null, Buffer.from(text), key);
  }
}

function ofSecret(algorithm: Algorithm, bytes: number): Signer {
  const secret = randomBytes(bytes);
  return { algorithm, key: { secret, algorithm }, sign: hmac(algorithm, secret) };
}

function ofPair(
  algorithm: Algorithm,
  { privateKey, publicKey }: { privateKey: KeyObject; publicKey: KeyObject },
): Signer {
  const key = { privateKey, algorithm };
  return { algorithm, key, publicKey, sign: signing(algorithm, privateKey) };
}

export const FAMILIES = ['HS256', 'RS256', 'PS256', 'ES256', 'EdDSA'] as const;
export type Family = (typeof FAMILIES)[number];

/** A new key of one family. */
export function newSigner(family: Family): Signer {
  switch (family) {
    case 'HS256':
      return ofSecret(family, 32);
    case 'RS256':
    case 'PS256':
      return ofPair(family, generateKeyPairSync('rsa', { modulusLength: 2048 }));
    case 'ES256':
      return ofPair(family, generateKeyPairSync('ec', { namedCurve: 'P-256' }));
    case 'EdDSA':
      return ofPair(family, generateKeyPairSync('ed25519'));
  }
}

/** New keys: one for each family. */
export function newSigners(): Record<Family, Signer> {
  const [HS256, RS256, PS256, ES256, EdDSA] = [
    newSigner('HS256'),
    newSigner('RS256'),
    newSigner('PS256'),
    newSigner('ES256'),
    newSigner('EdDSA'),
  ];
  return { HS256, RS256, PS256, ES256, EdDSA };
}
