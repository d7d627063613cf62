import { fillRows, type SchemaDialect } from '../schema-dialect.js';

const DEFAULT = 'DEFAULT (UUID())';

export const mysqlSchema: SchemaDialect = {
  timeType: 'datetime(3)',
  integerType: 'int',
  castToText: 'CHAR',
  random: 'UUID()',
  // The default collations take 'Alice' for 'alice'. Not one of the NO PAD kind: MySQL and MariaDB have
  // none in common, and MariaDB will not compare two binary ones with each other (error 1267), of which
  // the application's column may have the usual.
  bytewise: { charset: 'utf8mb4', collation: 'utf8mb4_bin' },
  dropsIndexFirst: false,
  fillColumn: (column) => [
    // The default first: others can insert between two statements, of which each is committed.
    `ALTER TABLE ${column.table} ALTER COLUMN ${column.name} SET ${DEFAULT}`,
    fillRows(column),
    `ALTER TABLE ${column.table} MODIFY COLUMN ${column.name} ${column.type} NOT NULL ${DEFAULT}`,
  ],
};
