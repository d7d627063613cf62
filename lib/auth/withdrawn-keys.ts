import { AuthUnavailableException } from '../errors/auth.exceptions.js';
import { withdrawnKeysOf } from '../log/deployment-row.js';
import { deploymentRow, type LogTable, stateStatement } from '../log/log-table.js';
import type { AuthDatabase } from '../database/database.js';
import { withTimeout } from '../database/with-timeout.js';

/** How long a result is reused, in milliseconds. Anybody may ask for it, and no decision depends on it. */
const REUSED_MS = 1_000;

/** The ids of withdrawn keys, for the route that shows the keys. Decisions read them with their state. */
export class WithdrawnKeys {
  private known: ReadonlySet<string> | undefined;
  private readAt = -Infinity;
  /** Calls during a read share its result. */
  private reading: Promise<ReadonlySet<string>> | undefined;
  /** How many keys this process has withdrawn. */
  private withdrawals = 0;

  constructor(
    private readonly database: AuthDatabase,
    private readonly table: LogTable,
    private readonly timeoutMs: number,
  ) {}

  /**
   * At most a second old; the last known ids when the database cannot be read.
   *
   * @throws AuthUnavailableException (503) they were never read, so any key may be withdrawn
   */
  recent(): Promise<ReadonlySet<string>> {
    const { known } = this;
    if (known !== undefined && performance.now() - this.readAt < REUSED_MS) {
      return Promise.resolve(known);
    }
    return (this.reading ??= this.readAgain());
  }

  /** Call it when this process has withdrawn a key, which earlier and running reads do not show yet. */
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
      // Verifiers elsewhere must be able to go on: their keys do not depend on this database.
      if (this.known !== undefined) return this.known;
      throw new AuthUnavailableException(cause);
    } finally {
      if (this.withdrawals === withdrawals) this.reading = undefined;
    }
  }

  private async read(): Promise<ReadonlySet<string>> {
    const statement = stateStatement(this.table, 'withdrawn_keys');
    const [row] = await withTimeout(this.timeoutMs, this.database.read(statement));
    return withdrawnKeysOf(deploymentRow(row)['withdrawn_keys']);
  }
}
