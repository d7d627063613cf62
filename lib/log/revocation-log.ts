import { randomUUID } from 'node:crypto';
import type { DecisionCode } from '../decision/refusal.js';
import { withdrawnKeysOf } from './deployment-row.js';
import { type LogTable } from './log-table.js';
import { type Purged, purge } from './purging.js';
import type { AuthDatabase, Work } from '../database/database.js';
import { UNSET } from '../database/entities.js';
import { exactInteger } from '../database/exact-integer.js';
import type { AuthTables } from '../database/tables.js';
import { GRACE_MS } from '../decision/time-margins.js';

/** The width of the text columns. */
const TEXT = 255;

/** A row to append. */
export interface LogEntry {
  readonly kind: 'subject' | 'session' | 'token' | 'key' | 'all';
  /** The `sub`, `sid`, `jti` or `kid`; `'*'` for all. */
  readonly ref: string;
  /** The refusal the row enforces; without it, the row only tells of a change made elsewhere. */
  readonly code?: DecisionCode;
  readonly issuedBefore?: number;
  /** When the last token it can concern expires (milliseconds); default: a whole token life from now. */
  readonly until?: number;
  /** Kept at least until then (milliseconds): a session that it concerns can be refreshed for so long. */
  readonly sessionsUntil?: number;
  readonly reason?: string;
  readonly actor?: string;
}

/** The append-only table of what was taken away, and the deployment's own row. */
export class RevocationLog {
  private readonly table: LogTable;

  constructor(
    private readonly database: AuthDatabase,
    private readonly tables: AuthTables,
    private readonly realm: string,
  ) {
    this.table = { dialect: database.dialect, tables, realm };
  }

  /** Appends a row and gives it; fails when the deployment's row is gone, for then nothing would read it. */
  *append(entry: LogEntry): Work<LogEntry> {
    const { dialect } = this.database;
    const at = (index: number) => dialect.placeholder(index);
    // In a statement of its own: as part of the INSERT it would lock the deployment's row on MySQL and
    // MariaDB until the caller's transaction ends, and nobody could revoke everything meanwhile. Where it
    // sees a life that was raised since, the row is kept long enough all the same: see purge().
    const { rows } = yield {
      sql: `SELECT max_token_life FROM ${this.tables.state} WHERE realm = ${at(1)}`,
      params: [this.realm],
    };
    const [state] = rows;
    if (state === undefined) throw new Error('The auth_state table has no row for this realm.');
    // A named cut-off may lie a little ahead of the database's clock; tokens from before it live as
    // long as others.
    const from =
      entry.issuedBefore === undefined
        ? dialect.clock
        : dialect.greatest(dialect.clock, exact(entry.issuedBefore));
    const life = exactInteger(state['max_token_life']);
    const until =
      entry.until === undefined
        ? dialect.greatest(`${from} + ${life}`, exact(entry.sessionsUntil ?? 0))
        : exact(entry.until);
    yield {
      sql:
        `INSERT INTO ${this.tables.revocation} (id, realm, kind, ref, code, issued_before, reason, actor, created_at, expires_at)` +
        ` VALUES (${at(1)}, ${at(2)}, ${at(3)}, ${at(4)}, ${at(5)}, ${exact(entry.issuedBefore)}, ${at(6)}, ${at(7)}, ${dialect.clock}, ${until} + ${GRACE_MS})`,
      params: [
        randomUUID(),
        this.realm,
        entry.kind,
        entry.ref,
        entry.code ?? null,
        cut(entry.reason),
        cut(entry.actor),
      ],
    };
    return entry;
  }

  /** Gives the deployment a new generation: every token issued until this commits is dead after it. */
  *renewGeneration(generation: string): Work<void> {
    yield* this.update('generation', this.database.dialect.placeholder(1), [generation]);
  }

  /** Adds a key to those whose tokens are dead. It never leaves them again. */
  *withdrawKey(kid: string): Work<void> {
    const { dialect } = this.database;
    // Under the row's lock: of two withdrawals at once, the later one must not write over the other.
    const { rows } = yield {
      sql: `SELECT withdrawn_keys FROM ${this.tables.state} WHERE realm = ${dialect.placeholder(1)} ${dialect.forUpdate}`,
      params: [this.realm],
    };
    const [own] = rows;
    if (own === undefined) throw new Error('The auth_state table has no row for this realm.');
    const keys = withdrawnKeysOf(own['withdrawn_keys']);
    if (keys.has(kid)) return;
    const next = JSON.stringify([...keys, kid]);
    yield* this.update('withdrawn_keys', dialect.placeholder(1), [next]);
  }

  /** Raises the named cut-off for all; it never falls. */
  *raiseCutOff(issuedBefore: number): Work<void> {
    yield* this.raise('issued_before', issuedBefore);
  }

  /**
   * Makes the deployment's rows if there are none, and raises the longest life that a token of this
   * deployment can have: denials must outlive the tokens of every configuration that ever ran.
   */
  *prepare(generation: string, stampKey: string, longestLifeMs: number): Work<void> {
    const { dialect } = this.database;
    const { state, logHead } = this.tables;
    const { rows } = yield {
      sql:
        `SELECT s.max_token_life, s.stamp_key, n.realm AS numbered FROM ${state} s` +
        ` LEFT JOIN ${logHead} n ON n.realm = s.realm WHERE s.realm = ${dialect.placeholder(1)}`,
      params: [this.realm],
    };
    const [known] = rows;
    // Written only when something is to be written: on MySQL, a long transaction that has revoked
    // somebody holds a lock on the row, and must not keep a process from starting.
    if (
      known !== undefined &&
      known['numbered'] !== null &&
      known['stamp_key'] !== UNSET &&
      Number(known['max_token_life']) >= longestLifeMs
    ) {
      return;
    }
    const columns = ['realm', 'generation', 'stamp_key'];
    const places = [1, 2, 3].map((index) => dialect.placeholder(index));
    yield {
      sql: dialect.insertIgnore(state, columns, places),
      params: [this.realm, generation, stampKey],
    };
    const [first, second, third] = places;
    // A row that a migration made. Of two processes that start at once, the first one's are kept.
    yield {
      sql: `UPDATE ${state} SET generation = ${first}, stamp_key = ${second} WHERE realm = ${third} AND stamp_key = '${UNSET}'`,
      params: [generation, stampKey, this.realm],
    };
    yield {
      sql: dialect.insertIgnore(logHead, ['realm'], [dialect.placeholder(1)]),
      params: [this.realm],
    };
    yield* this.raise('max_token_life', longestLifeMs);
  }

  /** Deletes at most `limit` rows that nobody can need any more. */
  *purge(limit: number): Work<Purged> {
    return yield* purge(this.table, limit);
  }

  private *raise(column: string, value: number): Work<void> {
    yield* this.update(column, this.database.dialect.greatest(column, exact(value)), []);
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
export function cut(text: string | undefined): string | null {
  if (text === undefined) return null;
  // oxlint-disable-next-line no-control-regex
  return [...text.replace(/[\0\ud800-\udfff]/gu, '\ufffd')].slice(0, TEXT).join('');
}
