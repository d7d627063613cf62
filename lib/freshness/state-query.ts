import type { DataSource } from 'typeorm';
import type { AuthState, Denial, SubjectState } from '../decision/auth-state.js';
import type { UserModel } from '../users/user.settings.js';
import type { Column } from '../database/column.js';
import type { Row, Statement, Work } from '../database/database.js';
import { type Discriminator, discriminatorOf } from '../users/discriminator.js';
import type { Dialect } from '../database/dialect.js';
import { exactInteger } from '../database/exact-integer.js';
import { refuseReplica } from '../database/replica.js';
import type { AuthTables } from '../database/tables.js';
import { deploymentOf } from '../log/deployment-row.js';
import { denialCodeOf } from '../log/log-page.js';
import type { Lookup } from '../decision/auth-state-reader.js';
import type { RoleReader } from '../users/role-source.js';

/** What the statement is built from. */
export interface StateQueryParts {
  readonly realm: string;
  readonly user: UserModel;
  /** The columns that the active policies watch. */
  readonly watched: readonly Column[];
  readonly roles: RoleReader;
  readonly permissions: Column | undefined;
  readonly tables: AuthTables;
}

/** What the answer holds for one lookup; a failure is that lookup's alone. */
export type StateAnswer = AuthState | Error;

/**
 * The one statement behind a decision: the accounts, the denials and the deployment's own row as of
 * one instant, with that instant by the database's clock.
 *
 * Two arms under a UNION ALL. The first gives one row for each account that was found; the second
 * gives the deployment's row, with the matching denials folded into one JSON text. Joining denials to
 * accounts would multiply them. Every arm fills the other's columns with NULL, which takes the type
 * of the column above or below it on all three databases.
 */
export class StateQuery {
  private readonly accountColumns: readonly Column[];
  private readonly discriminator: Discriminator | undefined;
  private readonly subject: string;
  /** The text up to the accounts, from there to the denials, and from there to the deployment's row. */
  private readonly text: {
    readonly accounts: string;
    readonly denials: string;
    readonly own: string;
  };

  constructor(
    private readonly dataSource: DataSource,
    private readonly dialect: Dialect,
    private readonly parts: StateQueryParts,
  ) {
    const { user, watched, roles, permissions, tables } = parts;
    this.discriminator = discriminatorOf(user.metadata);
    const extra = [
      permissions,
      roles.kind === 'column' ? roles.column : undefined,
      this.discriminator?.column,
    ];
    this.accountColumns = [
      ...new Set([
        user.id,
        user.subject,
        ...watched,
        ...extra.filter((column) => column !== undefined),
      ]),
    ];
    const userTable = dialect.quote(...user.metadata.tablePath.split('.'));
    const columns = this.accountColumns.map(
      (column, index) => `${dialect.quote('u', column.databaseName)} AS c${index}`,
    );
    const roleNames = roles.kind === 'subquery' ? roles.sql('u') : 'NULL';
    this.subject = dialect.quote('u', user.subject.databaseName);
    const accounts =
      `SELECT ${columns.join(', ')}, ${roleNames} AS role_names, NULL AS generation, NULL AS issued_before,` +
      ` NULL AS stamp_key, NULL AS withdrawn_keys, NULL AS denials, NULL AS db_now, NULL AS autocommit, NULL AS replica FROM ${userTable} u WHERE `;
    const denials =
      ` UNION ALL SELECT ${columns.map(() => 'NULL').join(', ')}, NULL, s.generation, s.issued_before, s.stamp_key, s.withdrawn_keys,` +
      ` (SELECT ${dialect.jsonRows(['d.kind', 'd.ref', 'd.code', 'd.issued_before'])}` +
      ` FROM ${tables.revocation} d WHERE d.code IS NOT NULL AND d.realm = `;
    const own =
      `), ${dialect.now}, ${dialect.autocommit}, ${dialect.isReplica}` +
      ` FROM ${tables.state} s WHERE s.realm = `;
    this.text = { accounts, denials, own };
  }

  /** The statement that answers these lookups, at most as many as the dialect's batch. */
  statement(lookups: readonly Lookup[]): Statement {
    const { user, realm } = this.parts;
    const params: unknown[] = [];
    const isAnyOf = (expression: string, values: Iterable<string>, type: string) =>
      this.dialect.isAnyOf(expression, [...new Set(values)], params, type);
    const isRealm = () => this.dialect.placeholder(params.push(realm));
    const refs = lookups.flatMap(({ sub, sid, jti }) => [sub, sid, jti]);
    const subjects = lookups.map(({ sub }) => sub);
    // Parameters are numbered as they are pushed, so the text is made from left to right.
    const sql =
      this.text.accounts +
      isAnyOf(this.subject, subjects, user.subjects.databaseType) +
      this.text.denials +
      `${isRealm()} AND ${isAnyOf('d.ref', refs, 'varchar')}` +
      this.text.own +
      isRealm();
    return { sql, params };
  }

