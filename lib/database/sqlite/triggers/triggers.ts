import { sqlite } from '../dialect.js';
import { literal } from '../../triggers/catalog.js';
import { sqliteSessionTriggers } from './sessions.js';
import { append, dropOf, name } from './statements.js';
import { ownMarker, type Trigger, trigger } from '../../triggers/trigger.js';
import type { Mark, WatchedTable, WatchPlan } from '../../triggers/watch-plan.js';

/** A primary key, a unique constraint or a unique index, with the collation of each column. */
export type UniqueKey = readonly { readonly column: string; readonly collation: string }[];

/** The keys that identify the rows of a table. */
export interface TableKeys {
  readonly unique: readonly UniqueKey[];
  /** Empty where only the rowid identifies them. */
  readonly primary: readonly string[];
}

/**
 * The triggers of SQLite. Cascades fire them by themselves.
 *
 * REPLACE, in an INSERT, an UPDATE or a constraint, fires no delete trigger for the rows that it deletes,
 * unless the connection has `recursive_triggers` on, which the application decides. So triggers that run
 * BEFORE log the rows that have a unique key of the new row.
 */
export function sqliteTriggers(
  plan: WatchPlan,
  keysOf: (path: readonly string[]) => TableKeys,
): readonly Trigger[] {
  const onTables = plan.tables.map(withoutHolder).flatMap((watched) => {
    const keys = keysOf(watched.path);
    const made = [changeTrigger(plan, watched, 'update'), changeTrigger(plan, watched, 'delete')];
    if (watched.insert !== 'never') made.push(changeTrigger(plan, watched, 'insert'));
    if (keys.unique.length > 0) {
      made.push(replaceTrigger(plan, watched, keys, 'insert'));
      made.push(replaceTrigger(plan, watched, keys, 'update'));
    }
    return made;
  });
  return [...onTables, ...sqliteSessionTriggers(plan)];
}

/**
 * A trigger must not read another table. TypeORM changes a column by building the table again: in between
 * the table is missing, and SQLite renames no table while a trigger refers to a missing one. So a row
 * that belongs to a user and does not name the subject is logged as a `resync`. The reads that follow are cheap: the
 * file is on the same machine.
 */
function withoutHolder(watched: WatchedTable): WatchedTable {
  return 'holder' in watched.mark ? { ...watched, mark: { kind: 'resync' } } : watched;
}

type Change = 'insert' | 'update' | 'delete';

function changeTrigger(plan: WatchPlan, watched: WatchedTable, event: Change): Trigger {
  const { columns, mark, insert } = watched;
  const rows = { insert: ['NEW'], update: ['OLD', 'NEW'], delete: ['OLD'] }[event];
  const refs = rows.map((row) => `SELECT ${refOf(mark, row)} AS ref`).join(' UNION ');
  const known =
    event === 'insert' && insert === 'known'
      ? ` AND EXISTS (SELECT 1 FROM ${name(plan.log)} l WHERE l.realm = ${literal(plan.realm)} AND l.ref = r.ref)`
      : '';
  const when = event === 'update' ? ` WHEN ${distinct('OLD', columns)}` : '';
  return trigger({
    plan,
    table: watched.path,
    event,
    marker: ownMarker(plan, watched, event),
    create: (called, marker) => [
      `CREATE TRIGGER ${sqlite.quote(called)} AFTER ${event.toUpperCase()} ON ${name(watched.path)}${when}` +
        ` BEGIN /* ${marker} */ ${append(plan, mark.kind, refs, known)}; END`,
    ],
    drop: dropOf,
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
  // An INSERT that becomes an update (ON CONFLICT DO UPDATE) also fires this trigger, and a row that stays the
  // same needs no entry. An UPDATE replaces another row than its own.
  const others = event === 'insert' ? distinct('x', columns) : `NOT (${sameRow(keys.primary)})`;
  // A query for each key: for an OR of comparisons with a collation SQLite uses no index, and would read the
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
  return trigger({
    plan,
    table: path,
    event: `replace_${event}`,
    marker: {
      ...own,
      covers: [
        ...(event === 'insert' ? own.covers : []),
        ...keys.unique.map((key) => `unique ${key.map(({ column }) => column).join(' ')}`).sort(),
      ],
    },
    create: (called, marker) => [
      `CREATE TRIGGER ${sqlite.quote(called)} BEFORE ${event.toUpperCase()}${of} ON ${name(path)}` +
        ` BEGIN /* ${marker} */ ${append(plan, mark.kind, refs, '')}; END`,
    ],
    drop: dropOf,
  });
}

/** COLLATE BINARY: a column may be NOCASE, and two subjects that differ by case are two. */
function refOf(mark: Mark, row: string): string {
  if (mark.kind === 'resync') return "'*'";
  if ('ref' in mark) return textOf(row, mark.ref);
  throw new TypeError('A row that belongs to a user is logged as a resync.');
}

function textOf(...path: readonly string[]): string {
  return `substr(CAST(${sqlite.quote(...path)} AS TEXT), 1, 255) COLLATE BINARY`;
}

/** Whether a row, and NEW, differ in one of the columns. */
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
