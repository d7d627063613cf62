import { exactInteger } from '../schema/exact-integer.js';
import type { AuthDatabase, Statement, Work } from '../schema/database.js';
import type { AuthTables } from '../schema/tables.js';
import { chunks } from '../freshness/log/log-table.js';
import { cut } from '../revocation/revocation-log.js';
import { endOf, isOpen, SESSION_COLUMNS, type SessionRow, sessionRow } from './session-row.js';
import type { SessionSettings } from './session-settings.js';

/** Why and by whom a session is ended. */
export interface Ending {
  readonly reason?: string | undefined;
  readonly actor?: string | undefined;
}

const COLUMNS = Object.values(SESSION_COLUMNS).join(', ');

/** The table of sessions of one realm. */
export class SessionTable {
  private readonly table: string;

  constructor(
    private readonly database: AuthDatabase,
    private readonly tables: AuthTables,
    private readonly realm: string,
  ) {
    this.table = tables.session;
  }

  /** Reads nothing, and fails where the table or a column is missing. */
  probe(): Statement {
    return {
      sql: `SELECT ${COLUMNS}, ended_reason, ended_by FROM ${this.table} WHERE 1 = 0`,
      params: [],
    };
  }

  /**
   * Locks the session until the transaction ends, and gives it as it was committed last: a locking
   * read goes to the newest version on every database.
   */
  *lock(id: string): Work<SessionRow | undefined> {
    const { dialect } = this.database;
    const { rows } = yield {
      sql: `SELECT ${COLUMNS} FROM ${this.table} WHERE id = ${dialect.placeholder(1)} AND realm = ${dialect.placeholder(2)} ${dialect.forUpdate}`,
      params: [id, this.realm],
    };
    return rows.map(sessionRow).find((row) => row.id === id);
  }

  /** The user's sessions that have not ended, as far as their rows say; the newest first. */
  *openOf(userId: string): Work<readonly SessionRow[]> {
    // Compared as text: a collation that ignores case must not show somebody else's.
    return (yield* this.open('user_id', userId, '')).filter((row) => row.userId === userId);
  }

  /** The same, locked until the transaction ends: none of them is ended by anybody else meanwhile. */
  *lockOpenOf(userId: string): Work<readonly SessionRow[]> {
    const rows = yield* this.open('user_id', userId, this.database.dialect.forUpdate);
    return rows.filter((row) => row.userId === userId);
  }

  /** Locks the session if it has not ended. */
  *lockOpen(id: string): Work<readonly SessionRow[]> {
    const rows = yield* this.open('id', id, this.database.dialect.forUpdate);
    return rows.filter((row) => row.id === id);
  }

  *insert(row: SessionRow): Work<void> {
    const { dialect } = this.database;
    const entries = Object.entries(SESSION_COLUMNS);
    const values = entries.map(([property]) => Reflect.get(row, property));
    const places = [...entries, 'realm'].map((_, index) => dialect.placeholder(index + 1));
    yield {
      sql: `INSERT INTO ${this.table} (${COLUMNS}, realm) VALUES (${places.join(', ')})`,
      params: [...values, this.realm],
    };
  }

  /** Changes the session if its refresh token is still the one with this hash; says whether it was. */
  *update(id: string, tokenHash: string, changes: Partial<SessionRow>): Work<boolean> {
    const { dialect } = this.database;
    const params: unknown[] = [];
    const at = (value: unknown) => {
      params.push(value);
      return dialect.placeholder(params.length);
    };
    const assignments = Object.entries(SESSION_COLUMNS).flatMap(([property, column]) =>
      property in changes ? [`${column} = ${at(Reflect.get(changes, property))}`] : [],
    );
    const { affected } = yield {
      sql:
        `UPDATE ${this.table} SET ${assignments.join(', ')} WHERE id = ${at(id)} AND realm = ${at(this.realm)}` +
        ` AND token_hash = ${at(tokenHash)} AND ended_at IS NULL`,
      params,
    };
    return affected === 1;
  }

  /**
   * Notes that the session is in use, at most once in each interval; gives when it ends if it is not
   * used again, `undefined` when it has ended.
   */
  *touch(
    id: string,
    now: number,
    { idleMs, lastSeenMs }: Pick<SessionSettings, 'idleMs' | 'lastSeenMs'>,
  ): Work<number | undefined> {
    const row = yield* this.lock(id);
    if (row === undefined || !isOpen(row, now)) return undefined;
    if (now - row.lastSeenAt < lastSeenMs) return endOf(row);
    const idleExpiresAt = Math.min(now + idleMs, row.expiresAt);
    yield* this.update(id, row.tokenHash, { lastSeenAt: now, idleExpiresAt });
    return idleExpiresAt;
  }

