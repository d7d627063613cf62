import type { DatabaseAdapter } from '../adapter.js';
import { sqlite } from './dialect.js';
import { SqliteFileDatabase } from './file.database.js';
import { SqliteMemoryDatabase } from './memory.database.js';
import { mainFile } from './open-own.js';
import { sqliteSchema } from './schema.js';
import { sqliteCatalog } from './triggers/catalog.js';

export const sqliteAdapter: DatabaseAdapter = {
  types: ['better-sqlite3'],
  dialect: sqlite,
  schema: sqliteSchema,
  triggers: sqliteCatalog,
  hasTypedIntegers: false,
  open,
  // The connection to a file is the library's own in any case.
  openOwn: (dataSource, timeoutMs) => Promise.resolve(open(dataSource, timeoutMs)),
  nameOf: mainFile,
};

function open(...[dataSource, timeoutMs]: Parameters<DatabaseAdapter['open']>) {
  return mainFile(dataSource) === undefined
    ? new SqliteMemoryDatabase(dataSource, timeoutMs)
    : new SqliteFileDatabase(dataSource, timeoutMs);
}
