import type { DataSource } from 'typeorm';
import type { Column } from '../../database/database.js';
import { REVOCATION, STATE } from '../../database/tables/log.tables.js';
import { SESSION } from '../../database/tables/session.table.js';
import { pathOf } from '../../database/tables.js';
import type {
  Mark,
  RowLink,
  WatchedTable,
  WatchPlan,
} from '../../database/triggers/watched-tables.js';
import type { RoleReader, RoleTable } from '../../users/role-reader.js';
import type { UserModel } from '../../users/user.settings.js';

export interface WatchSource {
  readonly user: UserModel;
  readonly watched: readonly Column[];
  readonly roleReader: RoleReader;
  readonly permissions: Column | undefined;
  readonly hasSessions: boolean;
}

export function watchPlan(
  source: WatchSource,
  dataSource: DataSource,
  { realm, channel }: Pick<WatchPlan, 'realm' | 'channel'>,
): WatchPlan {
  const { user, roleReader, hasSessions } = source;
  const roleTables = roleReader.kind === 'subquery' ? roleReader.tables : [];
  return {
    realm,
    log: pathOf(dataSource, REVOCATION.name),
    state: pathOf(dataSource, STATE.name),
    tables: [userTable(source), ...roleTables.map((table) => watchedRoleTable(table, user))],
    sessions: hasSessions
      ? {
          path: pathOf(dataSource, SESSION.name),
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
    // A row whose discriminator changes is no longer a user.
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
    // A row with the subject itself needs no lookup of the user, who may be deleted already.
    return link?.referred === ref && others.length === 0
      ? { kind: 'subject', ref: link.column }
      : { kind: 'subject', holder: { path: metadata.tablePath.split('.'), ref, on } };
  }
}

function sorted(names: readonly string[]): string[] {
  return [...new Set(names)].sort();
}
