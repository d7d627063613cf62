import { AuthDatabaseError } from '../errors/database.errors.js';
import { exactInteger, type Row, type Statement, type Work } from '../database/database.js';
import { refuseReplica } from '../database/faults.js';
import type { AuthTables } from '../database/tables.js';
import type {
  AuthState,
  Denial,
  DeploymentState,
  Lookup,
  SubjectState,
} from '../decision/auth-state.js';
import { deploymentOf } from '../log/deployment-row.js';
import { denialCodeOf } from '../log/log-page.js';
import { deploymentRow, stateStatement } from '../log/log-table.js';
import { AccountColumns, type AccountColumnsParts, jsonRows } from './account-columns.js';

const NONE: readonly string[] = [];

/** The answer to one lookup; an error concerns that lookup only. */
export type StateAnswer = AuthState | Error;

/**
 * The one statement behind a decision: the accounts, the denials and the deployment's row as of one
 * instant, with that instant by the database's clock.
 *
 * It has two parts in a UNION ALL. The first gives one row for each account that was found. The second gives the
 * deployment's row, with the matching denials in one JSON text. (A join would repeat an account for each denial.)
 * Each part fills the columns of the other with NULL, which has the type of that column on all three databases.
 */
export class StateQuery {
  private readonly account: AccountColumns;
  private readonly userTable: string;
  private readonly subject: string;
  /** The parts of the statement that do not depend on the lookups, in their order. */
  private readonly text: Readonly<
    Record<'accounts' | 'denials' | 'own' | 'sessions' | 'end', string>
  >;

  constructor(
    private readonly parts: AccountColumnsParts & {
      readonly realm: string;
      readonly tables: AuthTables;
      /** Whether sign-ins have rows in the table of sessions. */
      readonly hasSessions: boolean;
    },
  ) {
    const { dialect, user, tables } = parts;
    this.account = new AccountColumns(parts);
    const { expressions } = this.account;
    this.userTable = dialect.quote(...user.metadata.tablePath.split('.'));
    this.subject = dialect.quote('u', user.subject.databaseName);
    const accounts =
      `SELECT ${expressions.join(', ')}, NULL AS generation, NULL AS issued_before,` +
      ` NULL AS stamp_key, NULL AS withdrawn_keys, NULL AS denials, NULL AS db_now, NULL AS autocommit, NULL AS replica, NULL AS sessions FROM ${this.userTable} u WHERE `;
    const denials =
      ` UNION ALL SELECT ${expressions.map(() => 'NULL').join(', ')}, s.generation, s.issued_before, s.stamp_key, s.withdrawn_keys,` +
      ` (SELECT ${dialect.jsonRows(['d.kind', 'd.ref', 'd.code', 'd.issued_before'])}` +
      ` FROM ${tables.revocation} d WHERE d.code IS NOT NULL AND d.realm = `;
    const own = `), ${dialect.now}, ${dialect.autocommit}, ${dialect.isReplica}, `;
    const sessions = `(SELECT ${dialect.jsonRows(['x.id'])} FROM ${tables.session} x WHERE x.realm = `;
    const end = ` FROM ${tables.state} s WHERE s.realm = `;
    this.text = { accounts, denials, own, sessions, end };
  }

  /** The statement for these lookups; at most as many as the dialect's batch. */
  statement(lookups: readonly Lookup[]): Statement {
    const { dialect, user, realm } = this.parts;
    const params: unknown[] = [];
    const isAnyOf = (expression: string, values: Iterable<string>, type: string) =>
      dialect.isAnyOf(expression, [...new Set(values)], params, type);
    const isRealm = () => dialect.placeholder(params.push(realm));
    const refs = lookups.flatMap(({ sub, sid, jti }) => [sub, sid, jti]);
    const subjects = lookups.map(({ sub }) => sub);
    const provisional = this.provisional(lookups);
    // Parameters are numbered as they are pushed, so the text is built from left to right.
    const sql =
      this.text.accounts +
      isAnyOf(this.subject, subjects, user.subjects.databaseType) +
      this.text.denials +
      `${isRealm()} AND ${isAnyOf('d.ref', refs, 'varchar')}` +
      this.text.own +
      (provisional.length === 0
        ? // Only provisional tokens need the stored sessions.
          'NULL'
        : `${this.text.sessions}${isRealm()} AND ${isAnyOf('x.id', provisional, 'varchar')})`) +
      this.text.end +
      isRealm();
    return { sql, params };
  }

  /** Whether the roles are not in the account's row. */
  get hasRolesElsewhere(): boolean {
    return this.parts.roles.kind === 'subquery';
  }

  /**
   * Locks the account until the transaction ends, and reads its newest version: the one that was committed last,
   * or the transaction's own. Roles from other tables may be older.
   *
   * @param id the primary key
   */
  *lock(id: string): Work<SubjectState | undefined> {
    const { dialect, user } = this.parts;
    const isId = `${dialect.quote('u', user.id.databaseName)} = ${dialect.placeholder(1)}`;
    const { rows } = yield {
      sql: `SELECT ${this.account.expressions.join(', ')} FROM ${this.userTable} u WHERE ${isId} ${dialect.forUpdate}`,
      params: [id],
    };
    for (const row of rows) {
      const state = this.account.read(row)?.state;
      if (state instanceof Error) throw state;
      // Compared as text: a collation that ignores case must not find another account.
      if (state?.id === id) return state;
    }
    return undefined;
  }

