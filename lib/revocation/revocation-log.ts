import { randomUUID } from 'node:crypto';
import type { DecisionCode } from '../decision/refusal.js';
import type { AuthDatabase, Work } from '../schema/database.js';
import type { AuthTables } from '../schema/tables.js';

/** The largest clock tolerance that validation allows: a denial outlives its tokens by it. */
const GRACE_MS = 300_000;
/** The width of the text columns. */
const TEXT = 255;

/** A row to append. */
export interface LogEntry {
  readonly kind: 'subject' | 'session' | 'token' | 'all';
  /** The `sub`, `sid` or `jti`; `'*'` for all. */
  readonly ref: string;
  /** The refusal the row enforces; without it, the row only tells of a change made elsewhere. */
  readonly code?: DecisionCode;
  readonly issuedBefore?: number;
  /** When the last token it can concern expires (milliseconds); default: a whole token life from now. */
  readonly until?: number;
  readonly reason?: string;
  readonly actor?: string;
}

/** The append-only table of what was taken away, and the deployment's own row. */
export class RevocationLog {
  constructor(
    private readonly database: AuthDatabase,
    private readonly tables: AuthTables,
    private readonly realm: string,
  ) {}

  /** Appends a row; fails when the deployment's row is gone, for then nothing would read it. */
  *append(entry: LogEntry): Work<void> {
    const { dialect } = this.database;
    // Numbers are ours and are written into the text: PostgreSQL would take a parameter in a SELECT
    // list for text.
    const until =
      entry.until === undefined ? `${dialect.now} + s.max_token_life` : exact(entry.until);
    const params = [
      randomUUID(),
      this.realm,
      entry.kind,
      entry.ref,
      entry.code ?? null,
      cut(entry.reason),
      cut(entry.actor),
      this.realm,
    ];
    const at = (index: number) => dialect.placeholder(index);
    const { affected } = yield {
      sql:
        `INSERT INTO ${this.tables.revocation} (id, realm, kind, ref, code, issued_before, reason, actor, created_at, expires_at)` +
        ` SELECT ${at(1)}, ${at(2)}, ${at(3)}, ${at(4)}, ${at(5)}, ${exact(entry.issuedBefore)}, ${at(6)}, ${at(7)}, ${dialect.now}, ${until} + ${GRACE_MS}` +
        ` FROM ${this.tables.state} s WHERE s.realm = ${at(8)}`,
      params,
    };
    if (affected !== 1) throw new Error('The auth_state table has no row for this realm.');
  }

  /** Gives the deployment a new generation: every token issued until this commits is dead after it. */
  *renewGeneration(generation: string): Work<void> {
    yield* this.update('generation', this.database.dialect.placeholder(1), [generation]);
  }

  /** Raises the named cut-off for all; it never falls. */
  *raiseCutOff(issuedBefore: number): Work<void> {
    const { dialect } = this.database;
    yield* this.update('issued_before', dialect.greatest('issued_before', exact(issuedBefore)), []);
  }

  /**
   * Makes the deployment's row if there is none, and raises the longest life that a token of this
   * deployment can have: denials must outlive the tokens of every configuration that ever ran.
   */
  *prepare(generation: string, stampKey: string, longestLifeMs: number): Work<void> {
    const { dialect } = this.database;
    const { rows } = yield {
      sql: `SELECT max_token_life FROM ${this.tables.state} WHERE realm = ${dialect.placeholder(1)}`,
      params: [this.realm],
    };
    // Written only when something is to be written: on MySQL, a long transaction that has revoked
    // somebody holds a lock on the row, and must not keep a process from starting.
    const known = rows[0]?.['max_token_life'];
    if (known !== undefined && Number(known) >= longestLifeMs) return;
    const columns = ['realm', 'generation', 'stamp_key', 'issued_before', 'max_token_life'];
    const texts = [1, 2, 3].map((index) => dialect.placeholder(index));
    yield {
      sql: dialect.insertIgnore(this.tables.state, columns, [...texts, '0', '0']),
      params: [this.realm, generation, stampKey],
    };
    yield* this.update(
      'max_token_life',
      dialect.greatest('max_token_life', exact(longestLifeMs)),
      [],
    );
  }

  /** Deletes at most `limit` rows that no living token can need any more; gives how many went. */
  *purge(limit: number): Work<number> {
    const { dialect } = this.database;
    const { affected } = yield {
      sql: dialect.deleteBatch(this.tables.revocation, `expires_at < ${dialect.now}`, limit),
      params: [],
    };
    return affected;
  }

  private *update(column: string, value: string, params: readonly unknown[]): Work<void> {
    const realm = this.database.dialect.placeholder(params.length + 1);
    yield {
      sql: `UPDATE ${this.tables.state} SET ${column} = ${value} WHERE realm = ${realm}`,
      params: [...params, this.realm],
    };
  }
}

function exact(value: number | undefined): string {
  return value === undefined ? 'NULL' : String(Math.trunc(value));
}

/** Fits a text for people into its column: a reason that is too long must not cost the revocation. */
function cut(text: string | undefined): string | null {
  if (text === undefined) return null;
  // oxlint-disable-next-line no-control-regex
  return [...text.replace(/[\0\ud800-\udfff]/gu, '\ufffd')].slice(0, TEXT).join('');
}
