import { postgres } from '../dialect.js';
import { literal } from '../../triggers/catalog.js';
import { functionTrigger, type Qualify } from './function.js';
import {
  isDenied,
  isOpenRow,
  type SessionSql,
  sessionTriggers,
} from '../../triggers/session-ends.js';
import { counts, ownMarker, ROWS, type Trigger } from '../../triggers/trigger.js';
import type {
  Holder,
  Mark,
  WatchedSessions,
  WatchedTable,
  WatchPlan,
} from '../../triggers/watched-tables.js';
import { GRACE_MS } from '../../../decision/time-margins.js';

/** The lock under which a row's holder is looked up, as in SELECT. */
export type HolderLock = (holder: Holder) => 'FOR SHARE' | 'FOR KEY SHARE';

/** How many rows one transaction appends. After that it appends one `resync` instead of all further ones. */
export const MASS_CHANGE = 10_000;

const EVENTS = ['insert', 'update', 'delete', 'truncate'] as const;
type Event = (typeof EVENTS)[number];

/**
 * The triggers of PostgreSQL. Cascades fire them by themselves.
 *
 * They are row triggers. Statement triggers with transition tables see no change that logical replication
 * applies. Neither kind sees every change of partitions and children, so a table that has some is refused.
 */
export function postgresTriggers(
  plan: WatchPlan,
  qualify: Qualify,
  lock: HolderLock,
): readonly Trigger[] {
  const onTables = plan.tables.flatMap((watched) =>
    EVENTS.filter((event) => counts(watched, event)).map((event) =>
      functionTrigger(plan, qualify, {
        table: qualify(watched.path),
        event,
        marker: ownMarker(plan, watched, event),
        // AFTER, because other triggers may change the row before.
        when: `AFTER ${event.toUpperCase()}`,
        condition: event === 'update' ? isChanged(watched) : undefined,
        code: body(plan, watched, event, qualify, lock),
      }),
    ),
  );
  return [...onTables, ...sessionTriggers(plan, (sessions) => sessionSql(plan, sessions, qualify))];
}

/**
 * Compares bytes: `json` has no equality, and that of `citext` ignores case. The cast makes PostgreSQL compare
 * whole records. Column by column, this operator does not exist.
 */
function isChanged({ columns }: WatchedTable): string {
  const row = (name: string) =>
    `ROW(${columns.map((column) => columnOf(name, column)).join(', ')})::record`;
  return `${row('OLD')} OPERATOR(pg_catalog.*<>) ${row('NEW')}`;
}

function body(
  plan: WatchPlan,
  watched: WatchedTable,
  event: Event,
  qualify: Qualify,
  lock: HolderLock,
): string {
  const log = postgres.quote(...qualify(plan.log));
  const state = postgres.quote(...qualify(plan.state));
  const realm = literal(plan.realm);
  // For this transaction only: its number, how many rows it appended, and the id of its resync row.
  const notes = `nestjs_revocable_jwt.n${Buffer.from(plan.realm).toString('hex')}`;
  const mark: Mark = event === 'truncate' ? { kind: 'resync' } : watched.mark;
  const rows = event === 'truncate' ? ['*'] : ROWS[event];
  const refs = `ARRAY[${rows.map((row) => refOf(mark, row, qualify, lock)).join(', ')}]::text[]`;
  const known =
    event === 'insert' && watched.insert === 'known'
      ? `
  IF NOT EXISTS (SELECT FROM ${log} l WHERE l.realm = ${realm} AND l.ref = ANY (refs)) THEN
    RETURN NULL;
  END IF;`
      : '';
  const notify =
    plan.channel === undefined
      ? ''
      : `
  PERFORM pg_notify(${literal(plan.channel)}, '');`;
  return `DECLARE
  refs text[]${'holder' in mark ? '' : ` := ${refs}`};
  kind text := ${literal(mark.kind)};
  tx text := pg_current_xact_id()::text;
  notes text[] := string_to_array(current_setting('${notes}', true), ' ');
  appended integer := 0;
  row_id text;
BEGIN${known}
  -- After a resync row of this transaction, no other row is needed. The row is looked for, and not taken
  -- from the notes: a savepoint may have been rolled back, and any role can change a setting.
  IF notes[1] = tx THEN
    IF EXISTS (SELECT FROM ${log} l WHERE l.id = notes[3] AND l.kind = 'resync' AND l.reason = 'transaction ' || tx) THEN
      RETURN NULL;
    END IF;
    appended := notes[2]::integer;
  END IF;
  IF appended >= ${MASS_CHANGE} THEN
    kind := 'resync';
  END IF;
${'holder' in mark ? holders(refs) : ''}  IF kind = 'resync' THEN
    refs := ARRAY['*'];
  END IF;
  row_id := gen_random_uuid()::text;
  INSERT INTO ${log} (id, realm, kind, ref, reason, created_at, expires_at)
  SELECT CASE WHEN kind = 'resync' THEN row_id ELSE gen_random_uuid()::text END, ${realm}, kind, r.ref,
    CASE WHEN kind = 'resync' THEN 'transaction ' || tx END, t.now,
    t.now + coalesce((SELECT s.max_token_life FROM ${state} s WHERE s.realm = ${realm}), 0) + ${GRACE_MS}
  FROM (SELECT DISTINCT unnest(refs) AS ref) r, (SELECT ${postgres.now} AS now) t
  WHERE r.ref IS NOT NULL;
  PERFORM set_config('${notes}', concat_ws(' ', tx, appended + 1, CASE WHEN kind = 'resync' THEN row_id END), true);${notify}
  RETURN NULL;
END`;
}

