import { ok as assert } from 'node:assert/strict';
import type { DataSource, DataSourceOptions } from 'typeorm';
import { textOf } from '../faults.js';
import { sqliteDriver, type SqliteHandle } from './handle.js';
import { isLock, LOCKED, type LockWait, retryWhileLocked } from './retry-while-locked.js';

type Options = Extract<DataSourceOptions, { type: 'better-sqlite3' }>;

/** The file behind the connection of a DataSource; `undefined` for a database in memory. */
export function mainFile(dataSource: DataSource): string | undefined {
  // SQLite itself knows the absolute path, and resolves `file:` names.
  const list: unknown = sqliteDriver(dataSource).databaseConnection.pragma('database_list');
  const databases: readonly unknown[] = Array.isArray(list) ? list : [];
  const main = databases.find((database) => textOf(database, 'name') === 'main');
  return textOf(main, 'file') || undefined;
}

/** Opens another connection to the DataSource's file, set up as TypeORM sets up its own. */
export async function openOwn(dataSource: DataSource, wait: LockWait): Promise<SqliteHandle> {
  const { options } = dataSource;
  const file = mainFile(dataSource);
  assert(
    options.type === 'better-sqlite3' && file !== undefined,
    'Only a SQLite file can be opened a second time.',
  );
  const { sqlite: Sqlite, attachedDatabases } = sqliteDriver(dataSource);
  // WAL can only be turned on while no other connection uses the file.
  return retryWhileLocked(wait, async () => {
    const handle = new Sqlite(file, {
      readonly: options.readonly ?? false,
      fileMustExist: true,
      timeout: 0,
      nativeBinding: options.nativeBinding ?? null,
    });
    try {
      await setUp(handle, options);
      for (const { attachFilepathAbsolute, attachHandle } of Object.values(attachedDatabases)) {
        handle.prepare(`ATTACH ? AS "${attachHandle}"`).run(attachFilepathAbsolute);
      }
      return handle;
    } catch (error) {
      handle.close();
      if (isLock(error)) return LOCKED;
      throw error;
    }
  });
}

async function setUp(handle: SqliteHandle, options: Options): Promise<void> {
  // SQLCipher needs its key before any other statement.
  if (options.key !== undefined) handle.pragma(`key = ${JSON.stringify(options.key)}`);
  // The application's triggers and collations may need the functions that it registers here.
  await options.prepareDatabase?.(handle);
  // These override the application's own settings. The library waits by itself: see retryWhileLocked.
  handle.pragma('busy_timeout = 0');
  handle.pragma('foreign_keys = ON');
  // In WAL, readers and the writer do not lock each other out. If the file system does not support it, the
  // journal mode stays as it is, and connections wait more.
  if (options.readonly !== true) handle.pragma('journal_mode = WAL');
  // WAL with NORMAL loses the newest commits when the power fails. A revocation must not be lost.
  handle.pragma('synchronous = FULL');
}
