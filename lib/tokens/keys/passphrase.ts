import { createHash, createSecretKey, type KeyObject, scryptSync } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { AuthConfigurationError } from '../../errors/auth.errors.js';
import { weaknessOf } from './weak-secret.js';

const MAKE_ONE =
  "Make one with: node -p \"require('crypto').randomBytes(32).toString('base64url')\".";

/** Six words of a word list, which are about 77 bits, have more letters than this. */
const LEAST_CHARACTERS = 20;

/** Makes each guess expensive: OWASP Password Storage Cheat Sheet, scrypt, with 32 MiB of memory. */
const COST = { N: 2 ** 15, r: 8, p: 3, maxmem: 2 ** 26 };

/** The same in every process and for every realm, because the same text must give the same key everywhere. */
const SALT = 'nestjs-revocable-jwt passphrase\0';

/** The longest key that HMAC with SHA-512 asks for. */
const BYTES = 64;

/**
 * A secret made of a passphrase. Use it when somebody has to remember or to type the secret. A random secret is
 * better: nobody can guess it.
 *
 * From one token, an attacker can try passphrases offline. So the text is stretched with scrypt, which makes each
 * guess take about as long as this call: some hundred milliseconds. Call it once, when the application starts.
 *
 * A service that verifies the tokens elsewhere must make its key with the same call.
 *
 * ```ts
 * AuthModule.forRoot({ jwt: { secret: passphrase(process.env.JWT_PASSPHRASE), … }, … })
 * ```
 *
 * @param text at least 20 characters; several words that were drawn at random
 * @throws AuthConfigurationError when it is missing, too short, or easy to guess
 */
export function passphrase(text: string | undefined): KeyObject {
  const given = typeof text === 'string' ? text.normalize('NFC') : '';
  const weakness =
    given.length < LEAST_CHARACTERS
      ? `it has fewer than ${LEAST_CHARACTERS} characters`
      : weaknessOf(Buffer.from(given));
  if (weakness !== undefined) {
    throw new AuthConfigurationError([
      `passphrase(): ${weakness}. Give several random words, or a random secret. ${MAKE_ONE}`,
    ]);
  }
  return createSecretKey(scryptSync(given, SALT, BYTES, COST));
}

/** Digests of the passphrases that were reported. Keys are validated again whenever they are loaded. */
const reported = new Set<string>();

/**
 * Warns once per process about a secret that a person may have made up. No estimate can tell a published phrase from
 * a random one. So it warns about every text that does not encode at least 32 bytes.
 */
export function reportPassphrase(where: string, secret: unknown, remedy = ''): void {
  if (typeof secret !== 'string' || isEncoded(secret)) return;
  const digest = createHash('sha256').update(secret).digest('base64');
  if (reported.has(digest)) return;
  reported.add(digest);
  new Logger('AuthModule').warn(
    `${where}: it looks like a passphrase, which an attacker can guess offline. Use random bytes. ${MAKE_ONE}${remedy}`,
  );
}

/** Whether a text is hex, base64 or base64url of at least 32 bytes. Random base64 has letters of both cases. */
function isEncoded(text: string): boolean {
  return (
    /^(?:[\da-f]{64,}|[\dA-F]{64,})$/.test(text) ||
    (/^(?:[\w-]{43,}|[A-Za-z\d+/]{43,})={0,2}$/.test(text) &&
      /[a-z]/.test(text) &&
      /[A-Z]/.test(text))
  );
}
