import { createHmac, type KeyObject } from 'node:crypto';
import type { SubjectState } from '../decision/auth-state.js';
import { fingerprint } from '../decision/comparable.js';

/**
 * The key that signs one user's tokens: an HMAC of the watched columns under the realm's secret.
 *
 * When a column changes, the key changes, and every earlier signature fails. The hashed text begins
 * with a label, so that no other use of the secret yields the same bytes.
 */
export function derivedKey(
  secret: KeyObject,
  columns: readonly string[],
  subject: SubjectState,
): Buffer {
  return createHmac('sha512', secret)
    .update('nestjs-revocable-jwt derived key\0')
    .update(fingerprint(subject, columns))
    .digest();
}
