import type { PresentState } from '../decision/auth-state.js';
import { isPresent } from '../decision/decide.js';
import { Refusal } from '../decision/refusal.js';
import { RevocationError } from '../errors/auth.errors.js';
import type { StateQuery } from '../freshness/state-query.js';
import type { UserTable } from '../users/user-table.js';
import type { Work } from '../database/database.js';
import type { TokenIssuer } from '../tokens/token-issuer.js';
import { hashOf, newRefreshToken } from './refresh-token.js';
import { isOpen, type SessionRow } from './session-row.js';
import type { SessionSettings } from './session-settings.js';
import type { SessionTable } from './session-table.js';
import type { SignInStamps } from './sign-in-stamps.js';
import { pairOf, type TokenPair } from './token-pair.js';
import type { ClientInfo } from './client-info.js';

/** For how long after new credentials a token from before is no alarm, in milliseconds. */
const REPLACED_MS = 10_000;

/** What it is made of. */
export interface ReissueParts {
  readonly table: SessionTable;
  readonly query: StateQuery;
  readonly users: UserTable;
  readonly stamps: SignInStamps;
  readonly issuer: TokenIssuer;
  readonly settings: SessionSettings;
}

/** A session that was stamped anew. */
export interface Reissued {
  readonly pair: TokenPair;
  /** The session as it was before. */
  readonly row: SessionRow;
}

/** Stamps a session anew, for a user who has just changed what its tokens are bound to. */
export class Reissue {
  constructor(private readonly parts: ReissueParts) {}

  /** @param joined whether the transaction is a caller's, and may see older state than is committed */
  *restamp(
    userId: string,
    sessionId: string,
    whence: ClientInfo,
    joined: boolean,
  ): Work<Reissued | Refusal> {
    const { table, query, users, stamps, issuer, settings } = this.parts;
    // The user before the session, as everywhere where both are locked.
    if (!(yield* isThere(users.lock(userId)))) return new Refusal('account_deleted');
    const row = yield* table.lock(sessionId);
    if (row === undefined || row.userId !== userId) return new Refusal('session_ended');
    const lookup = { sub: row.subject, sid: row.id, jti: row.id };
    // Two states: as the change has made it, and as others have meanwhile.
    const own = yield* query.work(lookup);
    const committed = joined ? yield* query.committed(lookup) : own;
    if (!isOpen(row, own.now)) return new Refusal('session_ended');
    const refusal =
      stamps.judgeUnlessChanged(row, own) ?? stamps.judgeUnlessChanged(row, committed);
    if (refusal !== undefined) return refusal;
    if (!isPresent(own) || !isPresent(committed)) return new Refusal('account_deleted');
    const state = together(own, committed);
    const idleExpiresAt = Math.min(state.now + settings.idleMs, row.expiresAt);
    const carried = stamps.carried(row);
    const until = Math.floor(idleExpiresAt / 1000);
    const issued = issuer.issue(state, { sid: row.id, until, carried });
    if (issued instanceof Refusal) return issued;
    const refresh = newRefreshToken(row.id, state.deployment.stampKey);
    const changed = yield* table.update(row.id, row.tokenHash, {
      stamps: stamps.of(state, carried),
      tokenHash: hashOf(refresh),
      previousHash: row.tokenHash,
      successor: null,
      rotatedAt: state.now,
      retryUntil: state.now + REPLACED_MS,
      lastSeenAt: state.now,
      idleExpiresAt,
      ip: whence.ip ?? row.ip,
      userAgent: whence.userAgent ?? row.userAgent,
    });
    if (!changed) throw new Error('The session changed while it was locked.');
    return { pair: pairOf(issued, refresh, idleExpiresAt), row };
  }
}

/**
 * The state that tokens are stamped with: the columns as the transaction has made them, everything else
 * as it is committed. What the transaction changes of that too, the log tells once it is committed.
 */
function together(own: PresentState, committed: PresentState): PresentState {
  const { roles, permissions } = committed.subject;
  const { deployment } = committed;
  return { ...own, subject: { ...own.subject, roles, permissions }, deployment };
}

function* isThere(locking: Work<unknown>): Work<boolean> {
  try {
    yield* locking;
    return true;
  } catch (error) {
    if (error instanceof RevocationError && error.code === 'unknown_user') return false;
    throw error;
  }
}
