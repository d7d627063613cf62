import { AuthConfigurationError } from '../../../errors/auth.errors.js';
import { ok as assert } from 'node:assert/strict';
import { mysql } from '../dialect.js';
import { literal } from '../../triggers/catalog.js';
import { type Cascade, cascades, type ForeignKey } from './cascades.js';
import { isDenied, type SessionSql, sessionTriggers } from '../../triggers/session-ends.js';
import {
  counts,
  describeMark,
  ownMarker,
  ROWS,
  type Trigger,
  trigger,
  type TriggerCode,
} from '../../triggers/trigger.js';
import type {
  Mark,
  RowLink,
  WatchedSessions,
  WatchedTable,
  WatchPlan,
} from '../../triggers/watched-tables.js';
import { GRACE_MS } from '../../../decision/time-margins.js';

/** Variables hide columns of the same name, so their names must be ones that no application uses. */
const LIFE = 'auth_v_life';
const REF = 'auth_v_ref';
const OTHER = 'auth_v_other';
const KNOWN = 'auth_v_known';
const COLUMNS = 'id, realm, kind, ref, created_at, expires_at';
const TEXT = 'VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin';

/**
 * The triggers of MySQL and MariaDB: on the watched tables, and on the parents of foreign keys that delete or
 * change watched rows, because a foreign key fires no trigger on those rows. REPLACE fires the triggers for a
 * deletion. TRUNCATE fires none.
 *
 * Tables have the names of the plan. A name without a database means the database of the trigger.
 */
export function mysqlTriggers(
  plan: WatchPlan,
  foreignKeys: readonly ForeignKey[],
): readonly Trigger[] {
  return [
    ...plan.tables.flatMap((watched) =>
      (['insert', 'update', 'delete'] as const)
        .filter((event) => counts(watched, event))
        .map((event) => changeTrigger(plan, watched, event)),
    ),
    ...cascades(plan, foreignKeys).map((cascade) => cascadeTrigger(plan, cascade)),
    ...sessionTriggers(plan, (sessions) => sessionSql(plan, sessions)),
  ];
}

function changeTrigger(plan: WatchPlan, watched: WatchedTable, event: keyof typeof ROWS): Trigger {
  const { columns, mark, insert, path } = watched;
  const [first = '', second] = ROWS[event].map((row) => refOf(mark, row));
  const known =
    event === 'insert' && insert === 'known'
      ? `SELECT COUNT(*) INTO ${KNOWN} FROM ${mysql.quote(...plan.log)} l WHERE l.realm = ${literal(plan.realm)} AND l.ref = ${REF}`
      : undefined;
  const statements = [
    readLife(plan),
    `SET ${REF} = ${first}`,
    ...(known === undefined ? [] : [known]),
    `IF ${REF} IS NOT NULL${known === undefined ? '' : ` AND ${KNOWN} > 0`} THEN ${appendOne(plan, mark)}; END IF`,
  ];
  if (second !== undefined && mark.kind !== 'resync') {
    statements.push(
      `SET ${OTHER} = ${second}`,
      `IF NOT (CAST(${OTHER} AS BINARY) <=> CAST(${REF} AS BINARY)) AND ${OTHER} IS NOT NULL THEN SET ${REF} = ${OTHER}; ${appendOne(plan, mark)}; END IF`,
    );
  }
  return make(plan, {
    table: path,
    event,
    marker: ownMarker(plan, watched, event),
    when: `AFTER ${event.toUpperCase()}`,
    condition: event === 'update' ? distinct(columns) : undefined,
    code: `${statements.join('; ')};`,
  });
}

function cascadeTrigger(plan: WatchPlan, cascade: Cascade): Trigger {
  const { parent, event, columns, mark, watched, path } = cascade;
  if (parent.length > 1) {
    throw new AuthConfigurationError([
      `A foreign key of "${path.at(-1)?.child.join('.')}" cascades from "${parent.join('.')}" in another database, which cannot be watched. Make the key RESTRICT.`,
    ]);
  }
  // BEFORE, because afterwards the rows are gone. With a lock, for two reasons: it reads the current rows, as
  // the foreign key does, and not those of the transaction's snapshot. And nobody can change them meanwhile.
  const found = mark.kind === 'resync' ? anyChild(path) : watchedRows(cascade, mark);
  const insert =
    `${readLife(plan)}; INSERT INTO ${mysql.quote(...plan.log)} (${COLUMNS})` +
    ` SELECT ${values(plan, mark.kind, 'r.ref')} FROM (${found}) r WHERE r.ref IS NOT NULL;`;
  const way = path.map(
    ({ child, links }) =>
      `${child.join('.')} ${links.map(({ column, referred }) => `${column}=${referred}`).join(' ')}`,
  );
  return make(plan, {
    table: parent,
    event: `cascade_${event}`,
    marker: {
      realm: plan.realm,
      same: `cascade ${event} to ${watched.join('.')}: ${describeMark(mark)} via ${way.join(', ')}`,
      covers: columns,
    },
    when: `BEFORE ${event.toUpperCase()}`,
    condition: event === 'update' ? distinct(columns) : undefined,
    code: insert,
  });
}

/** One row if a row of the nearest table refers to the parent's row. */
function anyChild(path: Cascade['path']): string {
  const last = path.at(-1);
  assert(last !== undefined, 'A cascade has a foreign key.');
  return `SELECT '*' AS ref FROM ${mysql.quote(...last.child)} x WHERE ${linked(last.links, 'x', 'OLD')} LIMIT 1`;
}

