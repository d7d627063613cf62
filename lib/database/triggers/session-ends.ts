import { literal } from './catalog.js';
import type { Trigger, TriggerCode } from './trigger.js';
import type { WatchedSessions, WatchPlan } from './watched-tables.js';

/** The parts of the triggers on sessions and their users, in the SQL of a dialect. */
export interface SessionSql {
  readonly now: string;
  /** The table of sessions, quoted. */
  readonly table: string;
  /** The primary key of the user in the row OLD, as text. */
  readonly userId: string;
  /** Code that denies the tokens of the session in the row OLD. */
  readonly denial: string;
  /** An event that removes rows without firing a delete trigger, and code that denies their tokens. */
  readonly silent?: {
    readonly event: string;
    readonly when: string;
    readonly code: string;
  };
  /** A statement as the whole code of a trigger. */
  body(statement: string): string;
  make(trigger: TriggerCode): Trigger;
}

/** The triggers that log the end of a session, even when the application ends it in SQL. */
export function sessionTriggers(
  plan: WatchPlan,
  sqlOf: (sessions: WatchedSessions) => SessionSql,
): readonly Trigger[] {
  const { sessions, realm } = plan;
  if (sessions === undefined) return [];
  const { now, table, userId, denial, silent, body, make } = sqlOf(sessions);
  const endedBy = (event: string, sql: Pick<TriggerCode, 'when' | 'condition' | 'code'>) =>
    make({
      ...sql,
      table: sessions.path,
      event: `end_${event}`,
      marker: { realm, same: `session ended by ${event}`, covers: [] },
    });
  return [
    ...(['update', 'delete'] as const).map((event) =>
      endedBy(event, {
        when: `AFTER ${event.toUpperCase()}`,
        condition: endsSession(plan, event, now),
        code: denial,
      }),
    ),
    ...(silent === undefined ? [] : [endedBy(silent.event, silent)]),
    make({
      table: sessions.users,
      event: 'end_sessions',
      marker: { realm, same: `sessions end with user ${sessions.userId}`, covers: [] },
      when: 'AFTER DELETE',
      code: body(endSessionsOf(plan, table, userId, now)),
    }),
  ];
}

/** Whether the row's session can still be used; the same condition as `isOpen()`. */
export function isOpenRow(row: string, now: string): string {
  return `${row}.ended_at IS NULL AND ${row}.idle_expires_at > ${now} AND ${row}.expires_at > ${now}`;
}

/**
 * Whether a change, or a deletion, ends a session of this realm. A session that had ended before is in the log
 * already, or its access tokens have expired. So deleting old rows adds nothing to the log.
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

function endSessionsOf({ realm }: WatchPlan, table: string, userId: string, now: string): string {
  return (
    `UPDATE ${table} SET ended_reason = 'account deleted', ended_at = ${now},` +
    ` idle_expires_at = CASE WHEN idle_expires_at < ${now} THEN idle_expires_at ELSE ${now} END,` +
    ` successor = NULL, retry_until = NULL` +
    ` WHERE realm = ${literal(realm)} AND user_id = ${userId} AND ended_at IS NULL`
  );
}
