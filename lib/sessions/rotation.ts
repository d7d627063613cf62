import { AuthDatabaseError, AuthTimeoutError } from '../errors/database.errors.js';
import { ok as assert } from 'node:assert/strict';
import type { Work } from '../database/database.js';
import type { AuthState } from '../decision/auth-state.js';
import { isPresent } from '../decision/decide.js';
import { Refusal } from '../decision/refusal.js';
import { CLOCK_STEP_MS } from '../decision/time-margins.js';
import type { IssuedToken } from '../tokens/token-issuer.js';
import { type ClientInfo, differencesOf } from './client-info.js';
import { endSessions } from './ending.js';
import { refused, type RefreshOutcome, type Reused } from './refresh-outcome.js';
import {
  hashOf,
  hasValidTag,
  isSameHash,
  newRefreshToken,
  type RefreshToken,
} from './refresh-token.js';
import { seal, unseal } from './sealing.js';
import type { SessionParts } from './session-parts.js';
import { endOf, isOpen, type SessionRow } from './session-row.js';

export interface RefreshAttempt {
  /** Its tag is valid. */
  readonly token: RefreshToken;
  readonly client: ClientInfo;
  /** Whether the caller still waits. */
  readonly isAwaited: () => boolean;
  /** Called when a replay is found, before anything is done about it. */
  readonly onReplay: (replay: Reused) => void;
}

/** A token of a session that is open, as it is now. */
export interface Candidate {
  readonly token: RefreshToken;
  readonly row: SessionRow;
  readonly place: 'current' | 'previous' | 'ancestor';
  /** Whether it would be accepted. */
  readonly isUsable: boolean;
}

/**
 * Redeems a refresh token in one transaction: lock the session, read the state, decide, rotate, issue. A
 * failure on the way undoes all of it, and the token stays valid. After a failure that follows the commit, the client
 * tries again: the successor is kept for the holder of the token.
 */
export class Rotation {
  constructor(private readonly parts: SessionParts) {}

  *redeem({ token, client, isAwaited, onReplay }: RefreshAttempt): Work<RefreshOutcome> {
    const { table, query } = this.parts;
    const row = yield* table.lock(token.sessionId);
    // A caller that gave up may have tried again and used the successor: this token would raise an alarm.
    // Giving up later than here does no harm, because the next attempt waits for the lock.
    if (!isAwaited()) throw new AuthTimeoutError();
    if (row === undefined) return refused('session_ended');
    // After the lock: the state as of this session's turn, and not an earlier one.
    const state = yield* query.work({ sub: row.subject, sid: row.id, jti: row.id });
    const place = placeOf(token, row, state);
    if (place === undefined) return refused('token_invalid');
    if (!isOpen(row, state.now)) return refused('session_ended', row);
    if (place === 'current') return yield* this.rotate(token, row, state, client);
    // New credentials replaced every token: a client that is a little late did nothing wrong.
    if (isReplaced(row, state.now)) return refused('credentials_changed', row);
    if (place === 'previous' && this.isWithinLeeway(row, state.now)) {
      return this.retry(token, row, state, client);
    }
    const replay = place === 'previous' ? 'after_leeway' : 'successor_used';
    const reused: Reused = { kind: 'reused', replay, row, differs: differencesOf(row, client) };
    onReplay(reused);
    // One of the two holders of this token is not its owner, and nobody can tell which.
    yield* endSessions(this.parts, [row], { reason: 'refresh_reused' });
    return reused;
  }

  /** What a token would be worth now. Changes nothing, and locks nothing. */
  *peek(token: RefreshToken): Work<Candidate | undefined> {
    const { table, query, stamps } = this.parts;
    const row = yield* table.find(token.sessionId);
    if (row === undefined) return undefined;
    const state = yield* query.work({ sub: row.subject, sid: row.id, jti: row.id });
    const place = placeOf(token, row, state);
    if (place === undefined || !isOpen(row, state.now)) return undefined;
    const isNoReplay =
      place === 'current' || (place === 'previous' && this.isWithinLeeway(row, state.now));
    const isUsable = isNoReplay && stamps.judge(row, state) === undefined;
    return { token, row, place, isUsable };
  }

