import type { EntityMetadata, EntitySubscriberInterface, UpdateEvent } from 'typeorm';
import type { UserModel } from './user.settings.js';
import type { Column } from '../database/database.js';

/**
 * Keeps `repository.save(user)` from undoing a revocation.
 *
 * TypeORM writes every column in which the entity differs from the row, also columns that nobody changed. Suppose
 * an entity is loaded before `revokeUser()` and saved after it, with a new e-mail address. That save would restore
 * the old `tokenVersion`, and with it every revoked token. So a save never lowers the version. It never changes the
 * time of the newest sign-in or a replaceable subject: only the library writes them.
 *
 * This covers `save()` on this DataSource. `update()` writes the values that it is given.
 */
export class StaleSaves implements EntitySubscriberInterface<object> {
  private readonly version: Column | undefined;
  /** Columns that only the library writes: a save leaves them as they are. */
  private readonly kept: readonly Column[];

  constructor(private readonly user: UserModel) {
    const { metadata, columns } = user;
    const column = (path: string | undefined) =>
      path === undefined ? undefined : metadata.findColumnWithPropertyPath(path);
    this.version = column(columns.tokenVersion);
    const subject = user.subject === user.id ? undefined : user.subject;
    this.kept = [column(columns.latestSignIn), subject].filter((found) => found !== undefined);
  }

  beforeUpdate(event: UpdateEvent<object>): void | Promise<void> {
    const { metadata, entity } = event;
    // An update through a query builder has no row to compare with.
    const row: unknown = event.databaseEntity;
    if (entity === undefined || !isObject(row) || !this.isUserTable(metadata)) return undefined;
    const columns = this.version === undefined ? this.kept : [this.version, ...this.kept];
    const unread = columns.filter(
      (column) =>
        column.getEntityValue(row) === undefined && column.getEntityValue(entity) !== undefined,
    );
    if (unread.length === 0) return this.keep(entity, row);
    // The row that TypeORM compares with lacks the columns that are not selected by default.
    return read(event, row, unread).then((complete) => this.keep(entity, complete));
  }

  private keep(entity: object, row: object): void {
    const { version, kept } = this;
    if (version !== undefined && isLowered(version, entity, row)) restore(version, entity, row);
    for (const column of kept) restore(column, entity, row);
  }

  /** Also for a parent class, or an extending class, in the same table. */
  private isUserTable({ tablePath }: EntityMetadata): boolean {
    return tablePath === this.user.metadata.tablePath;
  }
}

function isLowered(column: Column, entity: object, row: object): boolean {
  return Number(column.getEntityValue(entity) ?? 0) < Number(column.getEntityValue(row) ?? 0);
}

/** The row with these columns, as the transaction of the save sees it. */
async function read(
  { manager, metadata }: UpdateEvent<object>,
  row: object,
  columns: readonly Column[],
): Promise<object> {
  const found = await manager
    .createQueryBuilder(metadata.target, 'u')
    .addSelect(columns.map(({ propertyPath }) => `u.${propertyPath}`))
    .whereInIds(metadata.getEntityIdMap(row))
    .withDeleted()
    .getOne();
  return found ?? row;
}

/** Does nothing if the entity does not set the column, or if the row no longer exists. */
function restore(column: Column, entity: object, row: object): void {
  const value: unknown = column.getEntityValue(row);
  if (value === undefined || column.getEntityValue(entity) === undefined) return;
  column.setEntityValue(entity, value);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
