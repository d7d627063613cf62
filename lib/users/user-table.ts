import { AuthDatabaseError } from '../errors/database.errors.js';
import { InvalidArgumentError, UnknownUserError } from '../errors/revocation.errors.js';
import { ok as assert } from 'node:assert/strict';
import type { UserModel } from './user.settings.js';
import type { Column, Work } from '../database/database.js';
import type { Dialect } from '../database/dialect.js';
import { type Discriminator, discriminatorOf } from './discriminator.js';

/** The library's writes to the application's user table, and the locks that they need. */
export class UserTable {
  private readonly table: string;
  private readonly discriminator: Discriminator | undefined;

  constructor(
    private readonly dialect: Dialect,
    private readonly user: UserModel,
  ) {
    this.table = dialect.quote(...user.metadata.tablePath.split('.'));
    this.discriminator = discriminatorOf(user.metadata);
  }

  /** The text of a user id. @throws RevocationError when the column could not hold it */
  idOf(userId: unknown): string {
    const id = typeof userId === 'number' ? String(userId) : userId;
    if (typeof id === 'string' && this.user.ids.canHold(id)) return id;
    throw new InvalidArgumentError(
      'userId: it is missing or cannot be an id of the user table. Pass the primary key of a user.',
    );
  }

  /** Locks the account until the transaction ends and gives its current subject. */
  lock(id: string): Work<string> {
    return this.subjectOf(id, this.dialect.forUpdate);
  }

  /** Whether there is such an account. @throws UnknownUserError when there is none */
  *require(id: string): Work<void> {
    yield* this.subjectOf(id, '');
  }

  private *subjectOf(id: string, lock: string): Work<string> {
    const { discriminator } = this;
    const kind = discriminator === undefined ? 'NULL' : this.name(discriminator.column);
    const { rows } = yield {
      sql:
        `SELECT ${this.name(this.user.id)} AS id, ${this.name(this.user.subject)} AS subject, ${kind} AS kind` +
        ` FROM ${this.table} WHERE ${this.name(this.user.id)} = ${this.dialect.placeholder(1)} ${lock}`,
      params: [id],
    };
    // Compared as text: a collation that ignores case must not revoke somebody else.
    const row = rows.find((candidate) => String(candidate['id']) === id);
    if (row === undefined || discriminator?.includes(row['kind']) === false)
      throw new UnknownUserError('userId: no account has this id. Pass the primary key of a user.');
    return String(row['subject']);
  }

  /** Adds one to the version. NULL counts as 0. */
  *raiseVersion(id: string): Work<void> {
    const version = this.name(this.column(this.user.columns.tokenVersion ?? ''));
    yield* this.set(id, `${version} = COALESCE(${version}, 0) + 1`, []);
  }

  *setSubject(id: string, subject: string): Work<void> {
    yield* this.set(id, `${this.name(this.user.subject)} = ${this.dialect.placeholder(1)}`, [
      subject,
    ]);
  }

  /**
   * Moves the instant of the newest sign-in forward, even within a millisecond or after the clock went back: two
   * sign-ins must never share a value.
   */
  *advance(id: string, propertyPath: string): Work<void> {
    const column = this.name(this.column(propertyPath));
    const next = this.dialect.greatest(`COALESCE(${column}, 0) + 1`, this.dialect.clock);
    yield* this.set(id, `${column} = ${next}`, []);
  }

  /** Refuses a time in the future, by the database's clock: it would end later sign-ins. */
  *notAhead(instantMs: number, skewMs: number): Work<void> {
    if (instantMs <= (yield* this.now()) + skewMs) return;
    throw new InvalidArgumentError(
      'issuedBefore: it is in the future. Give a time up to now. Nothing was revoked.',
    );
  }

  /** The instant by the database's clock, in milliseconds. */
  *now(): Work<number> {
    const { rows } = yield { sql: `SELECT ${this.dialect.clock} AS db_now`, params: [] };
    return Number(rows[0]?.['db_now']);
  }

  private *set(id: string, assignment: string, params: readonly unknown[]): Work<void> {
    const { affected } = yield {
      sql: `UPDATE ${this.table} SET ${assignment} WHERE ${this.name(this.user.id)} = ${this.dialect.placeholder(params.length + 1)}`,
      params: [...params, id],
    };
    if (affected !== 1) {
      throw new AuthDatabaseError(
        'not_written',
        `The update of one account changed ${affected} rows. See the triggers and rules of its table.`,
      );
    }
  }

  private column(propertyPath: string): Column {
    const column = this.user.metadata.findColumnWithPropertyPath(propertyPath);
    // Options and policies that name other columns are refused at boot.
    assert(column !== undefined, `No column "${propertyPath}".`);
    return column;
  }

  private name(column: Column): string {
    return this.dialect.quote(column.databaseName);
  }
}