function linked(links: readonly RowLink[], from: string, to: string): string {
  return links
    .map(({ column, referred }) => `${mysql.quote(from, column)} = ${mysql.quote(to, referred)}`)
    .join(' AND ');
}

/** The refs of the watched rows that the cascade reaches. */
function watchedRows({ path, watched }: Cascade, mark: Exclude<Mark, { kind: 'resync' }>): string {
  const joins = path.map(({ links, parent }, index) => {
    const last = index === path.length - 1;
    const on = linked(links, `t${index}`, last ? 'OLD' : `t${index + 1}`);
    return last ? ` WHERE ${on}` : ` JOIN ${mysql.quote(...parent)} t${index + 1} ON ${on}`;
  });
  return `SELECT DISTINCT ${refOf(mark, 't0')} COLLATE utf8mb4_bin AS ref FROM ${mysql.quote(...watched)} t0${joins.join('')} LOCK IN SHARE MODE`;
}

function appendOne(plan: WatchPlan, mark: Mark): string {
  return `INSERT INTO ${mysql.quote(...plan.log)} (${COLUMNS}) VALUES (${values(plan, mark.kind, REF)})`;
}

/**
 * The subject (or session) that a row concerns.
 *
 * The user is looked up with a shared lock, for two reasons. The lock reads the current row: the snapshot of a
 * REPEATABLE READ transaction may show another subject, or no user. And nobody can change the subject until the
 * transaction ends. Otherwise a token of a new subject could be issued on the old row before the commit, and no
 * log entry would concern it.
 */
function refOf(mark: Mark, row: string): string {
  if (mark.kind === 'resync') return "'*'";
  if ('ref' in mark) return textOf(row, mark.ref);
  const { path, ref, on } = mark.holder;
  const links = on.map(
    ({ column, referred }) => `${mysql.quote('u', referred)} = ${mysql.quote(row, column)}`,
  );
  return `(SELECT ${textOf('u', ref)} FROM ${mysql.quote(...path)} u WHERE ${links.join(' AND ')} LIMIT 1 LOCK IN SHARE MODE)`;
}

function textOf(...path: readonly string[]): string {
  return `LEFT(CAST(${mysql.quote(...path)} AS CHAR CHARACTER SET utf8mb4), 255)`;
}

/** Compares by value and by bytes: a collation takes two hashes that differ only in case as equal. */
function distinct(columns: readonly string[]): string {
  return columns
    .map((column) => {
      const [before, after] = [mysql.quote('OLD', column), mysql.quote('NEW', column)];
      return `NOT (${before} <=> ${after}) OR NOT (CAST(${before} AS BINARY) <=> CAST(${after} AS BINARY))`;
    })
    .join(' OR ');
}

/**
 * When a foreign key of another table deletes a user, no trigger sees it, and no session ends. The sessions are
 * still refused, because the account is missing.
 */
function sessionSql(plan: WatchPlan, { path, userId }: WatchedSessions): SessionSql {
  const log = mysql.quote(...plan.log);
  return {
    now: mysql.now,
    table: mysql.quote(...path),
    userId: `CAST(${mysql.quote('OLD', userId)} AS CHAR CHARACTER SET utf8mb4) COLLATE utf8mb4_bin`,
    // By SELECT … INTO: a read inside the INSERT would lock the rows.
    denial:
      `SELECT COUNT(*) INTO ${KNOWN} FROM (${isDenied(plan, log, 'OLD.id')}) d;` +
      ` IF ${KNOWN} = 0 THEN ${readLife(plan)}; INSERT INTO ${log} (${COLUMNS}, code)` +
      ` VALUES (${values(plan, 'session', 'OLD.id')}, 'session_ended'); END IF;`,
    body: (statement) => `${statement};`,
    make: (spec) => make(plan, spec),
  };
}

/** The condition is in the body, because CREATE TRIGGER has no WHEN here. */
function make(plan: WatchPlan, spec: TriggerCode): Trigger {
  const { table, when, condition, code } = spec;
  const quoted = (name: string) => mysql.quote(...table.slice(0, -1), name);
  const statements = condition === undefined ? code : `IF ${condition} THEN ${code} END IF;`;
  return trigger(plan, spec, {
    // The marker is a declaration, because clients remove comments when they restore a dump.
    create: (name, marker) => [
      `CREATE TRIGGER ${quoted(name)} ${when} ON ${mysql.quote(...table)} FOR EACH ROW BEGIN` +
        ` DECLARE auth_v_watched TEXT DEFAULT '${marker}';` +
        ` DECLARE ${LIFE}, ${KNOWN} BIGINT; DECLARE ${REF}, ${OTHER} ${TEXT}; ${statements} END`,
    ],
    drop: (name) => [`DROP TRIGGER IF EXISTS ${quoted(name)}`],
  });
}

/**
 * Reads the longest token life by SELECT … INTO, which is a consistent read. As part of the INSERT, or of a SET,
 * it would lock the row until the transaction ends (REPEATABLE READ), and delay a revocation of everything.
 */
function readLife({ state, realm }: WatchPlan): string {
  return `SELECT MAX(s.max_token_life) INTO ${LIFE} FROM ${mysql.quote(...state)} s WHERE s.realm = ${literal(realm)}`;
}

/** The values of {@link COLUMNS}. */
function values({ realm }: WatchPlan, kind: string, ref: string): string {
  return `UUID(), ${literal(realm)}, ${literal(kind)}, ${ref}, ${mysql.now}, ${mysql.now} + COALESCE(${LIFE}, 0) + ${GRACE_MS}`;
}
