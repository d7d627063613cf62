import { literal } from './catalog.js';
import type { Marker } from './marker.js';
import type { WatchedSessions, WatchPlan } from './watch-plan.js';

/** A change of a session's row that may end the session. */
export type SessionEvent = 'update' | 'delete' | 'truncate' | 'replace';

/** Why a session ended whose user was deleted. */
export const ACCOUNT_DELETED = 'account deleted';

/** Whether the row's session can still be used; the same condition as `isOpen()`. */
export function isOpenRow(row: string, now: string): string {
  return `${row}.ended_at IS NULL AND ${row}.idle_expires_at > ${now} AND ${row}.expires_at > ${now}`;
}

/**
 * Whether a change, or a deletion, ends a session of this realm. A session that had ended before is in the log
 * already, or has no living access token: so deleting old rows costs nothing.
 */
export function endsSession(
  { realm }: WatchPlan,
  event: 'update' | 'delete',
  now: string,
  old = 'OLD',
): string {
  const stays = `${isOpenRow('NEW', now)} AND NEW.id = ${old}.id AND NEW.realm = ${old}.realm`;
  const ends = event === 'delete' ? '' : ` AND NOT (${stays})`;
  return `${old}.realm = ${literal(realm)} AND ${isOpenRow(old, now)}${ends}`;
}

/** Whether the log denies the session's tokens already: the library writes the denial first, with a reason. */
export function isDenied({ realm }: WatchPlan, log: string, ref: string): string {
  return `SELECT 1 FROM ${log} l WHERE l.realm = ${literal(realm)} AND l.ref = ${ref} AND l.kind = 'session' AND l.code IS NOT NULL`;
}

/** Ends the sessions of a user, for a trigger that runs when the row of the user is deleted. */
export function endSessionsOf(
  { realm }: WatchPlan,
  table: string,
  userId: string,
  now: string,
): string {
  return (
    `UPDATE ${table} SET ended_reason = ${literal(ACCOUNT_DELETED)}, ended_at = ${now},` +
    ` idle_expires_at = CASE WHEN idle_expires_at < ${now} THEN idle_expires_at ELSE ${now} END,` +
    ` successor = NULL, retry_until = NULL` +
    ` WHERE realm = ${literal(realm)} AND user_id = ${userId} AND ended_at IS NULL`
  );
}

export function sessionMarker({ realm }: WatchPlan, event: SessionEvent): Marker {
  return { realm, same: `session ended by ${event}`, covers: [] };
}

export function userMarker({ realm }: WatchPlan, { userId }: WatchedSessions): Marker {
  return { realm, same: `sessions end with user ${userId}`, covers: [] };
}
