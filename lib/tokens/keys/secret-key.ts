import { createSecretKey, KeyObject } from 'node:crypto';
import type { Problems } from '../../validation/problems.js';
import type { Algorithm } from '../jwt.options.js';
import { reportPassphrase } from './passphrase.js';
import type { UnnamedKey } from './signature.js';
import { weaknessOf } from './weak-secret.js';

/** The size of each HMAC algorithm's hash, in bytes: a secret needs as many (RFC 7518 §3.2). */
const SECRET_BYTES: Readonly<Record<string, number>> = { HS256: 32, HS384: 48, HS512: 64 };

/** The key of a shared secret. `where` names its options. */
export function secretKey(
  problems: Problems,
  where: string,
  secret: unknown,
  algorithm: Algorithm,
): UnnamedKey | undefined {
  const least = SECRET_BYTES[algorithm];
  if (least === undefined)
    return problems.add(
      `${where}.algorithm: ${algorithm} needs ${where}.privateKey, not ${where}.secret. Give HS256 or a key pair.`,
    );
  const bytes = secretBytes(secret);
  if (bytes === undefined)
    return problems.add(`${where}.secret: give text, bytes or a secret key object.`);
  // With a public key as the HMAC secret, everyone who has the public key can sign.
  if (bytes.includes('-----BEGIN'))
    return problems.add(
      `${where}.secret: it is a key in PEM format. Give a private key as ${where}.privateKey, or a secret of random bytes.`,
    );
  const weakness =
    bytes.length < least
      ? `it has ${bytes.length} bytes and ${algorithm} needs ${least} (RFC 7518 §3.2)`
      : weaknessOf(bytes);
  if (weakness !== undefined)
    return problems.add(
      `${where}.secret: ${weakness}. Make one with: node -p "require('crypto').randomBytes(${least}).toString('base64url')".`,
    );
  reportPassphrase(`${where}.secret`, secret, " If you mean a passphrase, write passphrase('…').");
  const key = createSecretKey(bytes);
  return { algorithm, sign: key, verify: key };
}

function secretBytes(secret: unknown): Buffer | undefined {
  if (typeof secret === 'string') return Buffer.from(secret, 'utf8');
  if (secret instanceof Uint8Array) return Buffer.from(secret);
  if (secret instanceof KeyObject && secret.type === 'secret') return secret.export();
  return undefined;
}
