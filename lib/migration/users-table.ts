import type { QueryRunner } from 'typeorm';
import type { Dialect } from '../database/dialect.js';
import {
  type AddedColumn,
  type AddedUserColumns,
  addedColumns,
  randomDefault,
} from './user-columns.js';

/** The application's users table. */
export interface UsersTableOptions {
  /** Its name. */
  readonly table: string;
  /** PostgreSQL: its schema. MySQL and MariaDB: its database. Default: the DataSource's. */
  readonly schema?: string;
  /** The primary key column. Default `'id'`. */
  readonly id?: string;
  /** Columns to add. */
  readonly add?: AddedUserColumns;
}

/**
 * Adds columns to a users table that is in use, and takes them away again.
 *
 * In SQL of its own and never through TypeORM's `addColumn`: on SQLite that builds the table anew and
 * silently drops its triggers. Every step looks first whether it is done: MySQL and MariaDB commit
 * each DDL statement, so a migration that failed half-way is run again.
 */
export class UsersTable {
  private readonly path: string;
  private readonly sql: string;
  private readonly columns: readonly AddedColumn[];

  constructor(
    private readonly runner: QueryRunner,
    private readonly dialect: Dialect,
    { table, schema = schemaOf(runner), id = 'id', add = {} }: UsersTableOptions,
  ) {
    const path = schema === undefined ? [table] : [schema, table];
    this.path = path.join('.');
    this.sql = dialect.quote(...path);
    this.columns = addedColumns(dialect, add, dialect.quote(id));
  }

  async addColumns(): Promise<void> {
    if (this.columns.length === 0) return;
    if (!(await this.runner.hasTable(this.path))) {
      throw new Error(
        `There is no table "${this.path}" to add columns to; make it in an earlier migration, or correct users.table.`,
      );
    }
    // One after the other, on one connection.
    // oxlint-disable no-await-in-loop
    for (const column of this.columns) {
      if (!(await this.has(column))) {
        await this.alter(`ADD COLUMN ${this.quote(column)} ${column.definition}`);
      }
      if (column.fill !== undefined) await this.fill(column, column.fill);
      if (column.unique) await this.addUniqueIndex(column);
    }
    // oxlint-enable no-await-in-loop
  }

  async dropColumns(): Promise<void> {
    // oxlint-disable no-await-in-loop
    for (const column of this.columns.toReversed()) {
      if (!(await this.has(column))) continue;
      // SQLite will not drop a column that an index is on; PostgreSQL and MySQL drop the index with it.
      if (column.unique && this.dialect.name === 'sqlite') {
        await this.runner.query(
          `DROP INDEX IF EXISTS ${this.dialect.quote(this.indexName(column))}`,
        );
      }
      await this.alter(`DROP COLUMN ${this.quote(column)}`);
    }
    // oxlint-enable no-await-in-loop
  }

  /**
   * Gives the rows that are there their value. Afterwards the column is NOT NULL, with a random default
   * for inserts of code that does not know it yet. SQLite can do neither without building the table
   * anew: there the column stays nullable, and the entity gives new rows their value.
   */
  private async fill(column: AddedColumn, value: string): Promise<void> {
    const name = this.quote(column);
    const { name: database } = this.dialect;
    // The default first: MySQL and MariaDB let others insert between two statements.
    if (database !== 'sqlite') {
      await this.alter(`ALTER COLUMN ${name} SET DEFAULT ${randomDefault(this.dialect)}`);
    }
    await this.runner.query(`UPDATE ${this.sql} SET ${name} = ${value} WHERE ${name} IS NULL`);
    if (database === 'postgres') await this.alter(`ALTER COLUMN ${name} SET NOT NULL`);
    if (database === 'mysql') {
      const definition = column.definition.replace(/ NULL$/, ' NOT NULL');
      await this.alter(
        `MODIFY COLUMN ${name} ${definition} DEFAULT ${randomDefault(this.dialect)}`,
      );
    }
  }

  /** An index, as `@Index({ unique: true })` makes it: SQLite cannot add a constraint to a table. */
  private async addUniqueIndex(column: AddedColumn): Promise<void> {
    const name = this.indexName(column);
    const table = await this.runner.getTable(this.path);
    if (table?.indices.some((index) => index.name === name)) return;
    await this.runner.query(
      `CREATE UNIQUE INDEX ${this.dialect.quote(name)} ON ${this.sql} (${this.quote(column)})`,
    );
  }

  /** The name that TypeORM gives it, so that its schema builder recognizes it. */
  private indexName({ name }: AddedColumn): string {
    return this.runner.dataSource.namingStrategy.indexName(this.path, [name]);
  }

  private has({ name }: AddedColumn): Promise<boolean> {
    return this.runner.hasColumn(this.path, name);
  }

  private quote({ name }: AddedColumn): string {
    return this.dialect.quote(name);
  }

  private async alter(change: string): Promise<void> {
    await this.runner.query(`ALTER TABLE ${this.sql} ${change}`);
  }
}

function schemaOf({ dataSource: { options } }: QueryRunner): string | undefined {
  return 'schema' in options && typeof options.schema === 'string' ? options.schema : undefined;
}
