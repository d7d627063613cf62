import { ok as assert } from 'node:assert/strict';
import { sqlite } from '../dialect.js';
import { literal } from '../../triggers/catalog.js';
import {
  endsSession,
  isDenied,
  type SessionSql,
  sessionTriggers,
} from '../../triggers/session-ends.js';
import {
  counts,
  ownMarker,
  ROWS,
  type Trigger,
  trigger,
  type TriggerCode,
} from '../../triggers/trigger.js';
import type {
  Mark,
  WatchedSessions,
  WatchedTable,
  WatchPlan,
} from '../../triggers/watched-tables.js';
import type { DecisionCode } from '../../../decision/refusal.js';
import { GRACE_MS } from '../../../decision/time-margins.js';

const ID =
  "lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-' ||" +
  " substr('89ab', 1 + abs(random() % 4), 1) || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6)))";

/** A primary key, a unique constraint or a unique index, with the collation of each column. */
type UniqueKey = readonly { readonly column: string; readonly collation: string }[];

/** The keys that identify the rows of a table. */
export interface TableKeys {
  readonly unique: readonly UniqueKey[];
  /** Empty: only the rowid identifies the rows. */
  readonly primary: readonly string[];
}

/**
 * The triggers of SQLite. Cascades fire them by themselves.
 *
 * REPLACE, in an INSERT, an UPDATE or a constraint, fires a delete trigger for the rows that it deletes only if
 * the application turned on `recursive_triggers` for the connection. So triggers that run BEFORE log the rows
 * that have a unique key in common with the new row.
 */
export function sqliteTriggers(
  plan: WatchPlan,
  keysOf: (path: readonly string[]) => TableKeys,
): readonly Trigger[] {
  const onTables = plan.tables.map(withoutHolder).flatMap((watched) => {
    const keys = keysOf(watched.path);
    const made = (['update', 'delete', 'insert'] as const)
      .filter((event) => counts(watched, event))
      .map((event) => changeTrigger(plan, watched, event));
    if (keys.unique.length > 0) {
      made.push(replaceTrigger(plan, watched, keys, 'insert'));
      made.push(replaceTrigger(plan, watched, keys, 'update'));
    }
    return made;
  });
  return [...onTables, ...sessionTriggers(plan, (sessions) => sessionSql(plan, sessions))];
}

/**
 * A trigger must not read another table. TypeORM changes a column by building the table again. In between the
 * table is missing, and SQLite renames no table while a trigger refers to a missing one. So a change of a row that
 * belongs to a user and does not name the subject is logged as a `resync`. The reads that follow are cheap: the file
 * is on the same machine.
 */
function withoutHolder(watched: WatchedTable): WatchedTable {
  return 'holder' in watched.mark ? { ...watched, mark: { kind: 'resync' } } : watched;
}

function changeTrigger(plan: WatchPlan, watched: WatchedTable, event: keyof typeof ROWS): Trigger {
  const { columns, mark, insert } = watched;
  const refs = ROWS[event].map((row) => `SELECT ${refOf(mark, row)} AS ref`).join(' UNION ');
  const known =
    event === 'insert' && insert === 'known'
      ? ` AND EXISTS (SELECT 1 FROM ${name(plan.log)} l WHERE l.realm = ${literal(plan.realm)} AND l.ref = r.ref)`
      : '';
  return make(plan, {
    table: watched.path,
    event,
    marker: ownMarker(plan, watched, event),
    when: `AFTER ${event.toUpperCase()}`,
    condition: event === 'update' ? distinct('OLD', columns) : undefined,
    code: append(plan, mark.kind, refs, known),
  });
}

function replaceTrigger(
  plan: WatchPlan,
  watched: WatchedTable,
  keys: TableKeys,
  event: 'insert' | 'update',
): Trigger {
  const { columns, mark, path } = watched;
  const matches = keys.unique.map((key) => {
    const equal = key.map(
      ({ column, collation }) =>
        `${sqlite.quote('x', column)} = ${sqlite.quote('NEW', column)} COLLATE ${sqlite.quote(collation)}`,
    );
    return equal.join(' AND ');
  });
  // An INSERT that becomes an update (ON CONFLICT DO UPDATE) also fires this trigger. A row that stays the same
  // needs no entry. An UPDATE can only replace rows other than its own.
  const others = event === 'insert' ? distinct('x', columns) : `NOT (${sameRow(keys.primary)})`;
  // A query for each key: for an OR of comparisons with a collation, SQLite uses no index. It would read the
  // whole table for every row that is inserted.
  const refs = matches
    .map(
      (match) =>
        `SELECT ${refOf(mark, 'x')} AS ref FROM ${name(path)} x WHERE ${match} AND (${others})`,
    )
    .join(' UNION ');
  const own = ownMarker(plan, watched, `replace ${event}`);
  const keyColumns = [...new Set(keys.unique.flatMap((key) => key.map(({ column }) => column)))];
  const of =
    event === 'update' ? ` OF ${keyColumns.map((column) => sqlite.quote(column)).join(', ')}` : '';
  return make(plan, {
    table: path,
    event: `replace_${event}`,
    marker: {
      ...own,
      covers: [
        ...(event === 'insert' ? own.covers : []),
        ...keys.unique.map((key) => `unique ${key.map(({ column }) => column).join(' ')}`).sort(),
      ],
    },
    when: `BEFORE ${event.toUpperCase()}${of}`,
    code: append(plan, mark.kind, refs, ''),
  });
}

