import type { DataSource } from 'typeorm';
import type { TestDatabase } from '../../support/databases.js';

export type SideRow = Readonly<Record<string, unknown>>;

/** A transaction on a connection of its own. */
export interface Transaction {
  run(sql: string): Promise<void>;
  commit(): Promise<void>;
  rollback(): Promise<void>;
}

/** Somebody else who writes to the application's database, straight and without a fault between. */
export interface Side {
  /** Quotes a name. */
  readonly q: (name: string) => string;
  run(sql: string): Promise<void>;
  rows(sql: string): Promise<readonly SideRow[]>;
  begin(): Promise<Transaction>;
}

export async function sideOf(database: TestDatabase): Promise<Side> {
  const dataSource = await database.connect({ poolSize: 20 });
  const quote = database.kind === 'postgres' ? '"' : '`';
  return {
    q: (name) => quote + name + quote,
    run: async (sql) => void (await dataSource.query(sql)),
    rows: (sql) => dataSource.query<SideRow[]>(sql),
    begin: () => begin(dataSource),
  };
}

async function begin(dataSource: DataSource): Promise<Transaction> {
  const runner = dataSource.createQueryRunner();
  await runner.startTransaction('READ COMMITTED');
  return {
    run: async (sql) => void (await runner.query(sql)),
    async commit() {
      await runner.commitTransaction();
      await runner.release();
    },
    async rollback() {
      await runner.rollbackTransaction();
      await runner.release();
    },
  };
}
