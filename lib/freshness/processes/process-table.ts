import { randomUUID } from 'node:crypto';
import type { AuthDatabase, Statement, Work } from '../../schema/database.js';
import { exactInteger } from '../../schema/exact-integer.js';
import type { AuthTables } from '../../schema/tables.js';

/** How often a process shows that it is there, where nobody asks, in milliseconds. */
export const SIGN_OF_LIFE_MS = 600_000;
/** A process that was not heard of for so long is gone for good, in milliseconds. */
const GONE_MS = 6 * SIGN_OF_LIFE_MS;

/** A process whose memory may still not know of a change. */
export interface Behind {
  readonly id: string;
  /** How long it trusts memory without a read, in milliseconds. */
  readonly maxStalenessMs: number;
  /** How long ago somebody gave up waiting for it, in milliseconds; `undefined`: nobody did. */
  readonly leftForMs: number | undefined;
}

/** The processes of a deployment that follow the log, as a table that they share. */
export class ProcessTable {
  /** This process, from its start to its end. */
  readonly id = randomUUID();
  private readonly at = (index: number) => this.database.dialect.placeholder(index);

  constructor(
    private readonly database: AuthDatabase,
    private readonly tables: AuthTables,
    private readonly realm: string,
    /** How long this process trusts memory without a read, in milliseconds; 0 for a strict one. */
    private readonly maxStalenessMs: number,
  ) {}

  /**
   * Has this process waited for. Before it trusts anything that it reads: who lists the processes
   * before this is committed asks about a change that every later read of this one sees.
   */
  async register(): Promise<void> {
    await this.database.transact(() => this.registering());
  }

  /** Everything that was committed before this instant of the database's clock is known here. */
  async acknowledge(completeAsOf: number): Promise<void> {
    const { process } = this.tables;
    await this.database.transact(() =>
      only({
        sql: `UPDATE ${process} SET complete_as_of = ${completeAsOf} WHERE id = ${this.at(1)}`,
        params: [this.id],
      }),
    );
  }

  /** Asks every process to acknowledge; gives the instant by the database's clock, after which it must be. */
  ask(): Promise<number> {
    return this.database.transact(() => this.asking());
  }

  /** The processes that have not acknowledged anything later than this instant, and so may not know of it. */
  async behind(since: number): Promise<readonly Behind[]> {
    const { dialect } = this.database;
    const rows = await this.database.read({
      sql:
        `SELECT id, max_staleness, ${dialect.now} - left_at AS left_for FROM ${this.tables.process}` +
        // Later, and not the same millisecond: in that, the read may have come first.
        ` WHERE realm = ${this.at(1)} AND max_staleness > 0 AND complete_as_of <= ${since}`,
      params: [this.realm],
    });
    return rows.map((row) => ({
      id: String(row['id']),
      maxStalenessMs: exactInteger(row['max_staleness']),
      leftForMs: row['left_for'] === null ? undefined : exactInteger(row['left_for']),
    }));
  }

  /** Nobody waits for these any more, once what they trust now has run out. */
  async giveUp(ids: readonly string[], since: number): Promise<void> {
    const { dialect } = this.database;
    const { process } = this.tables;
    await this.database.transact(function* () {
      const params: unknown[] = [];
      yield {
        // Not one that answered at the last moment.
        sql:
          `UPDATE ${process} SET left_at = ${dialect.clock} WHERE ${dialect.isAnyOf('id', ids, params, 'varchar')}` +
          ` AND left_at IS NULL AND complete_as_of <= ${since}`,
        params,
      };
    });
  }

  /**
   * Takes away the rows of processes that died. First they are given up, and only much later deleted:
   * one that is alive after all must have had the time to read that it was given up.
   */
  async tidy(): Promise<void> {
    const { dialect } = this.database;
    const { process } = this.tables;
    const params = [this.realm];
    const where = `WHERE realm = ${this.at(1)}`;
    const before = `${dialect.now} - ${GONE_MS}`;
    await this.database.tryTransact(function* () {
      yield {
        sql: `DELETE FROM ${process} ${where} AND left_at < ${before} - max_staleness`,
        params,
      };
      // One that never trusts anything is not waited for; only its question is read.
      yield {
        sql: `DELETE FROM ${process} ${where} AND max_staleness = 0 AND asked_at < ${before}`,
        params,
      };
      yield {
        sql:
          `UPDATE ${process} SET left_at = ${dialect.clock} ${where} AND left_at IS NULL` +
          ` AND max_staleness > 0 AND complete_as_of < ${before}`,
        params,
      };
    });
  }

  /** This process trusts nothing any more. */
  async leave(): Promise<void> {
    const { process } = this.tables;
    await this.database.transact(() =>
      only({ sql: `DELETE FROM ${process} WHERE id = ${this.at(1)}`, params: [this.id] }),
    );
  }

  private *registering(): Work<void> {
    const { process } = this.tables;
    yield {
      sql: this.database.dialect.insertIgnore(
        process,
        ['id', 'realm', 'max_staleness', 'complete_as_of'],
        // Nothing that is asked from now on is answered by it.
        [this.at(1), this.at(2), String(this.maxStalenessMs), this.database.dialect.now],
      ),
      params: [this.id, this.realm],
    };
    yield {
      sql: `UPDATE ${process} SET left_at = NULL WHERE id = ${this.at(1)}`,
      params: [this.id],
    };
  }

  private *asking(): Work<number> {
    const { process } = this.tables;
    // A strict process has no row until it asks for the first time.
    if (this.maxStalenessMs === 0) yield* this.registering();
    // Later than every answer so far: after the clock was set back, one that was given before it would
    // pass for an answer to this.
    const answered = yield {
      sql: `SELECT MAX(complete_as_of) AS last FROM ${process} WHERE realm = ${this.at(1)}`,
      params: [this.realm],
    };
    const after = exactInteger(answered.rows[0]?.['last'] ?? 0) + 1;
    const { dialect } = this.database;
    yield {
      sql: `UPDATE ${process} SET asked_at = ${dialect.greatest(dialect.clock, String(after))} WHERE id = ${this.at(1)}`,
      params: [this.id],
    };
    const { rows } = yield {
      sql: `SELECT asked_at FROM ${process} WHERE id = ${this.at(1)}`,
      params: [this.id],
    };
    if (rows[0] === undefined) throw new Error('This process is not in the auth_process table.');
    return exactInteger(rows[0]['asked_at']);
  }
}

function* only(statement: Statement): Work<void> {
  yield statement;
}
