import { AuthUnavailableException } from '../errors/auth.exceptions.js';
import { withdrawnKeysOf } from '../log/deployment-row.js';
import type { LogTable } from '../log/log-table.js';
import type { AuthDatabase } from '../database/database.js';
import { withTimeout } from '../database/with-timeout.js';

/** How long an answer serves, in milliseconds: everybody may ask, and no decision is made on it. */
const SERVES_MS = 1_000;

/** The ids of withdrawn keys, for showing which keys there are. Decisions read them with their state. */
export class WithdrawnKeys {
  private known: ReadonlySet<string> | undefined;
  private readAt = -Infinity;
  /** The read that all wait for who come meanwhile. */
  private reading: Promise<ReadonlySet<string>> | undefined;
  /** Counts those of this process. */
  private withdrawals = 0;

  constructor(
    private readonly database: AuthDatabase,
    private readonly table: Omit<LogTable, 'dialect'>,
    private readonly timeoutMs: number,
  ) {}

  /**
   * As of a second ago at most; as they were known last, when the database cannot be read.
   *
   * @throws AuthUnavailableException (503) when they were never read: any key may be among them
   */
  recent(): Promise<ReadonlySet<string>> {
    const { known } = this;
    if (known !== undefined && performance.now() - this.readAt < SERVES_MS) {
      return Promise.resolve(known);
    }
    return (this.reading ??= this.readAgain());
  }

  /** This process has withdrawn one: what was read, or is being read, does not say so yet. */
  withdrew(kid: string): void {
    this.withdrawals++;
    this.readAt = -Infinity;
    this.reading = undefined;
    if (this.known !== undefined) this.known = new Set([...this.known, kid]);
  }

  private async readAgain(): Promise<ReadonlySet<string>> {
    const asked = performance.now();
    const { withdrawals } = this;
    try {
      const found = await this.read();
      if (this.withdrawals !== withdrawals) return await this.recent();
      this.known = found;
      this.readAt = asked;
      return found;
    } catch (cause) {
      // Verifiers elsewhere must be able to go on: the keys do not depend on the database.
      if (this.known !== undefined) return this.known;
      throw new AuthUnavailableException(cause);
    } finally {
      if (this.withdrawals === withdrawals) this.reading = undefined;
    }
  }

  private async read(): Promise<ReadonlySet<string>> {
    const { tables, realm } = this.table;
    const [row] = await withTimeout(
      this.timeoutMs,
      this.database.read({
        sql: `SELECT withdrawn_keys FROM ${tables.state} WHERE realm = ${this.database.dialect.placeholder(1)}`,
        params: [realm],
      }),
    );
    if (row === undefined) throw new Error('The auth_state table has no row for this realm.');
    return withdrawnKeysOf(row['withdrawn_keys']);
  }
}
