import { createPrivateKey, createPublicKey, type JsonWebKey, KeyObject } from 'node:crypto';
import type { Problems } from '../../validation/problems.js';
import type { Algorithm } from '../jwt.options.js';
import type { UnnamedKey } from './signature.js';
import type { KeyParts } from './key-parts.js';

/** The curve that each ECDSA algorithm is bound to (RFC 7518 §3.4). */
const CURVES: Readonly<Record<string, string>> = {
  ES256: 'prime256v1',
  ES384: 'secp384r1',
  ES512: 'secp521r1',
};
const FITTING =
  'Give an RSA key of 2048 bits or more, an EC key on P-256 for ES256, P-384 for ES384, P-521 for ES512, or an Ed25519 key for EdDSA';

/** The key of a pair; without a private key, it only verifies. `where` names its options. */
export function keyPair(
  problems: Problems,
  where: string,
  { privateKey, publicKey }: KeyParts,
  algorithm: Algorithm | undefined,
): UnnamedKey | undefined {
  const sign =
    privateKey === undefined
      ? undefined
      : parsed(problems, `${where}.privateKey`, privateKey, createPrivateKey, 'private');
  if (privateKey !== undefined && sign === undefined) return undefined;
  const own = sign && createPublicKey(sign);
  const verify =
    own !== undefined && publicKey === undefined
      ? own
      : parsed(problems, `${where}.publicKey`, publicKey, createPublicKey, 'public');
  if (verify === undefined) return undefined;
  if (own?.equals(verify) === false)
    return problems.add(
      `${where}.publicKey: it does not belong to ${where}.privateKey. Leave it out to derive it.`,
    );
  const name = sign === undefined ? 'publicKey' : 'privateKey';
  const fitting = algorithmOf(problems, `${where}.${name}`, sign ?? verify, algorithm);
  return fitting && { algorithm: fitting, sign, verify };
}

/** The one algorithm of a key: the requested one if the key fits it, otherwise that of its type. */
function algorithmOf(
  problems: Problems,
  name: string,
  key: KeyObject,
  wanted: Algorithm | undefined,
): Algorithm | undefined {
  const algorithm = wanted ?? defaultAlgorithm(key);
  const unfit =
    algorithm === undefined
      ? `no supported algorithm uses a key of type ${key.asymmetricKeyDetails?.namedCurve ?? key.asymmetricKeyType}`
      : unfitness(key, algorithm);
  if (unfit === undefined) return algorithm;
  return problems.add(`${name}: ${unfit}. ${FITTING}.`);
}

function parsed(
  problems: Problems,
  name: string,
  key: unknown,
  parse: (key: string | { key: JsonWebKey; format: 'jwk' }) => KeyObject,
  type: 'private' | 'public',
): KeyObject | undefined {
  if (key instanceof KeyObject && key.type === type) return key;
  try {
    // A private key in PEM could serve as a public one, but it is in the wrong place.
    if (typeof key === 'string' && (type === 'private' || !key.includes('PRIVATE KEY'))) {
      return parse(key);
    }
    if (isJwk(key, type)) return parse({ key, format: 'jwk' });
  } catch {
    // The parser's message may quote the key, so it is dropped.
  }
  return problems.add(
    `${name}: it is not a ${type} key. Give PEM text, a ${type} key object or a JWK.`,
  );
}

function isJwk(key: unknown, type: 'private' | 'public'): key is JsonWebKey {
  return (
    typeof key === 'object' &&
    key !== null &&
    !(key instanceof KeyObject) &&
    'kty' in key &&
    key.kty !== 'oct' &&
    'd' in key === (type === 'private')
  );
}

function defaultAlgorithm(key: KeyObject): Algorithm | undefined {
  if (key.asymmetricKeyType === 'rsa') return 'RS256';
  if (key.asymmetricKeyType === 'rsa-pss') return pssAlgorithms(key)[0] ?? 'PS256';
  if (key.asymmetricKeyType === 'ed25519') return 'EdDSA';
  const curve = key.asymmetricKeyDetails?.namedCurve;
  return (['ES256', 'ES384', 'ES512'] as const).find((name) => CURVES[name] === curve);
}

function unfitness(key: KeyObject, algorithm: Algorithm): string | undefined {
  if (algorithm.startsWith('HS')) return `${algorithm} takes jwt.secret, not a key pair`;
  if (algorithm === 'EdDSA') {
    return key.asymmetricKeyType === 'ed25519' ? undefined : 'it is not an Ed25519 key';
  }
  const { modulusLength, publicExponent, namedCurve } = key.asymmetricKeyDetails ?? {};
  if (algorithm.startsWith('ES')) {
    return namedCurve === CURVES[algorithm] ? undefined : `it is not on the curve of ${algorithm}`;
  }
  const types = algorithm.startsWith('RS') ? ['rsa'] : ['rsa', 'rsa-pss'];
  if (!types.includes(key.asymmetricKeyType ?? ''))
    return `it is not an RSA key, which ${algorithm} needs`;
  if ((modulusLength ?? 0) < 2048) {
    return `its ${modulusLength} bits are fewer than 2048 (RFC 7518 §3.3)`;
  }
  // With the exponent 1 anybody can sign; with another small one, anybody can if a verifier has a known fault.
  if ((publicExponent ?? 0n) < 65_537n) return 'its exponent is below 65537 (FIPS 186-5 §5.1)';
  return key.asymmetricKeyType === 'rsa-pss' &&
    !pssAlgorithms(key).some((name) => name === algorithm)
    ? `its RSA-PSS parameters are not those of ${algorithm} (RFC 7518 §3.5)`
    : undefined;
}

/** The one algorithm that the parameters in an RSA-PSS key allow; none if they do not fix one. */
function pssAlgorithms(key: KeyObject): Algorithm[] {
  const { hashAlgorithm, mgf1HashAlgorithm, saltLength = 0 } = key.asymmetricKeyDetails ?? {};
  return (['PS256', 'PS384', 'PS512'] as const).filter((name) => {
    const bits = Number(name.slice(2));
    return (
      hashAlgorithm === `sha${bits}` &&
      mgf1HashAlgorithm === hashAlgorithm &&
      saltLength <= bits / 8
    );
  });
}
