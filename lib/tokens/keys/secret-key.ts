import { createSecretKey, KeyObject } from 'node:crypto';
import type { Problems } from '../../validation/problems.js';
import type { Algorithm } from '../jwt.options.js';
import type { UnnamedKey } from './signature.js';

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
  const key = createSecretKey(bytes);
  return { algorithm, sign: key, verify: key };
}

function secretBytes(secret: unknown): Buffer | undefined {
  if (typeof secret === 'string') return Buffer.from(secret, 'utf8');
  if (secret instanceof Uint8Array) return Buffer.from(secret);
  if (secret instanceof KeyObject && secret.type === 'secret') return secret.export();
  return undefined;
}

/**
 * Why a secret of sufficient length is still guessable; `undefined` when it is not known to be. From one
 * token, an attacker can guess such a secret off line, and then issue tokens (RFC 8725 §3.5).
 */
export function weaknessOf(secret: Uint8Array): string | undefined {
  if (new Set(secret).size < 8) return 'it uses fewer than eight different bytes';
  if (repeats(secret)) return 'it repeats itself';
  if (counts(secret)) return 'it is a run of consecutive characters';
  if (isPublished(secret)) return 'it contains a phrase from published examples';
  return undefined;
}

/** Whether it repeats one piece of at most half its length. */
function repeats(secret: Uint8Array): boolean {
  for (let period = 1; period <= secret.length / 2; period++) {
    if (secret.every((byte, index) => index < period || byte === secret[index - period]))
      return true;
  }
  return false;
}

/** Whether nearly every byte is the previous one plus or minus one: `abcdef…`, `9876…`. */
function counts(secret: Uint8Array): boolean {
  let steps = 0;
  for (let index = 1; index < secret.length; index++) {
    if (Math.abs((secret[index] ?? 0) - (secret[index - 1] ?? 0)) === 1) steps++;
  }
  return steps >= (secret.length - 1) * 0.8;
}

/** Phrases from tutorials, templates and debuggers, without punctuation and in lower case. */
const PUBLISHED = `
  donotusethisvalue createacomplexsecret asecretstringatleast astringsecretatleast
  your256bitsecret your384bitsecret your512bitsecret yoursecretkey yourjwtsecret yourverysecret
  yoursupersecret mysupersecret mysecretkey thisismysecret thisisasecret supersecretkey
  supersecretjwt verysecretkey secretkeyhere secretsecret jwtsecretkey changeme changethis
  replaceme replacethis topsecretkey passwordpassword qwertyuiop
`
  .trim()
  .split(/\s+/);

function isPublished(secret: Uint8Array): boolean {
  const text = Buffer.from(secret)
    .toString('latin1')
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '');
  return PUBLISHED.some((phrase) => text.includes(phrase));
}