  /** The same as a piece of work, for a transaction that goes on with what it read. */
  *work(lookup: Lookup): Work<AuthState> {
    const { dialect } = this;
    // Where `now` stands still in a transaction, which may have waited for locks, a statement before the
    // state tells what time it is: not later than what that sees, nor earlier than what was waited for.
    const began = dialect.nowIsOfTransaction
      ? yield { sql: `SELECT ${dialect.clock} AS db_now`, params: [] }
      : undefined;
    const { rows } = yield this.statement([lookup]);
    const [answer] = this.answers(rows, [lookup]);
    if (answer === undefined || answer instanceof Error) throw answer;
    const now = began?.rows[0]?.['db_now'];
    return now === undefined ? answer : { ...answer, now: exactInteger(now) };
  }

  /** What is committed now, whatever a caller's transaction still sees. */
  *committed(lookup: Lookup): Work<AuthState> {
    const { rows } = yield { ...this.statement([lookup]), committed: true };
    const [answer] = this.answers(rows, [lookup]);
    if (answer === undefined || answer instanceof Error) throw answer;
    return answer;
  }

  /** What the rows say of each lookup, in their order. Throws when the deployment's row is missing, and for a replica's. */
  answers(rows: readonly Row[], lookups: readonly Lookup[]): readonly StateAnswer[] {
    refuseReplica(rows);
    const own = rows.find((row) => row['generation'] !== null);
    if (own === undefined) throw new Error('The auth_state table has no row for this realm.');
    // With autocommit off, on the server or by `init_connect`, the first read on a pooled connection
    // begins a transaction that nobody ends, and each later one goes on seeing its snapshot.
    if (Number(own['autocommit']) !== 1) {
      throw new Error('The session has autocommit off and may see old state; turn it on.');
    }
    const now = exactInteger(own['db_now']);
    const deployment = deploymentOf(own);
    const denials = denialsByRef(own['denials']);
    const accounts = new Map<string, SubjectState | Error>();
    for (const row of rows) {
      if (row === own || !this.isOfEntity(row)) continue;
      const account = this.account(row);
      accounts.set(account.subject, account.state);
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

  /** A row of another class in the same table is nobody here, also when it became one after the token. */
  private isOfEntity(row: Row): boolean {
    const { discriminator } = this;
    return (
      discriminator === undefined || discriminator.includes(this.raw(row, discriminator.column))
    );
  }

  private raw(row: Row, column: Column): unknown {
    return row[`c${this.accountColumns.indexOf(column)}`];
  }

  private account(row: Row): { subject: string; state: SubjectState | Error } {
    const { user, watched, roles, permissions } = this.parts;
    const value = (column: Column): unknown =>
      this.dataSource.driver.prepareHydratedValue(this.raw(row, column), column);
    const subject = String(value(user.subject));
    try {
      const columns = Object.fromEntries(
        watched.map((column) => [column.propertyPath, value(column)]),
      );
      const names =
        roles.kind === 'column'
          ? value(roles.column)
          : jsonRows(row['role_names']).map(([name]) => name);
      const state = {
        id: String(value(user.id)),
        subject,
        columns,
        roles: textList(names),
        permissions: permissions === undefined ? [] : textList(value(permissions)),
      };
      return { subject, state };
    } catch (cause) {
      // A column that cannot be read, such as broken JSON, is this account's trouble and nobody else's.
      return { subject, state: new Error('A column of this account cannot be read.', { cause }) };
    }
  }
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
  throw new Error('The revocation log has a denial of a kind that this version does not know.');
}

function jsonRows(json: unknown): readonly (readonly unknown[])[] {
  if (json === null || json === undefined) return [];
  const rows: unknown = typeof json === 'string' ? JSON.parse(json) : json;
  if (!Array.isArray(rows) || !rows.every(Array.isArray)) throw new Error('Not a list of rows.');
  return rows;
}

/** Role names: a list, one name, or nothing. Anything else gives no role. */
function textList(value: unknown): readonly string[] {
  if (typeof value === 'string') return value === '' ? [] : [value];
  if (!Array.isArray(value)) return [];
  return value.filter((name): name is string => typeof name === 'string' && name !== '');
}
