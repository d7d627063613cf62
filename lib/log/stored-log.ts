import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import type { AuthDatabase, Work } from '../database/database.js';
import { refuseReplica } from '../database/faults.js';
import type { LogPage } from './log-page.js';
import type { LogTable, RealmTables } from './log-table.js';
import { number, repairLog } from './numbering.js';
import { TailQuery } from './tail-query.js';

/**
 * How long very many new rows wait for their numbers on SQLite, in milliseconds. Their writer is still copying
 * them from the write-ahead log into the file. A commit at that time waits for the disk and blocks the event loop
 * (100 ms were seen).
 */
const SETTLE_MS = 1_000;

/** The revocation log of a realm, for a process that follows it. */
export class StoredLog {
  private readonly table: LogTable;
  private readonly tail: TailQuery;
  private readonly isImmediate: boolean;
  private work: Promise<void> | undefined;
  private floodedAt: number | undefined;

  private readonly database: AuthDatabase;

  /**
   * @param of.process the id of this process among those that follow the log
   * @param of.pageSize the most rows of a page that have a number, and the most that have none
   */
  constructor(of: RealmTables & { readonly process: string; readonly pageSize?: number }) {
    this.database = of.database;
    const { dialect } = of.database;
    this.isImmediate = dialect.isSynchronous;
    this.table = { ...of, dialect };
    this.tail = new TailQuery(this.table, of.process, of.pageSize);
  }

  /**
   * Reads the rows that became visible after the row with the number `position`, as of one instant.
   *
   * Rejects when the database cannot be read, or has no row for this realm.
   */
  async read(position: number): Promise<LogPage> {
    await this.turn();
    const sentAt = Date.now();
    const rows = await this.database.read(this.tail.statement(position), refuseReplica);
    const page = this.tail.page(rows, position);
    this.floodedAt = page.isFlooded ? (this.floodedAt ?? performance.now()) : undefined;
    // SQLite may read its clock after its snapshot began. Its clock is this machine's, so `sentAt` is not later
    // than the snapshot.
    return this.isImmediate ? { ...page, startedAt: Math.min(page.startedAt, sentAt) } : page;
  }

  /**
   * Numbers rows that were seen without a number. Does nothing while another process numbers, or while this
   * process still does: the rows will be seen again.
   */
  number(ids: readonly string[]): Promise<void> {
    const since = this.floodedAt;
    const settlesIn = since === undefined ? 0 : since + SETTLE_MS - performance.now();
    return this.alone(() => number(this.table, ids), settlesIn);
  }

  repair(): Promise<void> {
    return this.alone(() => repairLog(this.table));
  }

  /**
   * Makes every process, also those that start later, trust no token from before now: the log lacks changes.
   */
  recordGap(): Promise<void> {
    const { dialect, tables, realm } = this.table;
    // A new value each time: readers notice each gap by it.
    const next = dialect.greatest('watching_since + 1', dialect.clock);
    return this.database.transact(function* () {
      yield {
        sql: `UPDATE ${tables.state} SET watching_since = ${next} WHERE realm = ${dialect.placeholder(1)}`,
        params: [realm],
      };
    });
  }

  /** Rejects with the database's own error when this process's role lacks a right to write. */
  async probe(): Promise<void> {
    const { tables } = this.table;
    await this.database.transact(function* () {
      // Databases check rights before they look for rows. No row has these keys, so nothing changes.
      yield { sql: `UPDATE ${tables.revocation} SET seq = seq WHERE id = ''`, params: [] };
      yield { sql: `DELETE FROM ${tables.revocation} WHERE id = ''`, params: [] };
      yield { sql: `UPDATE ${tables.logHead} SET head = head WHERE realm = ''`, params: [] };
    });
  }

  /** One at a time: a call during a run gets the result of that run. */
  private alone(work: () => Work<unknown>, afterMs = 0): Promise<void> {
    this.work ??= this.turn(afterMs)
      .then(() => this.database.tryTransact(work))
      .then(() => undefined)
      .finally(() => (this.work = undefined));
    return this.work;
  }

  /**
   * SQLite answers in the same turn of the event loop. Without a pause, a million rows would be read and
   * numbered in one turn, page after page, and no request would be served.
   */
  private async turn(afterMs = 0): Promise<void> {
    if (!this.isImmediate) return;
    if (afterMs > 0) await sleep(afterMs, undefined, { ref: false });
    else await setImmediate();
  }
}
