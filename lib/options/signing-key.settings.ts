import { createPrivateKey, createPublicKey, createSecretKey, KeyObject } from 'node:crypto';
import type { Algorithm, JwtOptions } from '../auth.options.js';
import type { SigningKey } from '../tokens/signing-key.js';
import type { Problems } from './problems.js';
import { weaknessOf } from './weak-secret.js';

/** Bytes that the hash of each HMAC algorithm has: the least a secret may have (RFC 7518 §3.2). */
const SECRET_BYTES: Readonly<Record<string, number>> = { HS256: 32, HS384: 48, HS512: 64 };
/** The curve that each ECDSA algorithm is bound to (RFC 7518 §3.4). */
const CURVES: Readonly<Record<string, string>> = {
  ES256: 'prime256v1',
  ES384: 'secp384r1',
  ES512: 'secp521r1',
};
const ALGORITHMS = /^(?:HS|RS|PS|ES)(?:256|384|512)$/;

/** The key that the options describe; `undefined` with a problem noted when it cannot be used. */
export function signingKey(problems: Problems, jwt: JwtOptions): SigningKey | undefined {
  const { algorithm } = jwt;
  if (algorithm !== undefined && !(typeof algorithm === 'string' && ALGORITHMS.test(algorithm))) {
    problems.add(
      'jwt.algorithm: give one of HS256, HS384, HS512, RS256 … RS512, PS256 … PS512, ES256 … ES512; "none" and lists are never accepted.',
    );
    return undefined;
  }
  if (jwt.secret !== undefined && (jwt.privateKey !== undefined || jwt.publicKey !== undefined)) {
    problems.add(
      'jwt.secret, jwt.privateKey: a secret and a key pair together invite algorithm confusion (RFC 8725 §2.1); give one of them.',
    );
    return undefined;
  }
  if (jwt.secret !== undefined) return symmetric(problems, jwt.secret, algorithm ?? 'HS256');
  if (jwt.privateKey !== undefined) {
    return asymmetric(problems, jwt.privateKey, jwt.publicKey, algorithm);
  }
  problems.add(
    jwt.publicKey === undefined
      ? 'jwt.secret: give a secret of at least 32 random bytes, or jwt.privateKey.'
      : 'jwt.publicKey: it verifies and cannot sign; give jwt.privateKey too.',
  );
  return undefined;
}

function symmetric(
  problems: Problems,
  secret: string | Uint8Array | KeyObject,
  algorithm: Algorithm,
): SigningKey | undefined {
  const least = SECRET_BYTES[algorithm];
  if (least === undefined) {
    problems.add(
      `jwt.algorithm: ${algorithm} needs jwt.privateKey, not jwt.secret; give HS256 or a key pair.`,
    );
    return undefined;
  }
  const bytes = secretBytes(secret);
  if (bytes === undefined) {
    problems.add('jwt.secret: give text, bytes or a secret key object.');
    return undefined;
  }
  // A public key that is used as an HMAC secret lets everybody sign who has it.
  if (bytes.includes('-----BEGIN')) {
    problems.add(
      'jwt.secret: it is a key in PEM format; give a private key as jwt.privateKey, or a secret of random bytes.',
    );
    return undefined;
  }
  const weakness =
    bytes.length < least
      ? `it has ${bytes.length} bytes and ${algorithm} needs ${least} (RFC 7518 §3.2)`
      : weaknessOf(bytes);
  if (weakness !== undefined) {
    problems.add(
      `jwt.secret: ${weakness}; make one with: node -p "require('crypto').randomBytes(${least}).toString('base64url')".`,
    );
    return undefined;
  }
  const key = createSecretKey(bytes);
  return { algorithm, sign: key, verify: key };
}

function secretBytes(secret: unknown): Buffer | undefined {
  if (typeof secret === 'string') return Buffer.from(secret, 'utf8');
  if (secret instanceof Uint8Array) return Buffer.from(secret);
  if (secret instanceof KeyObject && secret.type === 'secret') return secret.export();
  return undefined;
}

function asymmetric(
  problems: Problems,
  privateKey: string | KeyObject,
  publicKey: string | KeyObject | undefined,
  wanted: Algorithm | undefined,
): SigningKey | undefined {
  const sign = parsed(problems, 'jwt.privateKey', privateKey, createPrivateKey, 'private');
  if (sign === undefined) return undefined;
  const own = createPublicKey(sign);
  const verify =
    publicKey === undefined
      ? own
      : parsed(problems, 'jwt.publicKey', publicKey, createPublicKey, 'public');
  if (verify === undefined) return undefined;
  if (!own.equals(verify)) {
    problems.add('jwt.publicKey: it does not belong to jwt.privateKey; leave it out to derive it.');
    return undefined;
  }
  const algorithm = wanted ?? defaultAlgorithm(sign);
  const unfit =
    algorithm === undefined
      ? `no supported algorithm uses a key of type ${sign.asymmetricKeyDetails?.namedCurve ?? sign.asymmetricKeyType}`
      : unfitness(sign, algorithm);
  if (algorithm === undefined || unfit !== undefined) {
    problems.add(
      `jwt.privateKey: ${unfit}; give an RSA key of 2048 bits or more, or an EC key on P-256 for ES256, P-384 for ES384, P-521 for ES512.`,
    );
    return undefined;
  }
  return { algorithm, sign, verify };
}

function parsed(
  problems: Problems,
  name: string,
  key: unknown,
  parse: (pem: string) => KeyObject,
  type: 'private' | 'public',
): KeyObject | undefined {
  if (key instanceof KeyObject && key.type === type) return key;
  try {
    if (typeof key === 'string') return parse(key);
  } catch {
    // The parser's own words may quote the key, so they are not repeated.
  }
  problems.add(`${name}: it is not a ${type} key; give PEM text or a ${type} key object.`);
  return undefined;
}

function defaultAlgorithm(key: KeyObject): Algorithm | undefined {
  if (key.asymmetricKeyType === 'rsa') return 'RS256';
  if (key.asymmetricKeyType === 'rsa-pss') return pssAlgorithms(key)[0] ?? 'PS256';
  const curve = key.asymmetricKeyDetails?.namedCurve;
  return (['ES256', 'ES384', 'ES512'] as const).find((name) => CURVES[name] === curve);
}

/** Why this key cannot serve this algorithm; `undefined` when it can. */
function unfitness(key: KeyObject, algorithm: Algorithm): string | undefined {
  if (algorithm.startsWith('HS')) return `${algorithm} takes jwt.secret, not a key pair`;
  const { modulusLength, namedCurve } = key.asymmetricKeyDetails ?? {};
  if (algorithm.startsWith('ES')) {
    return namedCurve === CURVES[algorithm] ? undefined : `it is not on the curve of ${algorithm}`;
  }
  const types = algorithm.startsWith('RS') ? ['rsa'] : ['rsa', 'rsa-pss'];
  if (!types.includes(key.asymmetricKeyType ?? ''))
    return `it is not an RSA key, which ${algorithm} needs`;
  if ((modulusLength ?? 0) < 2048) {
    return `its ${modulusLength} bits are fewer than 2048 (RFC 7518 §3.3)`;
  }
  return key.asymmetricKeyType === 'rsa-pss' &&
    !pssAlgorithms(key).some((name) => name === algorithm)
    ? `its RSA-PSS parameters are not those of ${algorithm} (RFC 7518 §3.5)`
    : undefined;
}

/** The one algorithm that the parameters in an RSA-PSS key allow; none that they leave open. */
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
