import { LRUCache } from 'lru-cache';
import type { Result, Row, Statement, Work } from '../database.js';
import { driveSync } from '../drive.js';
import type { SqliteHandle, SqliteStatement } from './handle.js';
import { LOCKED, orLocked } from './retry-while-locked.js';

/** How many prepared statements are kept. The library has a few dozen texts. */
const MOST_PREPARED = 100;

/** Statements and transactions on one connection, each of them run without a pause. */
export class SqliteStatements {
  private readonly prepared = new LRUCache<string, SqliteStatement>({ max: MOST_PREPARED });

  constructor(private readonly handle: SqliteHandle) {}

  run({ sql, params }: Statement): Result {
    const statement = this.prepared.get(sql) ?? this.handle.prepare(sql);
    this.prepared.set(sql, statement);
    // better-sqlite3 cannot bind booleans.
    const values = params.map((value) => (typeof value === 'boolean' ? Number(value) : value));
    if (!statement.reader) return { rows: [], affected: statement.run(...values).changes };
    const all: unknown = statement.all(...values);
    const rows = Array.isArray(all) ? all.filter(isRow) : [];
    return { rows, affected: rows.length };
  }

  /**
   * A whole transaction; `LOCKED` if nothing was done. IMMEDIATE takes the write lock first, because a
   * transaction that has already read cannot wait for it (SQLITE_BUSY_SNAPSHOT).
   */
  transact<T>(work: () => Work<T>): T | typeof LOCKED {
    return orLocked(() => {
      this.handle.exec('BEGIN IMMEDIATE');
      try {
        const result = driveSync(work(), (statement) => this.run(statement));
        this.handle.exec('COMMIT');
        return result;
      } catch (error) {
        // Some errors, such as a full disk, have rolled back already.
        if (this.handle.inTransaction) this.handle.exec('ROLLBACK');
        throw error;
      }
    });
  }
}

function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null;
}
