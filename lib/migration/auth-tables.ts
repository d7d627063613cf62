import { type QueryRunner, Table, TableColumn, TableIndex } from 'typeorm';
import { dataSourceOf } from '../database/data-source-of.js';
import { adapterOf } from '../database/adapters.js';
import type { SchemaDialect } from '../database/database-adapter.js';
import { type AuthTable, columnName } from '../database/tables/table.js';
import { TABLES } from '../database/tables.js';

/** Creates those of the library's tables that do not exist. */
export async function createAuthTables(runner: QueryRunner): Promise<void> {
  const { bytewise } = adapterOf(dataSourceOf(runner)).schema;
  // One after the other, on one connection.
  // oxlint-disable-next-line no-await-in-loop
  for (const table of TABLES) await runner.createTable(typeormTable(table, bytewise), true);
}

/** Drops the library's tables, with all revocations. */
export async function dropAuthTables(runner: QueryRunner): Promise<void> {
  // oxlint-disable-next-line no-await-in-loop
  for (const { name } of TABLES.toReversed()) await runner.dropTable(name, true);
}

function typeormTable(
  { name, columns, indexes }: AuthTable,
  bytewise: SchemaDialect['bytewise'],
): Table {
  return new Table({
    name,
    columns: Object.entries(columns).map(([property, { options }]) => {
      const { type, length, nullable, primary, default: value } = options;
      return new TableColumn({
        name: columnName(property),
        type: String(type),
        ...(length === undefined ? {} : { length: String(length) }),
        isNullable: nullable ?? false,
        isPrimary: primary ?? false,
        ...(value === undefined ? {} : { default: String(value) }),
        ...(type === 'bigint' ? {} : bytewise),
      });
    }),
    indices: Object.entries(indexes).map(
      ([index, properties]) =>
        new TableIndex({ name: index, columnNames: properties.map(columnName) }),
    ),
  });
}
