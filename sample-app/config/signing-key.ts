import { createPrivateKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { ConfigurationError } from './configuration.error.js';

/** What signs and verifies access tokens. */
export type SigningKey =
  | { readonly algorithm: 'HS256'; readonly secret: string }
  | {
      readonly algorithm: KeyAlgorithm;
      /** A JWK Set: the first key signs, all of them verify. The library reads it. */
      readonly file: string;
    };

type KeyAlgorithm = 'RS256' | 'ES256' | 'EdDSA';

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
  EdDSA: {
    accepts: 'an Ed25519 key',
    test: ({ asymmetricKeyType }: KeyObject) => asymmetricKeyType === 'ed25519',
  },
};

/**
 * The path of the JWK Set file (RFC 7517 §5), after a check that its first key can sign with AUTH_ALG. The library
 * checks the other keys.
 *
 * @throws ConfigurationError with one line. It does not contain the parsers' messages, which may quote the key.
 */
export function signingKeyFrom(
  file: string | undefined,
  algorithm: KeyAlgorithm,
): Exclude<SigningKey, { algorithm: 'HS256' }> {
  if (file === undefined) return refuse(`AUTH_ALG=${algorithm} needs a JWK Set with a private key`);
  const [jwk] = keysOf(contentOf(file)) ?? [];
  if (jwk === undefined) {
    return refuse('accepts the path of a JWK Set: JSON with a list "keys" that is not empty');
  }
  const privateKey = privateKeyOf(jwk);
  const { alg = algorithm }: { alg?: unknown } = Object(jwk);
  const { accepts, test } = FITS[algorithm];
  if (privateKey === undefined || !test(privateKey) || alg !== algorithm) {
    return refuse(
      `AUTH_ALG=${algorithm} needs ${accepts}, with its private part, as the first key`,
    );
  }
  return { algorithm, file };
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