/**
 * The subject (or session) that a row concerns.
 *
 * The user is looked up under a lock: a transaction that changes the subject must then wait for the transaction
 * that changes the row. Otherwise a token of the new subject could be issued in between, on the old row, and no
 * log entry would concern it. If another transaction holds the lock, the trigger does not wait, which could
 * deadlock with the application's own locks. It gives `'*'`: the subject is uncertain.
 */
function refOf(mark: Mark, row: string, qualify: Qualify, lock: HolderLock): string {
  if (mark.kind === 'resync') return "'*'";
  if ('ref' in mark) return textOf(columnOf(row, mark.ref));
  const { path, ref, on } = mark.holder;
  const links = on.map(
    ({ column, referred }) => `${columnOf('u', referred)} = ${columnOf(row, column)}`,
  );
  const found = `FROM ${postgres.quote(...qualify(path))} u WHERE ${links.join(' AND ')} LIMIT 1`;
  return (
    `coalesce((SELECT ${textOf(columnOf('u', ref))} ${found} ${lock(mark.holder)} SKIP LOCKED),` +
    ` (SELECT '*' ${found}))`
  );
}

/** OLD and NEW are not quoted: PostgreSQL's names for them are lower case. */
function columnOf(row: string, column: string): string {
  return `${row}.${postgres.quote(column)}`;
}

/** concat(), because a cast to text removes the padding of a `char(n)`, and the driver keeps it. */
function textOf(column: string): string {
  return `CASE WHEN ${column} IS NOT NULL THEN left(concat(${column}), 255) END`;
}

/**
 * In REPEATABLE READ and SERIALIZABLE, the transaction sees an old version of the user, or none. To lock a user
 * that was changed since would end the transaction. If one resync covers the rows, no user is looked up.
 */
function holders(refs: string): string {
  return `  IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
    kind := 'resync';
  END IF;
  IF kind <> 'resync' THEN
    refs := ${refs};
  END IF;
  IF '*' = ANY (refs) THEN
    kind := 'resync';
  END IF;
`;
}

function sessionSql(
  plan: WatchPlan,
  { path, userId }: WatchedSessions,
  qualify: Qualify,
): SessionSql {
  const { now } = postgres;
  const table = postgres.quote(...qualify(path));
  const open = `SELECT s.id FROM ${table} s WHERE s.realm = ${literal(plan.realm)} AND ${isOpenRow('s', now)}`;
  return {
    now,
    table,
    userId: `concat(${columnOf('OLD', userId)})`,
    denial: denial(plan, qualify, 'SELECT OLD.id AS id'),
    // BEFORE, because afterwards there are no rows to read.
    silent: { event: 'truncate', when: 'BEFORE TRUNCATE', code: denial(plan, qualify, open) },
    body: (statement) => `BEGIN\n  ${statement};\n  RETURN NULL;\nEND`,
    make: (spec) => functionTrigger(plan, qualify, { ...spec, table: qualify(spec.table) }),
  };
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
  FROM (${ids}) e, (SELECT ${postgres.now} AS now) t WHERE NOT EXISTS (${isDenied(plan, log, 'e.id')});${notify}
  RETURN NULL;
END`;
}
