import type { AuthState } from '../decision/auth-state.js';
import { isPresent } from '../decision/decide.js';
import { Refusal } from '../decision/refusal.js';
import type { StateQuery } from '../freshness/state-query.js';
import type { RevocationLog } from '../log/revocation-log.js';
import type { Work } from '../database/database.js';
import type { IssuedToken, TokenIssuer } from '../tokens/token-issuer.js';
import { endSessions } from './ending.js';
import {
  hashOf,
  hasValidTag,
  isSameHash,
  newRefreshToken,
  type RefreshToken,
} from './refresh-token.js';
import { seal, unseal } from './sealing.js';
import { endOf, isOpen, type SessionRow } from './session-row.js';
import type { SessionSettings } from './session-settings.js';
import type { SessionTable } from './session-table.js';
import type { SignInStamps } from './sign-in-stamps.js';
import { type Difference, differencesOf, type ClientInfo } from './client-info.js';
import { CLOCK_STEP_MS } from '../decision/time-margins.js';

/** How a refresh token came back that had been used. */
export type ReplayKind =
  /** The one before the current, later than the leeway allows. */
  | 'after_leeway'
  /** An older one: its successor has been used too. */
  | 'successor_used';

/** What became of a refresh. */
export type Refreshed =
  | {
      /** `retried`: the token had been used, and is answered with the same successor again. */
      readonly kind: 'rotated' | 'retried';
      readonly token: IssuedToken;
      readonly refresh: RefreshToken;
      /** When the session ends if it is not refreshed again. */
      readonly idleExpiresAt: number;
      /** The session as it was before. */
      readonly row: SessionRow;
      readonly differs: readonly Difference[];
    }
  | { readonly kind: 'refused'; readonly refusal: Refusal; readonly row?: SessionRow }
  | Reused;

/** A refresh token came back that had been used. */
export interface Reused {
  readonly kind: 'reused';
  readonly replay: ReplayKind;
  readonly row: SessionRow;
  readonly differs: readonly Difference[];
}

/** What a rotation is made of. */
export interface RotationParts {
  readonly table: SessionTable;
  readonly query: StateQuery;
  readonly stamps: SignInStamps;
  readonly issuer: TokenIssuer;
  readonly settings: SessionSettings;
  readonly log: Pick<RevocationLog, 'append'>;
}

/**
 * Redeems a refresh token, in one transaction of the library's own: lock the session, read the state,
 * decide, rotate, mint. Whatever fails on the way undoes all of it, and the token still counts; what
 * fails after the commit is cured by a retry, for the successor is kept for whoever holds the token.
 */
export class Rotation {
  constructor(private readonly parts: RotationParts) {}

  /**
   * @param token one that has the mark of this deployment
   * @param isAwaited whether whoever asked still waits
   * @param onReplay told of a replay once it is found, and before anything is done about it
   */
  *redeem(
    token: RefreshToken,
    whence: ClientInfo,
    isAwaited: () => boolean,
    onReplay: (reused: Reused) => void,
  ): Work<Refreshed> {
    const { table, query } = this.parts;
    const row = yield* table.lock(token.sessionId);
    // Whoever gave up may have come again since, and used the successor: this token would be an alarm.
    // Later than here it does no harm, for the next to come waits for the lock.
    if (!isAwaited()) throw new Error('Nobody waits for this refresh any more.');
    if (row === undefined) return refused('session_ended', ENDED);
    // After the lock, so that it is the state at this session's turn and none from before.
    const state = yield* query.work({ sub: row.subject, sid: row.id, jti: row.id });
    const place = placeOf(token, row, state);
    if (place === undefined) return foreign();
    if (!isOpen(row, state.now)) return refused('session_ended', ENDED, row);
    if (place === 'current') return yield* this.rotate(token, row, state, whence);
    // New credentials have replaced every token: whoever comes a little late did nothing wrong.
    if (isReplaced(row, state.now)) return refused('credentials_changed', CHANGED, row);
    if (place === 'previous' && this.isWithinLeeway(row, state.now)) {
      return this.retry(token, row, state, whence);
    }
    const replay = place === 'previous' ? 'after_leeway' : 'successor_used';
    const reused: Reused = { kind: 'reused', replay, row, differs: differencesOf(row, whence) };
    onReplay(reused);
    // Whoever has it now is not whom it was given to, or the one before was not: nobody can tell which.
    yield* endSessions(this.parts, [row], { reason: 'refresh_reused' });
    return reused;
  }

