import type { DataSource } from 'typeorm';
import type { RoleTable, RowLink } from '../../users/role-source.js';
import type { Settings } from '../../options/settings.js';

/** Whom a changed row concerns. */
export type Mark =
  /** The subject (or session) that the row names itself, in the column `ref`. */
  | { readonly kind: 'subject' | 'session'; readonly ref: string }
  /** The subject of the user that the row belongs to. */
  | { readonly kind: 'subject'; readonly holder: Holder }
  /** Nobody knows: whoever trusts memory begins anew. */
  | { readonly kind: 'resync' };

/** The way from a row to its user, and the user's column that is the subject. */
export interface Holder {
  readonly path: readonly string[];
  readonly ref: string;
  readonly on: readonly RowLink[];
}

/** A table, and what happens in it that the revocation log must tell. */
export interface WatchedTable {
  /** Its name, behind that of its schema where the application names one. */
  readonly path: readonly string[];
  /** Columns whose change counts, sorted; by the database's names. */
  readonly columns: readonly string[];
  readonly mark: Mark;
  /**
   * Whether a new row counts: always, never, or only where the log knows its subject already. A new
   * account has no tokens; one that takes the place of a deleted one must end what memory says of that.
   */
  readonly insert: 'always' | 'never' | 'known';
}

/** The library's own table of sessions, and the table whose rows they end with. */
export interface WatchedSessions {
  readonly path: readonly string[];
  readonly users: readonly string[];
  /** The users' primary key, by the database's name. */
  readonly userId: string;
}

/** All that must be watched so that the log tells every change that a decision depends on. */
export interface WatchPlan {
  readonly realm: string;
  /** The library's tables. */
  readonly log: readonly string[];
  readonly state: readonly string[];
  readonly tables: readonly WatchedTable[];
  /** `undefined`: the options have none. */
  readonly sessions: WatchedSessions | undefined;
  /** The channel that PostgreSQL notifies; `undefined`: none, as PREPARE TRANSACTION needs it. */
  readonly channel: string | undefined;
}

/** What of the settings decides the plan. */
export type WatchSource = Pick<Settings, 'user' | 'watched' | 'roleReader' | 'permissions'> & {
  readonly hasSessions: boolean;
};

export interface WatchPlanOptions {
  readonly realm: string;
  readonly dataSource: DataSource;
  readonly channel?: string | undefined;
}

/** What must be watched for one realm. */
export function watchPlan(
  source: WatchSource,
  { realm, dataSource, channel }: WatchPlanOptions,
): WatchPlan {
  const { user, roleReader, hasSessions } = source;
  const { options } = dataSource;
  const schema = 'schema' in options && typeof options.schema === 'string' ? [options.schema] : [];
  const roleTables = roleReader.kind === 'subquery' ? roleReader.tables : [];
  return {
    realm,
    log: [...schema, 'auth_revocation'],
    state: [...schema, 'auth_state'],
    tables: [userTable(source), ...roleTables.map((table) => watchedRoleTable(table, user))],
    sessions: hasSessions
      ? {
          path: [...schema, 'auth_session'],
          users: user.metadata.tablePath.split('.'),
          userId: user.id.databaseName,
        }
      : undefined,
    channel,
  };
}

function userTable({ user, watched, roleReader, permissions }: WatchSource): WatchedTable {
  const { metadata, id, subject } = user;
  const deletedAt =
    user.columns.deletedAt === undefined
      ? undefined
      : metadata.findColumnWithPropertyPath(user.columns.deletedAt);
  const columns = [
    id,
    subject,
    ...watched,
    permissions,
    deletedAt,
    // A row that becomes another kind of entity is no user any more.
    metadata.discriminatorColumn,
    roleReader.kind === 'column' ? roleReader.column : undefined,
  ].flatMap((column) => column?.databaseName ?? []);
  const forRoles = roleReader.kind === 'subquery' ? roleReader.userColumns : [];
  return {
    path: metadata.tablePath.split('.'),
    columns: sorted([...columns, ...forRoles]),
    mark: { kind: 'subject', ref: subject.databaseName },
    insert: 'known',
  };
}

function watchedRoleTable(
  { path, columns, holder, linksRoles }: RoleTable,
  { metadata, subject }: WatchSource['user'],
): WatchedTable {
  return {
    path,
    columns: sorted([...columns, ...(holder ?? []).map(({ column }) => column)]),
    mark: holder === undefined ? { kind: 'resync' } : holderMark(holder),
    insert: linksRoles ? 'always' : 'never',
  };

  function holderMark(on: readonly RowLink[]): Mark {
    const ref = subject.databaseName;
    const [link, ...others] = on;
    // A row that holds the subject itself needs no look at the user, who may be gone already.
    return link?.referred === ref && others.length === 0
      ? { kind: 'subject', ref: link.column }
      : { kind: 'subject', holder: { path: metadata.tablePath.split('.'), ref, on } };
  }
}

function sorted(names: readonly string[]): string[] {
  return [...new Set(names)].sort();
}
