import { AuthDatabaseError } from '../errors/database.errors.js';
import type { DataSource } from 'typeorm';
import type { Column, Row } from '../database/database.js';
import type { Dialect } from '../database/dialect.js';
import type { SubjectState } from '../decision/auth-state.js';
import { type Discriminator, discriminatorOf } from '../users/discriminator.js';
import type { RoleReader } from '../users/role-reader.js';
import type { UserModel } from '../users/user.settings.js';

export interface AccountColumnsParts {
  readonly dataSource: DataSource;
  readonly dialect: Dialect;
  readonly user: UserModel;
  readonly watched: readonly Column[];
  readonly roles: RoleReader;
  readonly permissions: Column | undefined;
}

/** The columns of an account `u` in the state statement: selects them, and reads them from the rows. */
export class AccountColumns {
  /** The expressions to select. The role names are the last. */
  readonly expressions: readonly string[];
  private readonly columns: readonly Column[];
  private readonly discriminator: Discriminator | undefined;

  constructor(private readonly parts: AccountColumnsParts) {
    const { dialect, user, watched, roles, permissions } = parts;
    this.discriminator = discriminatorOf(user.metadata);
    const optional = [
      permissions,
      roles.kind === 'column' ? roles.column : undefined,
      this.discriminator?.column,
    ].filter((column) => column !== undefined);
    this.columns = [...new Set([user.id, user.subject, ...watched, ...optional])];
    this.expressions = [
      ...this.columns.map(
        (column, index) => `${dialect.quote('u', column.databaseName)} AS c${index}`,
      ),
      `${roles.kind === 'subquery' ? roles.sql('u') : 'NULL'} AS role_names`,
    ];
  }

  /**
   * Reads the account of a row. `state` is an error when a column cannot be read. `undefined`: the row belongs to
   * another class in the same table.
   */
  read(row: Row): { subject: string; state: SubjectState | Error } | undefined {
    const { discriminator } = this;
    // Also when the row changed its class after the token was issued.
    if (discriminator?.includes(this.raw(row, discriminator.column)) === false) return undefined;
    const subject = String(this.value(row, this.parts.user.subject));
    try {
      return { subject, state: this.state(row, subject) };
    } catch (cause) {
      // A column that cannot be read, such as broken JSON, must not fail the other accounts.
      const state = new AuthDatabaseError(
        'unreadable',
        'A column of this account cannot be read.',
        { cause },
      );
      return { subject, state };
    }
  }

  private state(row: Row, subject: string): SubjectState {
    const { user, watched, roles, permissions } = this.parts;
    const names =
      roles.kind === 'column'
        ? this.value(row, roles.column)
        : jsonRows(row['role_names']).map(([name]) => name);
    return {
      id: String(this.value(row, user.id)),
      subject,
      columns: Object.fromEntries(
        watched.map((column) => [column.propertyPath, this.value(row, column)]),
      ),
      roles: textList(names),
      permissions: permissions === undefined ? [] : textList(this.value(row, permissions)),
    };
  }

  /** The value that the application's entity would have. */
  private value(row: Row, column: Column): unknown {
    const { driver } = this.parts.dataSource;
    return driver.prepareHydratedValue(this.raw(row, column), column);
  }

  private raw(row: Row, column: Column): unknown {
    return row[`c${this.columns.indexOf(column)}`];
  }
}

/** The rows that `jsonRows()` of the dialect collected. */
export function jsonRows(json: unknown): readonly (readonly unknown[])[] {
  if (json === null || json === undefined) return [];
  const rows: unknown = typeof json === 'string' ? JSON.parse(json) : json;
  if (!Array.isArray(rows) || !rows.every(Array.isArray)) {
    throw new AuthDatabaseError('unreadable', 'A list of rows cannot be read.');
  }
  return rows;
}

/** The names in a list, or one name. Any other value gives no names. */
function textList(value: unknown): readonly string[] {
  if (typeof value === 'string') return value === '' ? [] : [value];
  if (!Array.isArray(value)) return [];
  return value.filter((name): name is string => typeof name === 'string' && name !== '');
}
