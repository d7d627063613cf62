import { type DatabaseAdapter, fillRows, type SchemaDialect } from '../database-adapter.js';
import { openOwnPooled, PooledDatabase } from '../pooled/pooled.database.js';
import { mysql } from './dialect.js';
import { mysql2 } from './driver.js';
import { lettersOf } from './letters.js';
import { refuseStalePrimaries, refuseUncommittedReads } from './server-checks.js';
import { mysqlCatalog } from './triggers/catalog.js';

const server = { dialect: mysql, driver: mysql2 };

const DEFAULT = 'DEFAULT (UUID())';

const schema: SchemaDialect = {
  timeType: 'datetime(3)',
  integerType: 'int',
  castToText: 'CHAR',
  random: 'UUID()',
  // In the default collations, 'Alice' equals 'alice'. A NO PAD collation will not do: MySQL and MariaDB have
  // none in common. And MariaDB refuses to compare two different binary collations (error 1267), so it must be
  // the usual one, which the application's column may have.
  bytewise: { charset: 'utf8mb4', collation: 'utf8mb4_bin' },
  dropsIndexFirst: false,
  fillColumn: (column) => [
    // The default first: each statement is committed, and others can insert between two of them.
    `ALTER TABLE ${column.table} ALTER COLUMN ${column.name} SET ${DEFAULT}`,
    fillRows(column),
    `ALTER TABLE ${column.table} MODIFY COLUMN ${column.name} ${column.type} NOT NULL ${DEFAULT}`,
  ],
};

export const mysqlAdapter: DatabaseAdapter = {
  types: ['mysql', 'mariadb'],
  dialect: mysql,
  schema,
  triggers: mysqlCatalog,
  hasTypedIntegers: true,
  lettersOf,
  open: (dataSource, timeoutMs) => new PooledDatabase({ ...server, dataSource, timeoutMs }),
  openOwn: (dataSource, timeoutMs) => openOwnPooled({ ...server, dataSource, timeoutMs }),
  nameOf: () => undefined,
  refuseUncommittedReads,
  refuseStalePrimaries,
};
