import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { DeploymentKey } from '../decision/auth-state.js';
import type { IssuedToken } from '../tokens/token-issuer.js';

/** 256 random bits are as hard to guess as a key. */
const RANDOM_BYTES = 32;
const TAG_BYTES = 16;
/** Every tag that was ever issued depends on this text: it cannot change. */
const TAG_PURPOSE = 'nestjs-revocable-jwt refresh mark\0';
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** Random bits and tag in base64url: 48 bytes need no padding and have one spelling. */
const SECRET = /^[\w-]{64}$/;

/** A parsed refresh token. */
export interface RefreshToken {
  /** The whole token, `<session id>.<secret>`. Never log any part of it. */
  readonly text: string;
  readonly sessionId: string;
  readonly secret: string;
}

/** An access token and a refresh token. */
export interface TokenPair extends IssuedToken {
  /** Valid for one use. Never log any part of it. */
  readonly refreshToken: string;
  /** When the session ends if it is not refreshed. */
  readonly refreshExpiresAt: Date;
}

export function pairOf(
  issued: IssuedToken,
  refresh: RefreshToken,
  idleExpiresAt: number,
): TokenPair {
  return { ...issued, refreshToken: refresh.text, refreshExpiresAt: new Date(idleExpiresAt) };
}

/**
 * Makes a refresh token for a session.
 *
 * A tag follows the random bits. It is made with a key of the deployment, and gives no access. It tells an issued
 * token from an invented one: only an issued token that comes back after use is an alarm. Session ids are in access
 * tokens and logs, so an id alone must not be enough to end a session.
 */
export function newRefreshToken(sessionId: string, key: DeploymentKey): RefreshToken {
  const random = randomBytes(RANDOM_BYTES);
  const secret = Buffer.concat([random, tagOf(sessionId, random, key)]).toString('base64url');
  return { text: `${sessionId}.${secret}`, sessionId, secret };
}

/** `undefined` for a text that cannot be a refresh token of this library. */
export function parseRefreshToken(text: unknown): RefreshToken | undefined {
  if (typeof text !== 'string' || text.length !== 36 + 1 + 64) return undefined;
  const [sessionId = '', secret = '', ...more] = text.split('.');
  if (more.length > 0 || !UUID.test(sessionId) || !SECRET.test(secret)) return undefined;
  return { text, sessionId, secret };
}

/** Whether this deployment issued the token for its session. */
export function hasValidTag({ sessionId, secret }: RefreshToken, key: DeploymentKey): boolean {
  const bytes = Buffer.from(secret, 'base64url');
  const tag = tagOf(sessionId, bytes.subarray(0, RANDOM_BYTES), key);
  return timingSafeEqual(tag, bytes.subarray(RANDOM_BYTES));
}

/** The hash that is stored. A plain hash is enough, because nobody can guess 256 random bits. */
export function hashOf({ text }: RefreshToken): string {
  return createHash('sha256').update(text).digest('base64url');
}

/** Compares hashes in constant time. */
export function isSameHash(a: string, b: string | null): boolean {
  return b !== null && a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}

function tagOf(sessionId: string, random: Buffer, key: DeploymentKey): Buffer {
  return key.digest(TAG_PURPOSE, `${sessionId}\0`, random).subarray(0, TAG_BYTES);
}
