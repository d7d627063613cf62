import { distinct, samePath } from '../../triggers/catalog.js';
import type { Mark, RowLink, WatchedTable, WatchPlan } from '../../triggers/watched-tables.js';

/** A foreign key, which may change or delete rows of its table, the child. */
export interface ForeignKey {
  readonly child: readonly string[];
  readonly parent: readonly string[];
  readonly links: readonly RowLink[];
  /** As information_schema has it: CASCADE, SET NULL, RESTRICT, NO ACTION. */
  readonly onDelete: string;
  readonly onUpdate: string;
}

/** A change of a parent's row that reaches watched rows without firing a trigger there. */
export interface Cascade {
  readonly parent: readonly string[];
  readonly event: 'delete' | 'update';
  /** The columns of the parent whose change reaches them; none for a deletion. */
  readonly columns: readonly string[];
  /** The entry that the log gets for the watched rows. */
  readonly mark: Mark;
  readonly watched: readonly string[];
  /** The foreign keys on the way, from the watched table up to the parent. */
  readonly path: readonly ForeignKey[];
}

/** What to watch on parents, because foreign keys of MySQL and MariaDB fire no triggers on the child. */
export function cascades(plan: WatchPlan, foreignKeys: readonly ForeignKey[]): readonly Cascade[] {
  // Two watched tables may need the same trigger on one parent.
  return distinct(
    plan.tables.flatMap((watched) => [
      ...deletions(plan, watched, foreignKeys),
      ...changes(plan, watched, foreignKeys),
    ]),
  );
}

/** Deletions that end in deletions of watched rows. */
function deletions(
  plan: WatchPlan,
  watched: WatchedTable,
  keys: readonly ForeignKey[],
  path: readonly ForeignKey[] = [],
): Cascade[] {
  const top = path.at(-1)?.parent ?? watched.path;
  const visited = [watched.path, ...path.map(({ parent }) => parent)];
  return keys
    .filter((key) => samePath(key.child, top) && key.onDelete === 'CASCADE')
    .filter((key) => !isLogged(plan, watched, key, path))
    .flatMap((key) => {
      const onwards = [...path, key];
      const again = visited.some((table) => samePath(table, key.parent));
      // If tables cascade in a circle, no statement of fixed length finds all rows.
      const circular = visited.some((table) => isCircular(table, keys));
      const cascade: Cascade = {
        parent: key.parent,
        event: 'delete',
        columns: [],
        mark: circular ? { kind: 'resync' } : watched.mark,
        watched: watched.path,
        path: onwards,
      };
      return again ? [cascade] : [cascade, ...deletions(plan, watched, keys, onwards)];
    });
}

/** Deletions and key changes that end in changes of watched columns. They are rare, and logged as a `resync`. */
function changes(
  plan: WatchPlan,
  watched: WatchedTable,
  keys: readonly ForeignKey[],
  path: readonly ForeignKey[] = [],
): Cascade[] {
  const last = path.at(-1);
  const top = last?.parent ?? watched.path;
  const columns = last?.links.map(({ referred }) => referred) ?? watched.columns;
  const mark: Mark = { kind: 'resync' };
  return keys
    .filter((key) => samePath(key.child, top) && !path.includes(key))
    .filter((key) => key.links.some(({ column }) => columns.includes(column)))
    .filter((key) => !isLogged(plan, watched, key, path))
    .flatMap((key) => {
      const onwards = [...path, key];
      const found: Cascade[] = [];
      const cascade = { parent: key.parent, mark, watched: watched.path, path: onwards };
      if (key.onDelete === 'SET NULL') {
        found.push({ ...cascade, event: 'delete', columns: [] });
        // A row that is deleted by a cascade sets the key to NULL as well.
        const parent = { ...watched, path: key.parent, columns: [], mark };
        found.push(...deletions(plan, parent, keys));
      }
      if (key.onUpdate === 'CASCADE' || key.onUpdate === 'SET NULL') {
        const referred = key.links.map((link) => link.referred);
        found.push({ ...cascade, event: 'update', columns: referred });
        found.push(...changes(plan, watched, keys, onwards));
      }
      return found;
    });
}

/** Whether the parent's own trigger already logs what this key does. */
function isLogged(
  plan: WatchPlan,
  watched: WatchedTable,
  key: ForeignKey,
  path: readonly ForeignKey[],
): boolean {
  const parents = plan.tables.filter(
    (table) =>
      samePath(table.path, key.parent) &&
      key.links.every(({ referred }) => table.columns.includes(referred)),
  );
  return parents.some(
    ({ mark }) =>
      mark.kind === 'resync' || (path.length === 0 && leadsToHolder(plan, watched, key)),
  );
}

/** Whether this key leads from the watched row to its user. */
function leadsToHolder(plan: WatchPlan, { mark }: WatchedTable, key: ForeignKey): boolean {
  const [users] = plan.tables;
  if (mark.kind === 'resync' || users === undefined || !samePath(users.path, key.parent))
    return false;
  const columns = 'ref' in mark ? [mark.ref] : mark.holder.on.map(({ column }) => column);
  const referred =
    'ref' in mark && 'ref' in users.mark
      ? [users.mark.ref]
      : 'holder' in mark
        ? mark.holder.on.map((link) => link.referred)
        : [];
  return (
    key.links.length === columns.length &&
    key.links.every((link) => {
      const index = columns.indexOf(link.column);
      return index >= 0 && referred[index] === link.referred;
    })
  );
}

/** Whether deleting a row of the table can delete other rows of the same table. */
function isCircular(table: readonly string[], keys: readonly ForeignKey[]): boolean {
  const reached: (readonly string[])[] = [table];
  for (const from of reached) {
    for (const { child, parent, onDelete } of keys) {
      if (onDelete !== 'CASCADE' || !samePath(child, from)) continue;
      if (samePath(parent, table)) return true;
      if (!reached.some((other) => samePath(other, parent))) reached.push(parent);
    }
  }
  return false;
}
