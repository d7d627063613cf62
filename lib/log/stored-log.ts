import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import type { AuthDatabase, Work } from '../database/database.js';
import { refuseReplica } from '../database/replica.js';
import type { AuthTables } from '../database/tables.js';
import type { LogPage } from './log-page.js';
import type { LogTable } from './log-table.js';
import { repairLog } from './log-repair.js';
import { number } from './numbering.js';
import { TailQuery } from './tail-query.js';

/**
 * How long rows of a flood wait for their numbers on SQLite, in milliseconds. Whoever wrote them is still
 * copying them from the write-ahead log into the file, and a commit beside that waits for the disk, with
 * the event loop (100 ms were seen).
 */
const SETTLE_MS = 1_000;

/** The revocation log of a realm in the database, for who follows it. */
export class StoredLog {
  private readonly table: LogTable;
  private readonly tail: TailQuery;
  private readonly isImmediate: boolean;
  private work: Promise<void> | undefined;
  /** When a flood was first seen that is not over. */
  private floodedAt: number | undefined;

  /**
   * @param process the id of this process among those that follow the log
   * @param pageSize the most rows of a page that have a number, and the most that have none
   */
  constructor(
    private readonly database: AuthDatabase,
    tables: AuthTables,
    realm: string,
    process: string,
    pageSize?: number,
  ) {
    this.isImmediate = database.dialect.isSynchronous;
    this.table = { dialect: database.dialect, tables, realm };
    this.tail = new TailQuery(this.table, process, pageSize);
  }

  /**
   * What became visible after the row with the number `position`, as of one instant.
   *
   * Rejects when the database cannot be read, or has no row for this realm.
   */
  async read(position: number): Promise<LogPage> {
    await this.turn();
    const sentAt = Date.now();
    const rows = await this.database.read(this.tail.statement(position), refuseReplica);
    const page = this.tail.page(rows, position);
    this.floodedAt = page.isFlooded ? (this.floodedAt ?? performance.now()) : undefined;
    // SQLite looks at its clock when it comes to it, which may be after it has begun to see. That
    // clock is this machine's.
    return this.isImmediate ? { ...page, startedAt: Math.min(page.startedAt, sentAt) } : page;
  }

  /**
   * Numbers rows that were seen without a number. Does nothing where another process is at it, or
   * this one still is: the rows will be seen again.
   */
  number(ids: readonly string[]): Promise<void> {
    return this.alone(() => number(this.table, ids), this.settling());
  }

  /** Puts head and rows together again; see {@link repairLog}. */
  repair(): Promise<void> {
    return this.alone(() => repairLog(this.table));
  }

  /**
   * Has every process, and those that start later, believe no token from before now: there are changes that no
   * row tells of, or none any more.
   */
  recordGap(): Promise<void> {
    const { dialect, tables, realm } = this.table;
    // Another value each time: by that readers see that there is one more.
    const next = dialect.greatest('watching_since + 1', dialect.clock);
    return this.database.transact(function* () {
      yield {
        sql: `UPDATE ${tables.state} SET watching_since = ${next} WHERE realm = ${dialect.placeholder(1)}`,
        params: [realm],
      };
    });
  }

  /** Rejects when this process's role may not write what it has to, by the database's own words. */
  async probe(): Promise<void> {
    const { tables } = this.table;
    await this.database.transact(function* () {
      // Rights are checked before rows are looked for, and there are none with these names.
      yield { sql: `UPDATE ${tables.revocation} SET seq = seq WHERE id = ''`, params: [] };
      yield { sql: `DELETE FROM ${tables.revocation} WHERE id = ''`, params: [] };
      yield { sql: `UPDATE ${tables.logHead} SET head = head WHERE realm = ''`, params: [] };
    });
  }

  /** One at a time: whoever comes meanwhile learns what becomes of the one that is under way. */
  private alone(work: () => Work<unknown>, afterMs = 0): Promise<void> {
    this.work ??= this.turn(afterMs)
      .then(() => this.database.tryTransact(work))
      .then(() => undefined)
      .finally(() => (this.work = undefined));
    return this.work;
  }

  /**
   * SQLite answers within the turn of the event loop in which it is asked. A million rows would be read
   * and numbered in one, page after page, and no request be served meanwhile.
   */
  private async turn(afterMs = 0): Promise<void> {
    if (!this.isImmediate) return;
    if (afterMs > 0) await sleep(afterMs, undefined, { ref: false });
    else await setImmediate();
  }

  private settling(): number {
    const { floodedAt } = this;
    return floodedAt === undefined ? 0 : floodedAt + SETTLE_MS - performance.now();
  }
}