/** COLLATE BINARY, because a column may be NOCASE. Two subjects that differ only in case are two subjects. */
function refOf(mark: Mark, row: string): string {
  if (mark.kind === 'resync') return "'*'";
  assert('ref' in mark, 'A row that belongs to a user is logged as a resync.');
  return textOf(row, mark.ref);
}

function textOf(...path: readonly string[]): string {
  return `substr(CAST(${sqlite.quote(...path)} AS TEXT), 1, 255) COLLATE BINARY`;
}

/** Whether a row and NEW differ in one of the columns. */
function distinct(row: string, columns: readonly string[]): string {
  return columns
    .map(
      (column) =>
        `${sqlite.quote(row, column)} COLLATE BINARY IS NOT ${sqlite.quote('NEW', column)}`,
    )
    .join(' OR ');
}

function sameRow(primary: readonly string[]): string {
  const columns = primary.length > 0 ? primary : ['rowid'];
  return columns
    .map((column) => `${sqlite.quote('x', column)} IS ${sqlite.quote('OLD', column)}`)
    .join(' AND ');
}

function sessionSql(plan: WatchPlan, { path, userId }: WatchedSessions): SessionSql {
  const { now } = sqlite;
  const table = name(path);
  const undenied = ` AND NOT EXISTS (${isDenied(plan, name(plan.log), 'r.ref')})`;
  const denial = (refs: string) => append(plan, 'session', refs, undenied, 'session_ended');
  const replaced = `SELECT o.id AS ref FROM ${table} o WHERE o.id = NEW.id AND ${endsSession(plan, 'update', now, 'o')}`;
  return {
    now,
    table,
    userId: `CAST(${sqlite.quote('OLD', userId)} AS TEXT)`,
    denial: denial('SELECT OLD.id AS ref'),
    // REPLACE fires no delete trigger for the row that it replaces.
    silent: { event: 'replace', when: 'BEFORE INSERT', code: denial(replaced) },
    body: (statement) => statement,
    make: (spec) => make(plan, spec),
  };
}

function make(plan: WatchPlan, spec: TriggerCode): Trigger {
  const { table, when, condition, code } = spec;
  const of = condition === undefined ? '' : ` WHEN ${condition}`;
  return trigger(plan, spec, {
    create: (called, marker) => [
      `CREATE TRIGGER ${sqlite.quote(called)} ${when} ON ${name(table)}${of} BEGIN /* ${marker} */ ${code}; END`,
    ],
    drop: (called) => [`DROP TRIGGER IF EXISTS ${sqlite.quote(called)}`],
  });
}

/** Appends a row to the log for each `ref` that the query gives, with a refusal code or without. */
function append(
  plan: WatchPlan,
  kind: Mark['kind'],
  refs: string,
  condition: string,
  code?: DecisionCode,
): string {
  const realm = literal(plan.realm);
  const life = `coalesce((SELECT s.max_token_life FROM ${name(plan.state)} s WHERE s.realm = ${realm}), 0)`;
  return (
    `INSERT INTO ${name(plan.log)} (id, realm, kind, ref, code, created_at, expires_at)` +
    ` SELECT ${ID}, ${realm}, ${literal(kind)}, r.ref, ${code === undefined ? 'NULL' : literal(code)}, ${sqlite.now}, ${sqlite.now} + ${life} + ${GRACE_MS}` +
    ` FROM (${refs}) r WHERE r.ref IS NOT NULL${condition}`
  );
}

/** Statements in a trigger must name tables without their database: it is always the trigger's own. */
function name(path: readonly string[]): string {
  return sqlite.quote(path.at(-1) ?? '');
}