  /** Locks the deployment's row until the transaction ends, and reads its newest version. */
  *lockDeployment(): Work<DeploymentState> {
    const columns = 'generation, issued_before, stamp_key, withdrawn_keys';
    const { rows } = yield stateStatement(this.parts, columns, ` ${this.parts.dialect.forUpdate}`);
    return deploymentOf(deploymentRow(rows[0]));
  }

  /** Reads the state as a step of a transaction. */
  *work(lookup: Lookup): Work<AuthState> {
    const { dialect } = this.parts;
    // On some databases `now` stays the same in a transaction, and the transaction may have waited for locks. Then
    // a separate statement reads the time first. That time is not later than what the state statement sees, and not
    // earlier than the end of the wait.
    const began = dialect.nowIsOfTransaction
      ? yield { sql: `SELECT ${dialect.clock} AS db_now`, params: [] }
      : undefined;
    const { rows } = yield this.statement([lookup]);
    const answer = this.answer(rows, lookup);
    const now = began?.rows[0]?.['db_now'];
    return now === undefined ? answer : { ...answer, now: exactInteger(now) };
  }

  /** Reads the state that is committed now, even if the caller's transaction still sees an older one. */
  *committed(lookup: Lookup): Work<AuthState> {
    const { rows } = yield { ...this.statement([lookup]), committed: true };
    return this.answer(rows, lookup);
  }

  /** The sessions of provisional tokens, which must be stored. */
  private provisional(lookups: readonly Lookup[]): readonly string[] {
    if (!this.parts.hasSessions || !lookups.some(isProvisional)) return NONE;
    return lookups.filter(isProvisional).map(({ sid }) => sid);
  }

  /** A denial for each session that is not stored: its transaction was rolled back, or is not committed yet. */
  private missing(own: Row, sessions: readonly string[]): readonly Denial[] {
    if (sessions.length === 0) return [];
    const stored = new Set(jsonRows(own['sessions']).map(([id]) => String(id)));
    return sessions
      .filter((ref) => !stored.has(ref))
      .map((ref) => ({ kind: 'session', ref, code: 'session_ended', issuedBefore: null }));
  }

  private answer(rows: readonly Row[], lookup: Lookup): AuthState {
    const [answer] = this.answers(rows, [lookup]);
    if (answer === undefined || answer instanceof Error) throw answer;
    return answer;
  }

  /** The answer to each lookup, in their order. Throws when the deployment's row is missing, and for a replica. */
  answers(rows: readonly Row[], lookups: readonly Lookup[]): readonly StateAnswer[] {
    refuseReplica(rows);
    const own = deploymentRow(rows.find((row) => row['generation'] !== null));
    // The server's settings or `init_connect` may turn autocommit off. The first read on a pooled connection then
    // begins a transaction that never ends, and every later read sees its snapshot.
    if (Number(own['autocommit']) !== 1) {
      throw new AuthDatabaseError(
        'autocommit_off',
        'The session has autocommit off and may see old state. Turn it on.',
      );
    }
    const now = exactInteger(own['db_now']);
    const deployment = deploymentOf(own);
    const denials = denialsByRef(own['denials']);
    for (const denial of this.missing(own, this.provisional(lookups))) {
      denials.set(denial.ref, [...(denials.get(denial.ref) ?? []), denial]);
    }
    const accounts = new Map<string, SubjectState | Error>();
    for (const row of rows) {
      const account = row === own ? undefined : this.account.read(row);
      if (account !== undefined) accounts.set(account.subject, account.state);
    }
    const of = (kind: Denial['kind'], ref: string) =>
      (denials.get(ref) ?? []).filter((denial) => denial.kind === kind);
    return lookups.map(({ sub, sid, jti }): StateAnswer => {
      // Found by the exact text: a collation may have matched 'Alice' for 'alice'.
      const subject = accounts.get(sub) ?? null;
      if (subject instanceof Error) return subject;
      return {
        now,
        subject,
        denials: [...of('subject', sub), ...of('session', sid), ...of('token', jti)],
        deployment,
      };
    });
  }
}

function isProvisional({ provisional }: Lookup): boolean {
  return provisional === true;
}

function denialsByRef(json: unknown): Map<string, Denial[]> {
  const byRef = new Map<string, Denial[]>();
  for (const [kind, ref, code, issuedBefore] of jsonRows(json)) {
    const denial: Denial = {
      kind: kindOf(kind),
      ref: String(ref),
      code: denialCodeOf(code),
      issuedBefore: issuedBefore === null ? null : exactInteger(issuedBefore),
    };
    byRef.set(denial.ref, [...(byRef.get(denial.ref) ?? []), denial]);
  }
  return byRef;
}

function kindOf(kind: unknown): Denial['kind'] {
  if (kind === 'subject' || kind === 'session' || kind === 'token') return kind;
  throw new AuthDatabaseError(
    'unreadable',
    'The revocation log has a denial of a kind that this version does not know.',
  );
}
