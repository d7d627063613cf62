import { randomUUID } from 'node:crypto';
import type { AuthDatabase, Statement, Work } from '../../database/database.js';
import { exactInteger } from '../../database/exact-integer.js';
import type { AuthTables } from '../../database/tables.js';

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

/** The processes of a deployment, as one of them sees and tells them. */
export type Processes = Pick<ProcessTable, keyof ProcessTable>;

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

  /** Everything that was committed before a question of this number was asked is known here. */
  async acknowledge(question: number): Promise<void> {
    const { dialect } = this.database;
    const { process } = this.tables;
    await this.database.transact(() =>
      only({
        sql: `UPDATE ${process} SET complete_as_of = ${dialect.greatest('complete_as_of', String(question))} WHERE id = ${this.at(1)}`,
        params: [this.id],
      }),
    );
  }

  /**
   * Asks every process to tell what it knows; gives the number of the question.
   *
   * It is greater than that of every question and answer that was committed before. So whoever sees it,
   * or a greater one, sees what was committed before this call: the greater one was asked later, or at
   * the same time. Clocks do not come into it; that the number is an instant only tells who is alive.
   */
  ask(): Promise<number> {
    return this.database.transact(() => this.asking());
  }

  /** The processes that have not answered this question or a later one, and may not know of a change before it. */
  async behind(question: number): Promise<readonly Behind[]> {
    const { dialect } = this.database;
    const rows = await this.database.read({
      sql:
        `SELECT id, max_staleness, ${dialect.now} - left_at AS left_for FROM ${this.tables.process}` +
        ` WHERE realm = ${this.at(1)} AND max_staleness > 0 AND complete_as_of < ${question}`,
      params: [this.realm],
    });
    return rows.map((row) => ({
      id: String(row['id']),
      maxStalenessMs: exactInteger(row['max_staleness']),
      leftForMs: row['left_for'] === null ? undefined : exactInteger(row['left_for']),
    }));
  }

  /** Nobody waits for these any more, once what they trust now has run out. */
  async giveUp(ids: readonly string[], question: number): Promise<void> {
    const { dialect } = this.database;
    const { process } = this.tables;
    await this.database.transact(function* () {
      const params: unknown[] = [];
      yield {
        // Not one that answered at the last moment.
        sql:
          `UPDATE ${process} SET left_at = ${dialect.clock} WHERE ${dialect.isAnyOf('id', ids, params, 'varchar')}` +
          ` AND left_at IS NULL AND complete_as_of < ${question}`,
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
        // Less than any question of who sees it. Who asks before it is committed asks about what this
        // process will read.
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
    const before = yield {
      sql: `SELECT MAX(complete_as_of) AS answered, MAX(asked_at) AS asked FROM ${process} WHERE realm = ${this.at(1)}`,
      params: [this.realm],
    };
    const { answered, asked } = before.rows[0] ?? {};
    const after = Math.max(exactInteger(answered ?? 0), exactInteger(asked ?? 0)) + 1;
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
