import { Inject, Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';

/** Every write of the application goes through here. */
@Injectable()
export class Transactions {
  private last: Promise<unknown> = Promise.resolve();

  constructor(@Inject(DataSource) private readonly dataSource: DataSource) {}

  /** What `work` does with the manager is committed when this resolves, and rolled back when it rejects. */
  run<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    if (this.dataSource.options.type !== 'better-sqlite3') {
      return this.dataSource.transaction('READ COMMITTED', work);
    }
    const turn = this.last.then(() => this.alone(work));
    this.last = turn.catch(() => undefined);
    return turn;
  }

  /**
   * TypeORM gives a SQLite DataSource one connection. A second transaction on it would become a savepoint of the
   * first, and would be rolled back with it. So transactions run one after the other.
   */
  private alone<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.dataSource.transaction(async (manager) => {
      // Takes the write lock at once. A transaction that reads first cannot write after another
      // connection has written (SQLITE_BUSY_SNAPSHOT), and waiting does not help.
      await manager.query('DELETE FROM "users" WHERE 0');
      return work(manager);
    });
  }
}
