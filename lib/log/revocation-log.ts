import { randomUUID } from 'node:crypto';
import { exactInteger, type Work } from '../database/database.js';
import { UNSET } from '../database/tables/log.tables.js';
import type { DecisionCode } from '../decision/refusal.js';
import { GRACE_MS } from '../decision/time-margins.js';
import { withdrawnKeysOf } from './deployment-row.js';
import type { Concerned } from './propagation.js';
import { deploymentRow, type LogTable, stateStatement } from './log-table.js';

/** The width of the text columns. */
const TEXT = 255;

/** A row to append; triggers append those of kind `resync`. */
export interface LogEntry extends Concerned {
  /** The refusal that the row enforces; without it, the row only reports a change in another table. */
  readonly code?: DecisionCode;
  readonly issuedBefore?: number;
  /** When the last token that it can concern expires (milliseconds); default: one token life from now. */
  readonly until?: number;
  /** Until when sessions that it concerns can be refreshed (milliseconds). The row is kept at least until then. */
  readonly sessionsUntil?: number;
  readonly reason?: string;
  readonly actor?: string;
}

/** The append-only table of revocations, and the deployment's row. */
export class RevocationLog {
  constructor(readonly table: LogTable) {}

  /** Appends a row and returns it. Fails without the deployment's row, because then no process reads the log. */
  *append(entry: LogEntry): Work<LogEntry> {
    const { dialect, tables, realm } = this.table;
    const at = (index: number) => dialect.placeholder(index);
    // A separate statement: as part of the INSERT it would lock the deployment's row on MySQL and MariaDB
    // until the caller's transaction ends, and revokeAll() would have to wait for it. If another process raises
    // the longest life meanwhile, the new row is still kept long enough: see purge().
    const { rows } = yield stateStatement(this.table, 'max_token_life');
    const state = deploymentRow(rows[0]);
    // The caller's `issuedBefore` may be a little ahead of the database's clock, and tokens issued before it
    // have a full life.
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
        `INSERT INTO ${tables.revocation} (id, realm, kind, ref, code, issued_before, reason, actor, created_at, expires_at)` +
        ` VALUES (${at(1)}, ${at(2)}, ${at(3)}, ${at(4)}, ${at(5)}, ${exact(entry.issuedBefore)}, ${at(6)}, ${at(7)}, ${dialect.clock}, ${until} + ${GRACE_MS})`,
      params: [
        randomUUID(),
        realm,
        entry.kind,
        entry.ref,
        entry.code ?? null,
        cut(entry.reason),
        cut(entry.actor),
      ],
    };
    return entry;
  }

  /** Gives the deployment a new generation: after the commit, every token issued before it is refused. */
  *renewGeneration(generation: string): Work<void> {
    yield* this.update('generation', this.table.dialect.placeholder(1), [generation]);
  }

  /** Adds a key to the withdrawn keys, whose tokens are refused. It is never removed again. */
  *withdrawKey(kid: string): Work<void> {
    const { dialect } = this.table;
    // Under the row's lock, so that two withdrawals at the same time do not overwrite each other.
    const { rows } = yield stateStatement(this.table, 'withdrawn_keys', ` ${dialect.forUpdate}`);
    const keys = withdrawnKeysOf(deploymentRow(rows[0])['withdrawn_keys']);
    if (keys.has(kid)) return;
    const next = JSON.stringify([...keys, kid]);
    yield* this.update('withdrawn_keys', dialect.placeholder(1), [next]);
  }

  /** Raises the `issuedBefore` of every token; it is never lowered. */
  *raiseCutOff(issuedBefore: number): Work<void> {
    yield* this.raise('issued_before', issuedBefore);
  }

  /**
   * Creates the deployment's rows if they do not exist, and raises the longest life of a token of this
   * deployment: denials must outlive the tokens of every configuration that ever ran.
   */
  *prepare(generation: string, stampKey: string, longestLifeMs: number): Work<void> {
    const { dialect, tables, realm } = this.table;
    const { state, logHead } = tables;
    const { rows } = yield {
      sql:
        `SELECT s.max_token_life, s.stamp_key, n.realm AS numbered FROM ${state} s` +
        ` LEFT JOIN ${logHead} n ON n.realm = s.realm WHERE s.realm = ${dialect.placeholder(1)}`,
      params: [realm],
    };
    const [known] = rows;
    // Writes only what is necessary: on MySQL, a long transaction with a revocation holds a lock on the row.
    // That must not keep a process from starting.
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
      params: [realm, generation, stampKey],
    };
    const [first, second, third] = places;
    // The migration may have created the row. If two processes start at once, the first one's values are kept.
    yield {
      sql: `UPDATE ${state} SET generation = ${first}, stamp_key = ${second} WHERE realm = ${third} AND stamp_key = '${UNSET}'`,
      params: [generation, stampKey, realm],
    };
    yield {
      sql: dialect.insertIgnore(logHead, ['realm'], [dialect.placeholder(1)]),
      params: [realm],
    };
    yield* this.raise('max_token_life', longestLifeMs);
  }

  private *raise(column: string, value: number): Work<void> {
    yield* this.update(column, this.table.dialect.greatest(column, exact(value)), []);
  }

  private *update(column: string, value: string, params: readonly unknown[]): Work<void> {
    const { dialect, tables, realm } = this.table;
    const place = dialect.placeholder(params.length + 1);
    yield {
      sql: `UPDATE ${tables.state} SET ${column} = ${value} WHERE realm = ${place}`,
      params: [...params, realm],
    };
  }
}

function exact(value: number | undefined): string {
  return value === undefined ? 'NULL' : String(Math.trunc(value));
}

/**
 * Cuts a text for people to the width of its column: a long reason must not make a revocation fail. Any other value
 * gives `null`, because it may come from a client, unchecked.
 */
export function cut(text: unknown): string | null {
  if (typeof text !== 'string') return null;
  // oxlint-disable-next-line no-control-regex
  return [...text.replace(/[\0\ud800-\udfff]/gu, '\ufffd')].slice(0, TEXT).join('');
}
