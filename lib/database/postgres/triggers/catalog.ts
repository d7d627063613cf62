import { postgres } from '../dialect.js';
import {
  distinct,
  type InstalledTrigger,
  literal,
  type ReadCatalog,
  noTable,
  scriptOf,
  type TriggerDialect,
} from '../../triggers/catalog.js';
import { readMarker } from '../../triggers/marker.js';
import { dollarQuoted, type Qualify } from './function.js';
import { type HolderLock, postgresTriggers } from './triggers.js';
import type { WatchPlan } from '../../triggers/watched-tables.js';
import type { Row } from '../../database.js';
import type { Trigger } from '../../triggers/trigger.js';

export const postgresCatalog: TriggerDialect = {
  hiddenHint: '',
  script: scriptOf,

  async needed(plan, read) {
    const { qualify, refusals } = await lookUp(plan, read);
    const triggers = postgresTriggers(plan, qualify, await holderLock(plan, qualify, read));
    return triggers.map((trigger) => {
      const refused = refusals.get(JSON.stringify(trigger.table));
      return refused === undefined ? trigger : refusing(trigger, refused);
    });
  },

  async installed(needed, read) {
    const tables = distinct(needed.map(({ table }) => table));
    // A trigger is only safe with the rights and the search path of its function. relhassubclass stays true
    // after the last child is gone, until ANALYZE. So a child that came and went between two checks is noticed.
    const rows = await read(
      `SELECT t.tgname AS name, n.nspname AS schema, c.relname AS relation, t.tgenabled AS enabled, p.prosrc AS code,
         concat_ws(' ', t.oid, t.xmin, p.oid, p.xmin, c.relhassubclass) AS made,
         p.prosecdef AND p.proconfig::text LIKE '%search_path=pg_catalog, pg_temp%' AS safe
       FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
       JOIN pg_proc p ON p.oid = t.tgfoid
       WHERE NOT t.tgisinternal AND t.tgrelid = ANY (SELECT to_regclass(name) FROM unnest(string_to_array($1, chr(10))) AS name)`,
      [tables.map((table) => postgres.quote(...table)).join('\n')],
    );
    return rows.flatMap((row): InstalledTrigger[] => {
      const marker = readMarker(String(row['code']));
      if (marker === undefined) return [];
      const fault =
        row['enabled'] !== 'A'
          ? 'is not enabled always'
          : row['safe'] !== true
            ? 'has a function that is not SECURITY DEFINER with a search_path of its own'
            : undefined;
      return [
        {
          name: String(row['name']),
          table: [String(row['schema']), String(row['relation'])],
          marker,
          made: String(row['made']),
          ...(fault === undefined ? {} : { fault }),
        },
      ];
    });
  },
};

/** Finds the tables by the search path of this connection. The functions have another search path. */
async function lookUp(plan: WatchPlan, read: ReadCatalog) {
  const paths = distinct([
    plan.log,
    plan.state,
    ...(plan.sessions === undefined ? [] : [plan.sessions.path]),
    ...plan.tables.flatMap(({ path, mark }) =>
      'holder' in mark ? [path, mark.holder.path] : [path],
    ),
  ]);
  const rows = await read(
    `SELECT (names.position - 1)::integer AS position, n.nspname AS schema, c.relname AS relation, ${DESCENDANTS}
     FROM unnest(string_to_array($1, chr(10))) WITH ORDINALITY AS names (name, position)
     JOIN pg_class c ON c.oid = to_regclass(names.name) JOIN pg_namespace n ON n.oid = c.relnamespace`,
    [paths.map((path) => postgres.quote(...path)).join('\n')],
  );
  const schemas = new Map(
    rows.map((row) => [JSON.stringify(paths[Number(row['position'])]), String(row['schema'])]),
  );
  // Why a table cannot be watched, by its path as JSON.
  const refusals = rows.flatMap((row): [string, string][] => {
    const table = [String(row['schema']), String(row['relation'])];
    const refused = descendantProblem(table, row);
    return refused === undefined ? [] : [[JSON.stringify(table), refused]];
  });
  const qualify: Qualify = (path) => {
    const schema = schemas.get(JSON.stringify(path));
    if (schema !== undefined) return [schema, path.at(-1) ?? ''];
    throw noTable(path.join('.'));
  };
  return { qualify, refusals: new Map(refusals) };
}

/**
 * FOR KEY SHARE is enough when every column of the lookup is in a unique index over whole columns of all rows:
 * PostgreSQL then lets nobody change these columns under the lock. Other changes of the user go on. Every insert
 * of a row with a foreign key takes the same lock. Otherwise FOR SHARE, under which all changes of the user wait.
 */
async function holderLock(
  { tables }: WatchPlan,
  qualify: Qualify,
  read: ReadCatalog,
): Promise<HolderLock> {
  const paths = tables.flatMap(({ mark }) => ('holder' in mark ? [qualify(mark.holder.path)] : []));
  const rows = await read(
    `SELECT DISTINCT n.nspname AS schema, c.relname AS relation, a.attname AS col
     FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
     JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1])
     WHERE i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL
       AND c.oid = ANY (SELECT to_regclass(name) FROM unnest(string_to_array($1, chr(10))) AS name)`,
    [paths.map((path) => postgres.quote(...path)).join('\n')],
  );
  const keys = new Set(
    rows.map((row) => JSON.stringify([[row['schema'], row['relation']], row['col']])),
  );
  return ({ path, ref, on }) =>
    [ref, ...on.map(({ referred }) => referred)].every((column) =>
      keys.has(JSON.stringify([qualify(path), column])),
    )
      ? 'FOR KEY SHARE'
      : 'FOR SHARE';
}

/** Columns for a SELECT from pg_class `c`: whether the table has partitions or children. */
export const DESCENDANTS = `c.relkind = 'p' AS partitioned,
       (SELECT min(i.inhrelid::regclass::text) FROM pg_inherits i WHERE i.inhparent = c.oid) AS child`;

/**
 * Why triggers on a table do not see every change of its rows; `undefined`: they do. TRUNCATE of a partition
 * fires none of them. A partition's copy of a row trigger can be switched off separately. And a change of a
 * child's row fires no trigger of the parent, even when it is made through the parent.
 *
 * A table that is itself a partition or a child has no such problem: its triggers see changes that are made
 * through its parent, and TRUNCATE too.
 */
export function descendantProblem(table: readonly string[], row: Row): string | undefined {
  const name = `"${table.join('.')}"`;
  if (row['partitioned'] === true) {
    return `${name} is partitioned, and a change of a partition by its own name may fire no trigger. Make it a table without partitions, or set freshness.mode to strict, which needs no triggers.`;
  }
  if (row['child'] === null) return undefined;
  const child = String(row['child']);
  return (
    `${name} has the child ${child}, whose rows change without its triggers.` +
    ` Remove the child (ALTER TABLE ${child} NO INHERIT ${postgres.quote(...table)}), or set freshness.mode to strict, which needs no triggers.`
  );
}

/** A trigger whose creation fails with the reason. It can be dropped like any other. */
export function refusing(trigger: Trigger, refused: string): Trigger {
  const say = `DO ${dollarQuoted(`BEGIN RAISE EXCEPTION USING MESSAGE = ${literal(refused)}; END`)}`;
  return { ...trigger, refused, create: [say, ...trigger.create] };
}
