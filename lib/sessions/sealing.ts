import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { hashOf, isSameHash, parseRefreshToken, type RefreshToken } from './refresh-token.js';

const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const INFO = 'nestjs-revocable-jwt sealed successor';

/**
 * Encrypts a token for the holder of its predecessor. The key is derived from the predecessor and stored
 * nowhere: the server has no key that could leak, and the stored text alone gives no access.
 */
export function seal(successor: RefreshToken, predecessor: RefreshToken): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, keyOf(predecessor), nonce);
  cipher.setAAD(Buffer.from(predecessor.sessionId));
  const sealed = [cipher.update(Buffer.from(successor.secret, 'base64url')), cipher.final()];
  return Buffer.concat([nonce, ...sealed, cipher.getAuthTag()]).toString('base64url');
}

/**
 * The sealed token; `undefined` when it does not have this hash, or this predecessor does not open it. A row
 * that was restored or written by hand must not give a token that was never valid.
 */
export function unseal(
  sealed: string,
  predecessor: RefreshToken,
  hash: string,
): RefreshToken | undefined {
  const bytes = Buffer.from(sealed, 'base64url');
  const nonce = bytes.subarray(0, NONCE_BYTES);
  const text = bytes.subarray(NONCE_BYTES, -TAG_BYTES);
  try {
    const decipher = createDecipheriv(CIPHER, keyOf(predecessor), nonce, {
      authTagLength: TAG_BYTES,
    });
    decipher.setAAD(Buffer.from(predecessor.sessionId));
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
    const secret = Buffer.concat([decipher.update(text), decipher.final()]).toString('base64url');
    const successor = parseRefreshToken(`${predecessor.sessionId}.${secret}`);
    return successor !== undefined && isSameHash(hashOf(successor), hash) ? successor : undefined;
  } catch {
    return undefined;
  }
}

/** HKDF (RFC 5869): the secret itself is hashed for the row, so it must not be the key too. */
function keyOf({ secret, sessionId }: RefreshToken): Buffer {
  return Buffer.from(hkdfSync('sha256', Buffer.from(secret, 'base64url'), sessionId, INFO, 32));
}
