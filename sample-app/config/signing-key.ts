import { createPrivateKey, createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { ConfigurationError } from './configuration.error.js';

/** What signs and verifies access tokens. */
export type SigningKey =
  | { readonly algorithm: 'HS256'; readonly secret: string }
  | {
      readonly algorithm: 'RS256' | 'ES256';
      readonly privateKey: KeyObject;
      /** The public half, as `/.well-known/jwks.json` shows it (RFC 7517 §4). */
      readonly publicJwk: JsonWebKey;
    };

const FITS = {
  RS256: {
    accepts: 'an RSA key of at least 2048 bits',
    test: ({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject) =>
      asymmetricKeyType === 'rsa' && (asymmetricKeyDetails?.modulusLength ?? 0) >= 2048,
  },
  ES256: {
    accepts: 'an EC key on P-256',
    test: ({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject) =>
      asymmetricKeyType === 'ec' && asymmetricKeyDetails?.namedCurve === 'prime256v1',
  },
};

/**
 * The private key in a JWK Set file (RFC 7517 §5).
 *
 * @throws ConfigurationError with one line; the parsers' own words may quote the key, so they are not repeated
 */
export function signingKeyFrom(
  file: string | undefined,
  algorithm: 'RS256' | 'ES256',
): Exclude<SigningKey, { algorithm: 'HS256' }> {
  if (file === undefined) return refuse(`AUTH_ALG=${algorithm} needs a JWK Set with a private key`);
  const keys = keysOf(contentOf(file));
  if (keys === undefined) return refuse('accepts the path of a JWK Set: JSON with a list "keys"');
  const [jwk, ...others] = keys;
  if (jwk === undefined || others.length > 0) {
    return refuse(`this version accepts a JWK Set with exactly one key, not ${keys.length}`);
  }
  const privateKey = privateKeyOf(jwk);
  const { accepts, test } = FITS[algorithm];
  if (privateKey === undefined || !test(privateKey)) {
    return refuse(`AUTH_ALG=${algorithm} needs ${accepts}, with its private part`);
  }
  return { algorithm, privateKey, publicJwk: publicJwkOf(privateKey, algorithm, jwk) };
}

function refuse(problem: string): never {
  throw new ConfigurationError('AUTH_KEYS_FILE', problem);
}

function contentOf(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

function keysOf(content: unknown): readonly unknown[] | undefined {
  const isSet = typeof content === 'object' && content !== null && 'keys' in content;
  return isSet && Array.isArray(content.keys) ? content.keys : undefined;
}

function privateKeyOf(jwk: unknown): KeyObject | undefined {
  if (typeof jwk !== 'object' || jwk === null) return undefined;
  try {
    return createPrivateKey({ key: { ...jwk }, format: 'jwk' });
  } catch {
    return undefined;
  }
}

/** Made from the public key object, so that no private member can slip through. */
function publicJwkOf(privateKey: KeyObject, algorithm: string, jwk: unknown): JsonWebKey {
  const given: { kid?: unknown } = Object(jwk);
  return {
    ...createPublicKey(privateKey).export({ format: 'jwk' }),
    ...(typeof given.kid === 'string' ? { kid: given.kid } : {}),
    alg: algorithm,
    use: 'sig',
  };
}
