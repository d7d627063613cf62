import type { MigrationInterface, ObjectLiteral, QueryRunner } from 'typeorm';
import { AuthConfigurationError } from '../errors/auth.errors.js';
import { Problems } from '../validation/problems.js';
import { createAuthTables, dropAuthTables } from './auth-tables.js';
import { createTriggers, dropTriggers, type WatchMigrationOptions } from './auth-triggers.js';
import { ADDED_COLUMNS, type AddedUserColumns } from './user-columns.js';
import { UsersTable, type UsersTableOptions } from './users-table.js';

/** The options of {@link createAuthMigration}. */
export interface AuthMigrationOptions<User extends ObjectLiteral = ObjectLiteral> {
  /**
   * The name that TypeORM keeps in its migrations table. It must end in a JavaScript timestamp. Default: the name
   * of the class.
   */
  readonly name?: string;
  /** The application's users table, for columns to add to it. */
  readonly users?: UsersTableOptions;
  /**
   * Creates triggers that log every change that matters with the module's options, one row for each. Tracked
   * freshness needs them, strict freshness does not. With `sessions`, they also log changes that you make in the
   * table of sessions yourself. That helps both kinds of freshness.
   */
  readonly watch?: WatchMigrationOptions<User>;
  /**
   * Default `true`. `false` if an earlier migration created the library's tables: this one then neither creates nor
   * drops them.
   */
  readonly tables?: boolean;
}

/**
 * Makes a TypeORM migration that creates the library's tables `auth_revocation`, `auth_state`,
 * `auth_log_head`, `auth_process` and `auth_session`, and adds columns to the users table. The table may be in
 * use and hold rows. `down()` undoes exactly that.
 *
 * For PostgreSQL 13, MySQL 8.0.13, MariaDB 10.5, SQLite 3.35 and later.
 *
 * ```ts
 * export class AddAuth1764000000000 extends createAuthMigration({
 *   users: { table: 'user', add: { status: 'status', tokenVersion: 'token_version' } },
 * }) {}
 * ```
 *
 * With `watch`, it also creates triggers: on the users table, on the tables behind roles and, on MySQL and
 * MariaDB, on the parents whose foreign keys cascade to them. The DataSource must know the entities.
 * To watch more columns later, add a migration with `watch` and `tables: false`.
 *
 * A column `subject` or `createdAt` gets a random default if the database can add one: `gen_random_uuid()` on
 * PostgreSQL, `uuid()` on MySQL and MariaDB. On SQLite the column stays nullable, and the entity must give new rows a
 * value.
 *
 * @throws AuthConfigurationError for an unknown option
 */
export function createAuthMigration<User extends ObjectLiteral = ObjectLiteral>(
  options?: AuthMigrationOptions<User>,
): new () => MigrationInterface;
export function createAuthMigration(
  options: AuthMigrationOptions = {},
): new () => MigrationInterface {
  const { name, users, watch, tables = true } = options;
  check(options);
  const usersTable = (runner: QueryRunner) => users && new UsersTable(runner, users);
  class AuthMigration implements MigrationInterface {
    // If undefined, TypeORM uses the name of the class.
    readonly name = name;

    async up(runner: QueryRunner): Promise<void> {
      if (tables) await createAuthTables(runner);
      await usersTable(runner)?.addColumns();
      // Last, because the triggers name the columns.
      if (watch !== undefined) await createTriggers(runner, watch);
    }

    async down(runner: QueryRunner): Promise<void> {
      if (watch !== undefined) await dropTriggers(runner, watch);
      await usersTable(runner)?.dropColumns();
      if (tables) await dropAuthTables(runner);
    }
  }
  return AuthMigration;
}

function check(options: AuthMigrationOptions): void {
  const problems = new Problems();
  const { users, watch } = options;
  const own = { name: true, users: true, watch: true, tables: true } as const;
  problems.unknown<AuthMigrationOptions>('options', options, own);
  const table = { table: true, schema: true, id: true, add: true } as const;
  if (users !== undefined) problems.unknown<UsersTableOptions>('users', users, table);
  if (users?.add) problems.unknown<AddedUserColumns>('users.add', users.add, ADDED_COLUMNS);
  const watched = { options: true, realm: true, notify: true } as const;
  const instead = { name: 'realm' };
  if (watch) problems.unknown<WatchMigrationOptions>('watch', watch, watched, instead);
  if (problems.list.length > 0) throw new AuthConfigurationError(problems.list);
}
