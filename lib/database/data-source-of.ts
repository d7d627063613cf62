import type { DataSource } from 'typeorm';

/** An EntityManager or a QueryRunner. TypeORM 0.3 calls its DataSource `connection`. */
interface Holder {
  readonly dataSource?: DataSource;
  readonly connection: DataSource;
}

export function dataSourceOf(holder: Holder): DataSource {
  return holder.dataSource ?? holder.connection;
}
