import { UnknownUserError } from '../errors/revocation.errors.js';
import { ok as assert } from 'node:assert/strict';
import type { Work } from '../database/database.js';
import type { PresentState } from '../decision/auth-state.js';
import { isPresent } from '../decision/decide.js';
import { Refusal } from '../decision/refusal.js';
import type { ClientInfo } from './client-info.js';
import { hashOf, newRefreshToken, pairOf, type TokenPair } from './refresh-token.js';
import type { SessionParts } from './session-parts.js';
import { isOpen, type SessionRow } from './session-row.js';

/** How long after new credentials an older token raises no alarm, in milliseconds. */
const REPLACED_MS = 10_000;

/** The session that gets new tokens. */
export interface ReissueRequest {
  readonly userId: string;
  readonly sessionId: string;
  readonly client: ClientInfo;
  /** Whether the transaction is the caller's, and may see older state than the committed one. */
  readonly joined: boolean;
}

/** A session with new stamps and tokens. */
export interface Reissued {
  readonly pair: TokenPair;
  /** The session as it was before. */
  readonly row: SessionRow;
}

/** Stamps a session with the current state and gives it new tokens: its user has just changed the credentials. */
export function* reissue(
  { table, query, users, stamps, issuer, settings }: SessionParts,
  { userId, sessionId, client, joined }: ReissueRequest,
): Work<Reissued | Refusal> {
  // The user before the session, as everywhere where both are locked.
  if (!(yield* isThere(users.lock(userId)))) return new Refusal('account_deleted');
  const row = yield* table.lock(sessionId);
  if (row === undefined || row.userId !== userId) return new Refusal('session_ended');
  const lookup = { sub: row.subject, sid: row.id, jti: row.id };
  // Two states: with the caller's change, and with what others have committed meanwhile.
  const own = yield* query.work(lookup);
  const committed = joined ? yield* query.committed(lookup) : own;
  if (!isOpen(row, own.now)) return new Refusal('session_ended');
  const refusal = stamps.judgeUnlessChanged(row, own) ?? stamps.judgeUnlessChanged(row, committed);
  if (refusal !== undefined) return refusal;
  if (!isPresent(own) || !isPresent(committed)) return new Refusal('account_deleted');
  const state = combined(own, committed);
  const idleExpiresAt = Math.min(state.now + settings.idleMs, row.expiresAt);
  const carried = stamps.carried(row);
  const until = Math.floor(idleExpiresAt / 1000);
  const issued = issuer.issue(state, { sid: row.id, until, carried, provisional: joined });
  if (issued instanceof Refusal) return issued;
  const refresh = newRefreshToken(row.id, state.deployment.key);
  const isChanged = yield* table.update(row.id, row.tokenHash, {
    stamps: stamps.of(state, carried),
    tokenHash: hashOf(refresh),
    previousHash: row.tokenHash,
    successor: null,
    rotatedAt: state.now,
    retryUntil: state.now + REPLACED_MS,
    lastSeenAt: state.now,
    idleExpiresAt,
    ip: client.ip ?? row.ip,
    userAgent: client.userAgent ?? row.userAgent,
  });
  assert(isChanged, 'The session changed while it was locked.');
  return { pair: pairOf(issued, refresh, idleExpiresAt), row };
}

/**
 * The state to stamp: the columns with the transaction's changes, everything else as it is committed. If the
 * transaction changes something else too, the log reports it after the commit.
 */
function combined(own: PresentState, committed: PresentState): PresentState {
  const { roles, permissions } = committed.subject;
  const { deployment } = committed;
  return { ...own, subject: { ...own.subject, roles, permissions }, deployment };
}

function* isThere(locking: Work<unknown>): Work<boolean> {
  try {
    yield* locking;
    return true;
  } catch (error) {
    if (error instanceof UnknownUserError) return false;
    throw error;
  }
}
