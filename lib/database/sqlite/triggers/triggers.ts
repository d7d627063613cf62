import { sqlite } from '../dialect.js';
import { literal } from '../../triggers/catalog.js';
import { sqliteSessionTriggers } from './sessions.js';
import { append, dropOf, name } from './statements.js';
import { ownMarker, type Trigger, trigger } from '../../triggers/trigger.js';
import type { Mark, WatchedTable, WatchPlan } from '../../triggers/watch-plan.js';

/** A primary key, a unique constraint or a unique index, with the collation of each column. */
export type UniqueKey = readonly { readonly column: string; readonly collation: string }[];

/** What tells the rows of a table apart. */
export interface TableKeys {
  readonly unique: readonly UniqueKey[];
  /** Empty where the rowid alone tells them apart. */
  readonly primary: readonly string[];
}

/**
 * The triggers of SQLite. Cascades fire them by themselves.
 *
 * REPLACE, whether of an INSERT, of an UPDATE or of a constraint, fires no delete trigger for the rows
 * that it takes away, unless the connection has `recursive_triggers` on, which is not ours to say. So
 * triggers that run BEFORE log the rows whose unique keys the new one has.
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
 * A trigger that looks at another table keeps that one from being built anew, which is how TypeORM
 * changes a column: in the middle of it the table is not there, and SQLite will rename none while a
 * trigger refers to it. So rows that belong to a user, and do not name the subject, are told by a
 * `resync`; what is read again then is in a file beside us.
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
  // An INSERT that becomes an update (ON CONFLICT DO UPDATE) comes this way too: what is the same
  // before and after is nothing to tell. Of an UPDATE, it is another row that goes.
  const others = event === 'insert' ? distinct('x', columns) : `NOT (${sameRow(keys.primary)})`;
  // A query for each key: under an OR of comparisons with a collation SQLite uses no index, and every row
  // that is inserted would have it read the whole table.
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
  throw new TypeError('A row that belongs to a user is told by a resync.');
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
