import type { DeploymentKey } from '../decision/auth-state.js';
import { deploymentKey } from '../log/deployment-row.js';
import {
  type AuthDatabase,
  exactInteger,
  type Row,
  type Statement,
  type Work,
} from '../database/database.js';
import type { Dialect } from '../database/dialect.js';
import { columnName } from '../database/tables/table.js';
import type { AuthTables } from '../database/tables.js';
import { chunks } from '../log/log-table.js';
import { cut } from '../log/revocation-log.js';
import { SESSION_COLUMNS, type SessionRow } from './session-row.js';

/** Why a session ends, and who ends it. */
export interface Ending {
  readonly reason?: string | undefined;
  readonly actor?: string | undefined;
}

/** Selects sessions: one, or those of a user. */
export interface Which {
  readonly by: 'id' | 'userId';
  readonly value: string;
  /** Selects among these; default: all. */
  readonly only?: (row: SessionRow) => boolean;
}

const COLUMNS = SESSION_COLUMNS.list;

export class SessionTable {
  private readonly table: string;

  constructor(
    private readonly database: AuthDatabase,
    private readonly tables: AuthTables,
    private readonly realm: string,
  ) {
    this.table = tables.session;
  }

  get dialect(): Dialect {
    return this.database.dialect;
  }

  /** Reads nothing. It fails when the table or a column is missing. */
  probe(): Statement {
    return {
      sql: `SELECT ${COLUMNS}, ended_reason, ended_by FROM ${this.table} WHERE 1 = 0`,
      params: [],
    };
  }

  /**
   * Locks the session until the transaction ends, and reads its last committed version: a locking read does so
   * on every database.
   */
  *lock(id: string): Work<SessionRow | undefined> {
    return yield* this.find(id, this.dialect.forUpdate);
  }

  /** Reads the session, and locks it only when asked to. */
  *find(id: string, locking = ''): Work<SessionRow | undefined> {
    const { dialect } = this;
    const { rows } = yield {
      sql: `SELECT ${COLUMNS} FROM ${this.table} WHERE id = ${dialect.placeholder(1)} AND realm = ${dialect.placeholder(2)} ${locking}`,
      params: [id, this.realm],
    };
    return rows.map((row) => SESSION_COLUMNS.read(row)).find((row) => row.id === id);
  }

  /** The user's sessions that have not ended, by their rows alone; the newest first. */
  *openOf(userId: string): Work<readonly SessionRow[]> {
    const which: Which = { by: 'userId', value: userId };
    return selected(which, (yield this.open(which)).rows);
  }

  /**
   * Locks those that have not ended. The lock lasts until the transaction ends, so nobody else can end one of them
   * meanwhile.
   */
  *lockOpen(which: Which): Work<readonly SessionRow[]> {
    const { sql, params } = this.open(which);
    const { rows } = yield { sql: `${sql} ${this.dialect.forUpdate}`, params };
    return selected(which, rows);
  }

  /** Those that have not ended in the committed state, whatever a caller's transaction still sees. */
  *committedOpen(which: Which): Work<readonly SessionRow[]> {
    const { sql, params } = this.open(which);
    // The join always gives a row. So a replica that is behind is noticed even if it has no session.
    const { rows } = yield {
      sql: `SELECT o.*, r.replica FROM (SELECT ${this.dialect.isReplica} AS replica) r LEFT JOIN (${sql}) o ON 1 = 1`,
      params,
      committed: true,
    };
    return selected(
      which,
      rows.filter(({ id }) => id !== null),
    );
  }

  /** Which of these sessions the transaction sees, open or ended. */
  *seen(ids: readonly string[]): Work<ReadonlySet<string>> {
    const params: unknown[] = [];
    const { rows } = yield {
      sql: `SELECT id FROM ${this.table} WHERE ${this.dialect.isAnyOf('id', ids, params, 'varchar')}`,
      params,
    };
    return new Set(rows.map(({ id }) => String(id)));
  }

  *insert(row: SessionRow): Work<void> {
    const { dialect } = this;
    const { names } = SESSION_COLUMNS;
    const values = names.map(([property]) => Reflect.get(row, property));
    const places = [...names, 'realm'].map((_, index) => dialect.placeholder(index + 1));
    yield {
      sql: `INSERT INTO ${this.table} (${COLUMNS}, realm) VALUES (${places.join(', ')})`,
      params: [...values, this.realm],
    };
  }

