import { withdrawnKeysOf } from '../../freshness/deployment-row.js';
import type { LogTable } from '../../freshness/log/log-table.js';
import type { AuthDatabase } from '../../schema/database.js';
import { within } from '../../schema/within.js';

/** How long an answer serves, in milliseconds: everybody may ask, and no decision is made on it. */
const SERVES_MS = 1_000;

/** The ids of withdrawn keys, for showing which keys there are. Decisions read them with their state. */
export class WithdrawnKeys {
  private known: ReadonlySet<string> = new Set();
  private readAt = -Infinity;

  constructor(
    private readonly database: AuthDatabase,
    private readonly table: Omit<LogTable, 'dialect'>,
    private readonly timeoutMs: number,
  ) {}

  /** As of a second ago at most; as they were known last, when the database cannot be read. */
  async recent(): Promise<ReadonlySet<string>> {
    const now = performance.now();
    if (now - this.readAt < SERVES_MS) return this.known;
    this.readAt = now;
    const { tables, realm } = this.table;
    try {
      const [row] = await within(
        this.timeoutMs,
        this.database.read({
          sql: `SELECT withdrawn_keys FROM ${tables.state} WHERE realm = ${this.database.dialect.placeholder(1)}`,
          params: [realm],
        }),
      );
      if (row !== undefined) this.known = withdrawnKeysOf(row['withdrawn_keys']);
    } catch {
      // Verifiers elsewhere must be able to go on: the keys do not depend on the database.
      this.readAt = -Infinity;
    }
    return this.known;
  }
}
