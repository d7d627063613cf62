import type { QueryRunner } from 'typeorm';
import { dataSourceOf } from '../database/data-source-of.js';
import { adapterOf } from '../database/adapters.js';
import type { DatabaseAdapter } from '../database/database-adapter.js';
import { pathOf } from '../database/tables.js';
import { type AddedColumn, type AddedUserColumns, addedColumns } from './user-columns.js';
import { AuthConfigurationError } from '../errors/auth.errors.js';

export interface UsersTableOptions {
  /** The table's name. */
  readonly table: string;
  /** PostgreSQL: the table's schema. MySQL and MariaDB: its database. Default: the DataSource's. */
  readonly schema?: string;
  /** The primary key column. Default `'id'`. */
  readonly id?: string;
  /** Columns to add. */
  readonly add?: AddedUserColumns;
}

/**
 * Adds columns to a users table that is in use, and drops them again.
 *
 * It writes its own SQL and never uses TypeORM's `addColumn`, which on SQLite rebuilds the table and silently drops
 * its triggers. Every step first checks whether it is done: MySQL and MariaDB commit each DDL statement, so a
 * migration that failed half-way is run again.
 */
export class UsersTable {
  private readonly adapter: DatabaseAdapter;
  private readonly path: string;
  private readonly table: string;
  private readonly columns: readonly AddedColumn[];

  constructor(
    private readonly runner: QueryRunner,
    { table, schema, id = 'id', add = {} }: UsersTableOptions,
  ) {
    this.adapter = adapterOf(dataSourceOf(runner));
    const path = schema === undefined ? pathOf(dataSourceOf(runner), table) : [schema, table];
    this.path = path.join('.');
    this.table = this.adapter.dialect.quote(...path);
    this.columns = addedColumns(this.adapter.schema, add, this.adapter.dialect.quote(id));
  }

  async addColumns(): Promise<void> {
    if (this.columns.length === 0) return;
    if (!(await this.runner.hasTable(this.path))) {
      throw new AuthConfigurationError([
        `There is no table "${this.path}" to add columns to. Create it in an earlier migration, or correct users.table.`,
      ]);
    }
    // One after the other, on one connection.
    // oxlint-disable no-await-in-loop
    for (const column of this.columns) {
      const { type, constraint, fill } = column;
      const name = this.quote(column);
      if (!(await this.has(column))) await this.alter(`ADD COLUMN ${name} ${type} ${constraint}`);
      if (fill !== undefined) {
        const filling = { table: this.table, name, type, value: fill };
        for (const statement of this.adapter.schema.fillColumn(filling)) {
          await this.runner.query(statement);
        }
      }
      if (column.unique) await this.addUniqueIndex(column);
    }
    // oxlint-enable no-await-in-loop
  }

  async dropColumns(): Promise<void> {
    // oxlint-disable no-await-in-loop
    for (const column of this.columns.toReversed()) {
      if (!(await this.has(column))) continue;
      if (column.unique && this.adapter.schema.dropsIndexFirst) {
        const index = this.adapter.dialect.quote(this.indexName(column));
        await this.runner.query(`DROP INDEX IF EXISTS ${index}`);
      }
      await this.alter(`DROP COLUMN ${this.quote(column)}`);
    }
    // oxlint-enable no-await-in-loop
  }

  /** An index like that of `@Index({ unique: true })`, because SQLite cannot add a constraint to a table. */
  private async addUniqueIndex(column: AddedColumn): Promise<void> {
    const name = this.indexName(column);
    const table = await this.runner.getTable(this.path);
    if (table?.indices.some((index) => index.name === name)) return;
    await this.runner.query(
      `CREATE UNIQUE INDEX ${this.adapter.dialect.quote(name)} ON ${this.table} (${this.quote(column)})`,
    );
  }

  /** The name that TypeORM would give the index: its schema builder then recognizes it. */
  private indexName({ name }: AddedColumn): string {
    return dataSourceOf(this.runner).namingStrategy.indexName(this.path, [name]);
  }

  private has({ name }: AddedColumn): Promise<boolean> {
    return this.runner.hasColumn(this.path, name);
  }

  private quote({ name }: AddedColumn): string {
    return this.adapter.dialect.quote(name);
  }

  private async alter(change: string): Promise<void> {
    await this.runner.query(`ALTER TABLE ${this.table} ${change}`);
  }
}
