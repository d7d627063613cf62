import { AuthDatabaseError } from '../../errors/database.errors.js';
import { randomUUID } from 'node:crypto';
import { exactInteger, type Row, type Work } from '../../database/database.js';
import { PROCESS } from '../../database/tables/log.tables.js';
import type { RealmTables } from '../../log/log-table.js';

/** How often a process shows that it is alive when no other process asks, in milliseconds. */
export const SIGN_OF_LIFE_MS = 600_000;
/** A process that has shown no sign of life for this long is dead, in milliseconds. */
const GONE_MS = 6 * SIGN_OF_LIFE_MS;

const BEHIND = PROCESS.pick('id', 'maxStaleness');

/** A process whose memory may not know of a change yet. */
export interface Behind {
  readonly id: string;
  /** How long it trusts memory without a read, in milliseconds. */
  readonly maxStalenessMs: number;
  /** How long ago another process gave it up, in milliseconds; `undefined` when none did. */
  readonly leftForMs: number | undefined;
}

export type Processes = Pick<ProcessTable, keyof ProcessTable>;

/** The table of the processes of a deployment that follow the log. */
export class ProcessTable {
  /** Identifies this process, from its start to its end. */
  readonly id = randomUUID();
  private readonly at = (index: number) => this.parts.database.dialect.placeholder(index);

  constructor(
    private readonly parts: RealmTables & {
      /** How long this process trusts memory without a read, in milliseconds; 0 for a strict one. */
      readonly maxStalenessMs: number;
    },
  ) {}

  /**
   * Makes the others wait for this process. Call it before memory is trusted. Another process may have listed the
   * processes before this commit. It then asked about a change that every later read of this process sees.
   */
  async register(): Promise<void> {
    await this.parts.database.transact(() => this.registering());
  }

  /** Records that this process knows everything that was committed before the question with this number. */
  async acknowledge(question: number): Promise<void> {
    const { database, tables } = this.parts;
    const asOf = database.dialect.greatest('complete_as_of', String(question));
    await database.transact(() =>
      this.own(`UPDATE ${tables.process} SET complete_as_of = ${asOf}`),
    );
  }

  /**
   * Asks every process to acknowledge what it knows. Returns the number of the question.
   *
   * The number is greater than that of every question and answer that was committed before. So a process that sees
   * it, or a greater number, sees what was committed before this call: the question with the greater number was
   * asked later, or at the same time. This does not depend on clocks. The number is an instant only to tell which
   * processes are alive.
   */
  ask(): Promise<number> {
    return this.parts.database.transact(() => this.asking());
  }

  /** The processes that have not acknowledged this question or a later one. */
  async behind(question: number): Promise<readonly Behind[]> {
    const { database, tables, realm } = this.parts;
    const rows = await database.read({
      sql:
        `SELECT ${BEHIND.list}, ${database.dialect.now} - left_at AS left_for FROM ${tables.process}` +
        ` WHERE realm = ${this.at(1)} AND max_staleness > 0 AND complete_as_of < ${question}`,
      params: [realm],
    });
    return rows.map((row) => {
      const { id, maxStaleness } = BEHIND.read(row);
      const leftFor = row['left_for'];
      const leftForMs = leftFor === null ? undefined : exactInteger(leftFor);
      return { id, maxStalenessMs: maxStaleness, leftForMs };
    });
  }

  /** Gives these processes up: when their present trust has run out, no process waits for them. */
  async giveUp(ids: readonly string[], question: number): Promise<void> {
    const { database, tables } = this.parts;
    const { dialect } = database;
    await database.transact(function* () {
      const params: unknown[] = [];
      yield {
        // But not a process that answered at the last moment.
        sql:
          `UPDATE ${tables.process} SET left_at = ${dialect.clock} WHERE ${dialect.isAnyOf('id', ids, params, 'varchar')}` +
          ` AND left_at IS NULL AND complete_as_of < ${question}`,
        params,
      };
    });
  }

  /**
   * Deletes the rows of dead processes. They are first given up, and deleted much later. A process that is alive
   * after all then has the time to read that it was given up.
   */
  async tidy(): Promise<void> {
    const { database, tables, realm } = this.parts;
    const { dialect } = database;
    const params = [realm];
    const where = `WHERE realm = ${this.at(1)}`;
    const before = `${dialect.now} - ${GONE_MS}`;
    await database.tryTransact(function* () {
      yield {
        sql: `DELETE FROM ${tables.process} ${where} AND left_at < ${before} - max_staleness`,
        params,
      };
      // No process waits for a strict process. Only its question is read.
      yield {
        sql: `DELETE FROM ${tables.process} ${where} AND max_staleness = 0 AND asked_at < ${before}`,
        params,
      };
      yield {
        sql:
          `UPDATE ${tables.process} SET left_at = ${dialect.clock} ${where} AND left_at IS NULL` +
          ` AND max_staleness > 0 AND complete_as_of < ${before}`,
        params,
      };
    });
  }

  /** Removes this process, which no longer trusts its memory. */
  async leave(): Promise<void> {
    const { database, tables } = this.parts;
    await database.transact(() => this.own(`DELETE FROM ${tables.process}`));
  }

  private *registering(): Work<void> {
    const { database, tables, realm, maxStalenessMs } = this.parts;
    yield {
      sql: database.dialect.insertIgnore(
        tables.process,
        ['id', 'realm', 'max_staleness', 'complete_as_of'],
        // `complete_as_of` is less than any question of a process that sees this row. A process that asks before
        // this commit asks about changes that this process will read.
        [this.at(1), this.at(2), String(maxStalenessMs), database.dialect.now],
      ),
      params: [this.id, realm],
    };
    yield* this.own(`UPDATE ${tables.process} SET left_at = NULL`);
  }

  private *asking(): Work<number> {
    const { database, tables, realm, maxStalenessMs } = this.parts;
    const { dialect } = database;
    // A strict process has no row until it asks for the first time.
    if (maxStalenessMs === 0) yield* this.registering();
    const before = yield {
      sql: `SELECT MAX(complete_as_of) AS answered, MAX(asked_at) AS asked FROM ${tables.process} WHERE realm = ${this.at(1)}`,
      params: [realm],
    };
    const { answered, asked } = before.rows[0] ?? {};
    const after = Math.max(exactInteger(answered ?? 0), exactInteger(asked ?? 0)) + 1;
    const at = dialect.greatest(dialect.clock, String(after));
    yield* this.own(`UPDATE ${tables.process} SET asked_at = ${at}`);
    const rows = yield* this.own(`SELECT asked_at FROM ${tables.process}`);
    if (rows[0] === undefined)
      throw new AuthDatabaseError(
        'state_missing',
        'This process is not in the auth_process table.',
      );
    return exactInteger(rows[0]['asked_at']);
  }

  private *own(sql: string): Work<readonly Row[]> {
    const { rows } = yield { sql: `${sql} WHERE id = ${this.at(1)}`, params: [this.id] };
    return rows;
  }
}