  private *rotate(
    token: RefreshToken,
    row: SessionRow,
    state: AuthState,
    client: ClientInfo,
  ): Work<RefreshOutcome> {
    const { table, settings } = this.parts;
    const { now } = state;
    // The absolute end does not move.
    const idleExpiresAt = Math.min(now + settings.idleMs, row.expiresAt);
    const issued = this.issue(row, state, idleExpiresAt);
    if (issued instanceof Refusal) return { kind: 'refused', refusal: issued, row };
    const refresh = newRefreshToken(row.id, state.deployment.key);
    const keeps = settings.leewayMs > 0;
    const isSeen = now - row.lastSeenAt >= settings.lastSeenMs;
    const isRotated = yield* table.update(row.id, row.tokenHash, {
      tokenHash: hashOf(refresh),
      previousHash: row.tokenHash,
      successor: keeps ? seal(refresh, token) : null,
      rotatedAt: now,
      retryUntil: keeps ? now + settings.leewayMs : null,
      lastSeenAt: isSeen ? now : row.lastSeenAt,
      idleExpiresAt,
      ip: client.ip ?? row.ip,
      userAgent: client.userAgent ?? row.userAgent,
    });
    // The row is locked, so nobody came in between. If somebody did, nothing is handed out.
    assert(isRotated, 'The session changed while it was locked.');
    const differs = differencesOf(row, client);
    return { kind: 'rotated', token: issued, refresh, idleExpiresAt, row, differs };
  }

  /** The same successor again. Nothing is written: a retry does not extend the leeway. */
  private retry(
    token: RefreshToken,
    row: SessionRow,
    state: AuthState,
    client: ClientInfo,
  ): RefreshOutcome {
    const refresh = unseal(row.successor ?? '', token, row.tokenHash);
    if (refresh === undefined) {
      throw new AuthDatabaseError('unreadable', 'The sealed refresh token cannot be opened.');
    }
    const { idleExpiresAt } = row;
    const issued = this.issue(row, state, endOf(row));
    if (issued instanceof Refusal) return { kind: 'refused', refusal: issued, row };
    const differs = differencesOf(row, client);
    return { kind: 'retried', token: issued, refresh, idleExpiresAt, row, differs };
  }

  /** Decides on the stamps of the sign-in, and stamps the very state that it decided on. */
  private issue(row: SessionRow, state: AuthState, end: number): IssuedToken | Refusal {
    const { stamps, issuer } = this.parts;
    const refusal = stamps.judge(row, state);
    if (refusal !== undefined) return refusal;
    if (!isPresent(state)) return new Refusal('account_deleted');
    const until = Math.floor(end / 1000);
    // Within one second, the token would end before it begins.
    if (until <= Math.floor(state.now / 1000)) return refused('session_ended').refusal;
    return issuer.issue(state, {
      sid: row.id,
      auth_time: stamps.authTime(row),
      until,
      carried: stamps.carried(row),
    });
  }

  /**
   * The leeway ends when the rotation wrote that it ends, or earlier if the option is shorter now. A clock that was
   * set back closes it, because such a clock reaches the same instant twice.
   */
  private isWithinLeeway({ rotatedAt, retryUntil }: SessionRow, now: number): boolean {
    const { leewayMs } = this.parts.settings;
    // With a leeway of 0, a second use in the same millisecond is a replay too.
    if (rotatedAt === null || retryUntil === null || leewayMs === 0) return false;
    const until = Math.min(retryUntil, rotatedAt + leewayMs);
    return isBetween(rotatedAt, now, until);
  }
}

/** Whether new credentials have just replaced the tokens; then no successor is sealed. */
function isReplaced({ successor, rotatedAt, retryUntil }: SessionRow, now: number): boolean {
  if (successor !== null || rotatedAt === null || retryUntil === null) return false;
  return isBetween(rotatedAt, now, retryUntil);
}

function isBetween(from: number, now: number, until: number): boolean {
  return from - CLOCK_STEP_MS <= now && now <= until;
}

/** Where a token stands in the session's chain; `undefined` when it was never part of it. */
function placeOf(
  token: RefreshToken,
  row: SessionRow,
  { deployment }: AuthState,
): 'current' | 'previous' | 'ancestor' | undefined {
  const hash = hashOf(token);
  if (isSameHash(hash, row.tokenHash)) return 'current';
  if (isSameHash(hash, row.previousHash)) return 'previous';
  return hasValidTag(token, deployment.key) ? 'ancestor' : undefined;
}
