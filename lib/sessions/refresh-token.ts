import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** 256 random bits are what is redeemed; guessing them is as hard as guessing a key. */
const RANDOM_BYTES = 32;
const MARK_BYTES = 16;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** Both parts, base64url, in full: 48 bytes need no padding and have one spelling. */
const SECRET = /^[\w-]{64}$/;

/** A refresh token, taken apart. */
export interface RefreshToken {
  /** All of it: `<session id>.<secret>`. Nothing of it may be logged. */
  readonly text: string;
  readonly sessionId: string;
  readonly secret: string;
}

/**
 * Makes a refresh token of a session.
 *
 * Behind the random bits stands a mark, by a key of the deployment, that opens nothing. It tells a
 * token that was given out once, whose return is an alarm, from a text that somebody made up who
 * knows a session's id: ids are in access tokens and in logs, and must not be enough to end a session.
 */
export function newRefreshToken(sessionId: string, markKey: string): RefreshToken {
  const random = randomBytes(RANDOM_BYTES);
  const secret = Buffer.concat([random, markOf(sessionId, random, markKey)]).toString('base64url');
  return { text: `${sessionId}.${secret}`, sessionId, secret };
}

/** Takes a text apart; `undefined` for what cannot be a refresh token of ours. */
export function parseRefreshToken(text: unknown): RefreshToken | undefined {
  if (typeof text !== 'string' || text.length !== 36 + 1 + 64) return undefined;
  const [sessionId = '', secret = '', ...more] = text.split('.');
  if (more.length > 0 || !UUID.test(sessionId) || !SECRET.test(secret)) return undefined;
  return { text, sessionId, secret };
}

/** Whether the token was made for its session, by this deployment. */
export function hasValidTag({ sessionId, secret }: RefreshToken, markKey: string): boolean {
  const bytes = Buffer.from(secret, 'base64url');
  const mark = markOf(sessionId, bytes.subarray(0, RANDOM_BYTES), markKey);
  return timingSafeEqual(mark, bytes.subarray(RANDOM_BYTES));
}

/** What is stored of a token. A plain hash is enough: there is nothing to guess in 256 random bits. */
export function hashOf({ text }: RefreshToken): string {
  return createHash('sha256').update(text).digest('base64url');
}

/** Compares hashes in constant time. */
export function isSameHash(a: string, b: string | null): boolean {
  return b !== null && a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}

function markOf(sessionId: string, random: Buffer, markKey: string): Buffer {
  return createHmac('sha256', markKey)
    .update('nestjs-revocable-jwt refresh mark\0')
    .update(`${sessionId}\0`)
    .update(random)
    .digest()
    .subarray(0, MARK_BYTES);
}