  /** Ends these sessions, those that have not ended. */
  *end(ids: readonly string[], ending: Ending): Work<void> {
    const { dialect } = this.database;
    for (const chunk of chunks(ids, dialect.keysPerDelete)) {
      yield this.ending(ending, (params) => dialect.isAnyOf('id', chunk, params, 'varchar'));
    }
  }

  /** Ends every session of a user that has not ended. */
  *endOf(userId: string, ending: Ending): Work<void> {
    yield this.ending(ending, (params) =>
      this.database.dialect.isAnyOf('user_id', [userId], params, 'varchar'),
    );
  }

  /** What the marks of refresh tokens are made with. */
  *markKey(): Work<string | undefined> {
    const { rows } = yield {
      sql: `SELECT stamp_key FROM ${this.tables.state} WHERE realm = ${this.database.dialect.placeholder(1)}`,
      params: [this.realm],
    };
    const key = rows[0]?.['stamp_key'];
    return typeof key === 'string' ? key : undefined;
  }

  /** The keys of at most `limit` sessions that ended longer ago than `retentionMs`. */
  *endedBefore(retentionMs: number, limit: number): Work<readonly string[]> {
    const { dialect } = this.database;
    const { rows } = yield {
      sql:
        `SELECT id FROM ${this.table} WHERE idle_expires_at < ${dialect.now} - ${exactInteger(retentionMs)}` +
        ` AND realm = ${dialect.placeholder(1)} ORDER BY idle_expires_at LIMIT ${limit}`,
      params: [this.realm],
    };
    return rows.map(({ id }) => String(id));
  }

  /** Deletes these. */
  *remove(ids: readonly string[]): Work<number> {
    const params: unknown[] = [];
    const { affected } = yield {
      sql: `DELETE FROM ${this.table} WHERE ${this.database.dialect.isAnyOf('id', ids, params, 'varchar')}`,
      params,
    };
    return affected;
  }

  /** The keys of at most `limit` sessions that still keep a sealed token whose leeway is over. */
  *stillSealed(limit: number): Work<readonly string[]> {
    const { dialect } = this.database;
    const { rows } = yield {
      sql: `SELECT id FROM ${this.table} WHERE retry_until < ${dialect.now} AND realm = ${dialect.placeholder(1)} LIMIT ${limit}`,
      params: [this.realm],
    };
    return rows.map(({ id }) => String(id));
  }

  /** Forgets what is sealed, once the leeway is over: nobody can ask for it any more. */
  *forgetSealed(id: string): Work<number> {
    const { dialect } = this.database;
    const { affected } = yield {
      sql:
        `UPDATE ${this.table} SET successor = NULL, retry_until = NULL WHERE id = ${dialect.placeholder(1)}` +
        ` AND retry_until < ${dialect.now}`,
      params: [id],
    };
    return affected;
  }

  private *open(
    column: 'id' | 'user_id',
    value: string,
    lock: string,
  ): Work<readonly SessionRow[]> {
    const { now, placeholder } = this.database.dialect;
    const { rows } = yield {
      sql:
        `SELECT ${COLUMNS} FROM ${this.table} WHERE realm = ${placeholder(1)} AND ${column} = ${placeholder(2)}` +
        ` AND ended_at IS NULL AND idle_expires_at > ${now} AND expires_at > ${now} ORDER BY created_at DESC, id ${lock}`,
      params: [this.realm, value],
    };
    return rows.map(sessionRow);
  }

  /**
   * The end also brings the idle end forward, by which ended sessions are found and deleted, and
   * forgets what was sealed: no retry is answered after an end.
   */
  private ending({ reason, actor }: Ending, which: (params: unknown[]) => string): Statement {
    const { dialect } = this.database;
    const params: unknown[] = [];
    const at = (value: unknown) => {
      params.push(value);
      return dialect.placeholder(params.length);
    };
    const { now } = dialect;
    const sql =
      `UPDATE ${this.table} SET ended_reason = ${at(cut(reason))}, ended_by = ${at(cut(actor))}, ended_at = ${now},` +
      ` idle_expires_at = CASE WHEN idle_expires_at < ${now} THEN idle_expires_at ELSE ${now} END,` +
      ` successor = NULL, retry_until = NULL WHERE ${which(params)} AND realm = ${at(this.realm)} AND ended_at IS NULL`;
    return { sql, params };
  }
}
