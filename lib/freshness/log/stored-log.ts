import type { AuthDatabase } from '../../schema/database.js';
import type { AuthTables } from '../../schema/tables.js';
import type { LogPage } from './log-page.js';
import type { LogTable } from './log-table.js';
import { number } from './numbering.js';
import { TailQuery } from './tail-query.js';

/** The revocation log of a realm in the database, for who follows it. */
export class StoredLog {
  private readonly table: LogTable;
  private readonly tail: TailQuery;
  private numbering = false;

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
    this.table = { dialect: database.dialect, tables, realm };
    this.tail = new TailQuery(this.table, process, pageSize);
  }

  /**
   * What became visible after the row with the number `position`, as of one instant.
   *
   * Rejects when the database cannot be read, or has no row for this realm.
   */
  async read(position: number): Promise<LogPage> {
    const sentAt = Date.now();
    const page = this.tail.page(await this.database.read(this.tail.statement(position)), position);
    // SQLite looks at its clock when it comes to it, which may be after it has begun to see. That
    // clock is this machine's.
    return this.database.dialect.name === 'sqlite'
      ? { ...page, startedAt: Math.min(page.startedAt, sentAt) }
      : page;
  }

  /**
   * Numbers rows that were seen without a number. Does nothing where another process is at it, or
   * this one still is: the rows will be seen again.
   */
  async number(ids: readonly string[]): Promise<void> {
    if (this.numbering || ids.length === 0) return;
    this.numbering = true;
    try {
      await this.database.tryTransact(() => number(this.table, ids));
    } finally {
      this.numbering = false;
    }
  }
}
