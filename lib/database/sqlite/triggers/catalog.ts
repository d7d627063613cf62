import {
  distinct,
  type InstalledTrigger,
  noTable,
  scriptOf,
  type TriggerDialect,
} from '../../triggers/catalog.js';
import { readMarker } from '../../triggers/marker.js';
import { sqliteTriggers, type TableKeys } from './triggers.js';
import { AuthConfigurationError } from '../../../errors/auth.errors.js';

export const sqliteCatalog: TriggerDialect = {
  hiddenHint: '',
  script: scriptOf,

  async needed(plan, read) {
    const names = JSON.stringify(plan.tables.map(({ path }) => path.at(-1)));
    const rows = await read(
      `SELECT m.name AS "table", il.name AS "key", xi.name AS "column", xi.coll AS collation
       FROM sqlite_master m JOIN pragma_index_list(m.name) il JOIN pragma_index_xinfo(il.name) xi
       WHERE m.type = 'table' AND m.name IN (SELECT value FROM json_each(?)) AND il."unique" = 1 AND xi.key = 1
       UNION ALL
       SELECT m.name, '', ti.name, 'BINARY' FROM sqlite_master m JOIN pragma_table_info(m.name) ti
       WHERE m.type = 'table' AND m.name IN (SELECT value FROM json_each(?)) AND ti.pk > 0
       UNION ALL
       SELECT m.name, NULL, NULL, NULL FROM sqlite_master m
       WHERE m.type = 'table' AND m.name IN (SELECT value FROM json_each(?))`,
      [names, names, names],
    );
    return sqliteTriggers(plan, (path) => {
      const table = path.at(-1) ?? '';
      const own = rows.filter((row) => row['table'] === table);
      if (own.length > 0) return keysOf(table, own);
      throw noTable(table);
    });
  },

  async installed(needed, read) {
    const tables = new Set(needed.map(({ table }) => table.at(-1)));
    const rows = await read(
      `SELECT name, tbl_name, sql, (SELECT schema_version FROM pragma_schema_version) AS made FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'auth%'`,
      [],
    );
    return rows.flatMap((row): InstalledTrigger[] => {
      const table = String(row['tbl_name']);
      const marker = tables.has(table) ? readMarker(String(row['sql'])) : undefined;
      const path = needed.find(({ table: other }) => other.at(-1) === table)?.table ?? [table];
      if (marker === undefined) return [];
      // SQLite only knows when the schema of the file last changed, not when each trigger was created.
      return [{ name: String(row['name']), table: path, marker, made: String(row['made']) }];
    });
  },
};

function keysOf(table: string, rows: readonly Readonly<Record<string, unknown>>[]): TableKeys {
  const keys = new Map<string, { column: string; collation: string }[]>();
  for (const { key, column, collation } of rows) {
    if (key === null || key === undefined) continue;
    if (column === null) {
      throw new AuthConfigurationError([
        `"${table}" has a unique index "${String(key)}" on an expression, so REPLACE could delete rows that no trigger sees. Make it an index on columns.`,
      ]);
    }
    const columns = keys.get(String(key)) ?? [];
    columns.push({ column: String(column), collation: String(collation) });
    keys.set(String(key), columns);
  }
  const primary = keys.get('') ?? [];
  return {
    // A primary key that is not the rowid also has an index, perhaps with a collation of its own.
    unique: distinct([...keys.values()]),
    primary: primary.map(({ column }) => column),
  };
}
