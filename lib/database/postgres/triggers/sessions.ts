import { postgres } from '../dialect.js';
import { literal } from '../../triggers/catalog.js';
import { functionTrigger, type Qualify } from './function.js';
import {
  endSessionsOf,
  endsSession,
  isDenied,
  isOpenRow,
  sessionMarker,
  userMarker,
} from '../../triggers/session-ends.js';
import { type Trigger } from '../../triggers/trigger.js';
import type { WatchPlan } from '../../triggers/watch-plan.js';
import { GRACE_MS } from '../../../decision/time-margins.js';

const { now } = postgres;

/** The triggers of PostgreSQL that log the end of a session, also when the application writes it. */
export function postgresSessionTriggers(plan: WatchPlan, qualify: Qualify): readonly Trigger[] {
  const { sessions, realm } = plan;
  if (sessions === undefined) return [];
  const schema = qualify(plan.log).slice(0, -1);
  const path = qualify(sessions.path);
  const table = postgres.quote(...path);
  const onRows = (['update', 'delete'] as const).map((event) =>
    functionTrigger(plan, {
      table: path,
      event: `end_${event}`,
      marker: sessionMarker(plan, event),
      schema,
      when: `AFTER ${event.toUpperCase()}`,
      each: `FOR EACH ROW WHEN (${endsSession(plan, event, now)})`,
      code: denial(plan, qualify, 'SELECT OLD.id AS id'),
    }),
  );
  const open = `SELECT s.id FROM ${table} s WHERE s.realm = ${literal(realm)} AND ${isOpenRow('s', now)}`;
  const onTruncate = functionTrigger(plan, {
    table: path,
    event: 'end_truncate',
    marker: sessionMarker(plan, 'truncate'),
    schema,
    // Before: afterwards there are no rows to read.
    when: 'BEFORE TRUNCATE',
    each: 'FOR EACH STATEMENT',
    code: denial(plan, qualify, open),
  });
  const id = `concat(OLD.${postgres.quote(sessions.userId)})`;
  const onUsers = functionTrigger(plan, {
    table: qualify(sessions.users),
    event: 'end_sessions',
    marker: userMarker(plan, sessions),
    schema,
    when: 'AFTER DELETE',
    each: 'FOR EACH ROW',
    code: `BEGIN\n  ${endSessionsOf(plan, table, id, now)};\n  RETURN NULL;\nEND`,
  });
  return [...onRows, onTruncate, onUsers];
}

/** Appends a denial for each session that the query gives. */
function denial(plan: WatchPlan, qualify: Qualify, ids: string): string {
  const log = postgres.quote(...qualify(plan.log));
  const state = postgres.quote(...qualify(plan.state));
  const realm = literal(plan.realm);
  const notify =
    plan.channel === undefined
      ? ''
      : `
  IF FOUND THEN
    PERFORM pg_notify(${literal(plan.channel)}, '');
  END IF;`;
  return `BEGIN
  INSERT INTO ${log} (id, realm, kind, ref, code, created_at, expires_at)
  SELECT gen_random_uuid()::text, ${realm}, 'session', e.id, 'session_ended', t.now,
    t.now + coalesce((SELECT s.max_token_life FROM ${state} s WHERE s.realm = ${realm}), 0) + ${GRACE_MS}
  FROM (${ids}) e, (SELECT ${now} AS now) t WHERE NOT EXISTS (${isDenied(plan, log, 'e.id')});${notify}
  RETURN NULL;
END`;
}