  /** Changes the session if its refresh token still has this hash. @returns whether it had */
  *update(id: string, tokenHash: string, changes: Partial<SessionRow>): Work<boolean> {
    const { params, at } = this.parameters();
    const assignments = SESSION_COLUMNS.names.flatMap(([property, column]) =>
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

  /** Ends those of these sessions that have not ended. */
  *end(ids: readonly string[], ending: Ending): Work<void> {
    const { dialect } = this;
    for (const chunk of chunks(ids, dialect.keysPerDelete)) {
      yield this.ending(ending, (params) => dialect.isAnyOf('id', chunk, params, 'varchar'));
    }
  }

  /** Ends the user's sessions that have not ended. */
  *endOf(userId: string, ending: Ending): Work<void> {
    yield this.ending(ending, (params) =>
      this.dialect.isAnyOf('user_id', [userId], params, 'varchar'),
    );
  }

  /** The key of the refresh tokens' tags. */
  *tagKey(): Work<DeploymentKey | undefined> {
    const { rows } = yield {
      sql: `SELECT stamp_key FROM ${this.tables.state} WHERE realm = ${this.dialect.placeholder(1)}`,
      params: [this.realm],
    };
    const key = rows[0]?.['stamp_key'];
    return typeof key === 'string' ? deploymentKey(key) : undefined;
  }

  /** The ids of at most `limit` sessions that ended longer ago than `retentionMs`. */
  *endedBefore(retentionMs: number, limit: number): Work<readonly string[]> {
    const { dialect } = this;
    const { rows } = yield {
      sql:
        `SELECT id FROM ${this.table} WHERE realm = ${dialect.placeholder(1)}` +
        ` AND idle_expires_at < ${dialect.now} - ${exactInteger(retentionMs)} ORDER BY idle_expires_at ${dialect.limit(limit)}`,
      params: [this.realm],
    };
    return rows.map(({ id }) => String(id));
  }

  *remove(ids: readonly string[]): Work<number> {
    const params: unknown[] = [];
    const { affected } = yield {
      sql: `DELETE FROM ${this.table} WHERE ${this.dialect.isAnyOf('id', ids, params, 'varchar')}`,
      params,
    };
    return affected;
  }

  /** The ids of at most `limit` sessions with a sealed token whose leeway is over. */
  *stillSealed(limit: number): Work<readonly string[]> {
    const { dialect } = this;
    const { rows } = yield {
      sql: `SELECT id FROM ${this.table} WHERE realm = ${dialect.placeholder(1)} AND retry_until < ${dialect.now} ORDER BY retry_until ${dialect.limit(limit)}`,
      params: [this.realm],
    };
    return rows.map(({ id }) => String(id));
  }

  /** Forgets the sealed token if the leeway is over, after which nobody can ask for it. */
  *forgetSealed(id: string): Work<number> {
    const { dialect } = this;
    const { affected } = yield {
      sql:
        `UPDATE ${this.table} SET successor = NULL, retry_until = NULL WHERE id = ${dialect.placeholder(1)}` +
        ` AND retry_until < ${dialect.now}`,
      params: [id],
    };
    return affected;
  }

  private parameters() {
    const params: unknown[] = [];
    const at = (value: unknown) => this.dialect.placeholder(params.push(value));
    return { params, at };
  }

  private open({ by, value }: Which): Statement {
    const { now, placeholder } = this.dialect;
    return {
      sql:
        `SELECT ${COLUMNS} FROM ${this.table} WHERE realm = ${placeholder(1)} AND ${columnName(by)} = ${placeholder(2)}` +
        ` AND ended_at IS NULL AND idle_expires_at > ${now} AND expires_at > ${now} ORDER BY created_at DESC, id`,
      params: [this.realm, value],
    };
  }

  /**
   * It also moves the idle end to now, because the cleaner finds ended sessions by it. It forgets the sealed
   * successor, because no retry is answered after the end.
   */
  private ending({ reason, actor }: Ending, which: (params: unknown[]) => string): Statement {
    const { now } = this.dialect;
    const { params, at } = this.parameters();
    const sql =
      `UPDATE ${this.table} SET ended_reason = ${at(cut(reason))}, ended_by = ${at(cut(actor))}, ended_at = ${now},` +
      ` idle_expires_at = CASE WHEN idle_expires_at < ${now} THEN idle_expires_at ELSE ${now} END,` +
      ` successor = NULL, retry_until = NULL WHERE ${which(params)} AND realm = ${at(this.realm)} AND ended_at IS NULL`;
    return { sql, params };
  }
}

/** Compares as text: a collation that ignores case must not select another user's session. */
function selected({ by, value, only }: Which, rows: readonly Row[]): readonly SessionRow[] {
  return rows
    .map((row) => SESSION_COLUMNS.read(row))
    .filter((row) => row[by] === value && only?.(row) !== false);
}