  private *rotate(
    token: RefreshToken,
    row: SessionRow,
    state: AuthState,
    whence: ClientInfo,
  ): Work<Refreshed> {
    const { table, settings } = this.parts;
    const { now } = state;
    // The absolute end stays where it is.
    const idleExpiresAt = Math.min(now + settings.idleMs, row.expiresAt);
    const minted = this.mint(row, state, idleExpiresAt);
    if (minted instanceof Refusal) return { kind: 'refused', refusal: minted, row };
    const refresh = newRefreshToken(row.id, state.deployment.stampKey);
    const keeps = settings.leewayMs > 0;
    const seen = now - row.lastSeenAt >= settings.lastSeenMs;
    const rotated = yield* table.update(row.id, row.tokenHash, {
      tokenHash: hashOf(refresh),
      previousHash: row.tokenHash,
      successor: keeps ? seal(refresh, token) : null,
      rotatedAt: now,
      retryUntil: keeps ? now + settings.leewayMs : null,
      lastSeenAt: seen ? now : row.lastSeenAt,
      idleExpiresAt,
      ip: whence.ip ?? row.ip,
      userAgent: whence.userAgent ?? row.userAgent,
    });
    // The row is locked, so nobody came between; if somebody did, nothing is handed out.
    if (!rotated) throw new Error('The session changed while it was locked.');
    const differs = differencesOf(row, whence);
    return { kind: 'rotated', token: minted, refresh, idleExpiresAt, row, differs };
  }

  /** The same successor again. Nothing is written: the leeway is not extended. */
  private retry(
    token: RefreshToken,
    row: SessionRow,
    state: AuthState,
    whence: ClientInfo,
  ): Refreshed {
    const refresh = unseal(row.successor ?? '', token, row.tokenHash);
    if (refresh === undefined) throw new Error('The sealed refresh token cannot be opened.');
    const { idleExpiresAt } = row;
    const minted = this.mint(row, state, endOf(row));
    if (minted instanceof Refusal) return { kind: 'refused', refusal: minted, row };
    const differs = differencesOf(row, whence);
    return { kind: 'retried', token: minted, refresh, idleExpiresAt, row, differs };
  }

  /** Decides on the sign-in's stamps, and stamps the very state that was decided on. */
  private mint(row: SessionRow, state: AuthState, end: number): IssuedToken | Refusal {
    const { stamps, issuer } = this.parts;
    const refusal = stamps.judge(row, state);
    if (refusal !== undefined) return refusal;
    if (!isPresent(state)) return new Refusal('account_deleted');
    const until = Math.floor(end / 1000);
    // Within the second: the token would end before it begins.
    if (until <= Math.floor(state.now / 1000)) return new Refusal('session_ended', ENDED);
    return issuer.issue(state, {
      sid: row.id,
      auth_time: stamps.authTime(row),
      until,
      carried: stamps.carried(row),
    });
  }

  /**
   * By the end that was set at the rotation, and by the option as it is now where that is shorter. A
   * clock that was set back closes the window: it would come to the same instant twice.
   */
  private isWithinLeeway({ rotatedAt, retryUntil }: SessionRow, now: number): boolean {
    if (rotatedAt === null || retryUntil === null) return false;
    const until = Math.min(retryUntil, rotatedAt + this.parts.settings.leewayMs);
    return isBetween(rotatedAt, now, until);
  }
}

/** Whether new credentials have just replaced the tokens: nothing is sealed for anybody. */
function isReplaced({ successor, rotatedAt, retryUntil }: SessionRow, now: number): boolean {
  if (successor !== null || rotatedAt === null || retryUntil === null) return false;
  return isBetween(rotatedAt, now, retryUntil);
}

function isBetween(from: number, now: number, until: number): boolean {
  return from - CLOCK_STEP_MS <= now && now <= until;
}

/** Where a token stands in the session's chain; `undefined` where it never stood in it. */
function placeOf(
  token: RefreshToken,
  row: SessionRow,
  { deployment }: AuthState,
): 'current' | 'previous' | 'ancestor' | undefined {
  const hash = hashOf(token);
  if (isSameHash(hash, row.tokenHash)) return 'current';
  if (isSameHash(hash, row.previousHash)) return 'previous';
  return hasValidTag(token, deployment.stampKey) ? 'ancestor' : undefined;
}

const FOREIGN = 'The refresh token is not one of this application.';
const ENDED = 'The session of this refresh token has ended.';
const CHANGED = 'The credentials of the account changed; use the tokens that were given out then.';

/** What is no token of this application, whichever session it names. */
export function foreign(): Refreshed {
  return refused('token_invalid', FOREIGN);
}

function refused(
  code: 'token_invalid' | 'session_ended' | 'credentials_changed',
  message: string,
  row?: SessionRow,
): Refreshed {
  return { kind: 'refused', refusal: new Refusal(code, message), ...(row && { row }) };
}
