import type { DataSource } from 'typeorm';
import { type DatabaseAdapter, fillRows, type SchemaDialect } from '../database-adapter.js';
import type { OpenTransaction } from '../open-transaction.js';
import { sqlite } from './dialect.js';
import { SqliteFileDatabase } from './file.database.js';
import { SqliteMemoryDatabase } from './memory.database.js';
import { mainFile } from './open-own.js';
import { sqliteCatalog } from './triggers/catalog.js';

const schema: SchemaDialect = {
  timeType: 'datetime',
  integerType: 'integer',
  castToText: 'TEXT',
  random: 'lower(hex(randomblob(16)))',
  bytewise: {},
  dropsIndexFirst: true,
  // A default or NOT NULL would need a new table. The column stays nullable, and the entity gives new rows
  // their value.
  fillColumn: (column) => [fillRows(column)],
};

export const sqliteAdapter: DatabaseAdapter = {
  types: ['better-sqlite3'],
  dialect: sqlite,
  schema,
  triggers: sqliteCatalog,
  hasTypedIntegers: false,
  open,
  // The connection to a file is always the library's own.
  openOwn: (dataSource, timeoutMs) => Promise.resolve(open(dataSource, timeoutMs)),
  nameOf: mainFile,
};

function open(dataSource: DataSource, timeoutMs: number, transactions?: OpenTransaction) {
  const isCallersOwn = () => transactions?.isOpen() === true;
  const wait = { timeoutMs, isCallersOwn };
  return mainFile(dataSource) === undefined
    ? new SqliteMemoryDatabase(dataSource, wait)
    : new SqliteFileDatabase(dataSource, wait);
}
