import type { DataSource, EntityMetadata } from 'typeorm';
import { adapterOf } from '../database/adapters.js';
import type { Column } from '../database/database.js';
import type { UserOptions } from './user.options.js';
import type { UserColumns } from '../decision/policy.js';
import { INTEGER_BYTES, subjectCodec, type SubjectCodec } from './subject-codec.js';
import type { Problems } from '../validation/problems.js';

/** The mapped user entity, checked against its metadata. */
export interface UserModel {
  readonly metadata: EntityMetadata;
  readonly columns: UserColumns;
  readonly id: Column;
  readonly subject: Column;
  /** The texts that the primary key can hold. */
  readonly ids: SubjectCodec;
  /** The texts that the subject column can hold. */
  readonly subjects: SubjectCodec;
}

/** Finds the mapped columns in the entity. Each column that does not fit is a problem. */
export function userModel(
  problems: Problems,
  dataSource: DataSource,
  options: UserOptions,
): UserModel | undefined {
  problems.unknown<UserOptions>('user', options, {
    entity: true,
    id: true,
    subject: true,
    status: true,
    activeStatuses: true,
    suspendedStatuses: true,
    suspendedUntil: true,
    validUntil: true,
    deletedAt: true,
    tokenVersion: true,
    latestSignIn: true,
    createdAt: true,
    roles: true,
    permissions: true,
  });
  if (options.entity === undefined || !dataSource.hasMetadata(options.entity)) {
    return problems.add(
      'user.entity: it is not an entity of this DataSource. Give your user entity, and list it in `entities` of the DataSource.',
    );
  }
  const metadata = dataSource.getMetadata(options.entity);
  const column = (name: string, path: string | undefined): Column | undefined => {
    if (path === undefined) return undefined;
    const found = typeof path === 'string' ? metadata.findColumnWithPropertyPath(path) : undefined;
    // The property of a relation would find its join column, which holds a key.
    if (found === undefined || found.isVirtual || found.propertyPath !== path) {
      return problems.add(
        `user.${name}: ${metadata.name} has no column ${JSON.stringify(path)}. Give the property name of a column.`,
      );
    }
    return found;
  };

  const id = options.id === undefined ? onlyPrimary(problems, metadata) : column('id', options.id);
  const subject = options.subject === undefined ? id : column('subject', options.subject);
  const ids = id && codec(problems, dataSource, 'id', id);
  const subjects =
    subject && (subject === id ? ids : codec(problems, dataSource, 'subject', subject));
  if (subject !== undefined && !isUnique(metadata, subject)) {
    problems.add(
      `user.${subject === id ? 'id' : 'subject'}: "${subject.propertyPath}" is not unique, so one token could stand for several accounts. Add a unique constraint.`,
    );
  }
  for (const name of ['status', 'permissions'] as const) column(name, options[name]);
  for (const name of ['suspendedUntil', 'validUntil'] as const) {
    const time = column(name, options[name]);
    if (time !== undefined && !holdsTimes(dataSource, time)) {
      problems.add(
        `user.${name}: "${time.propertyPath}" does not hold times. Map a date column, or a bigint column with milliseconds since the epoch.`,
      );
    }
  }
  const version = column('tokenVersion', options.tokenVersion);
  if (version !== undefined && !isInteger(dataSource, version)) {
    problems.add(
      `user.tokenVersion: "${version.propertyPath}" is not an integer column. Map an integer column.`,
    );
  }
  if (version?.isNullable) {
    problems.add(
      `user.tokenVersion: "${version.propertyPath}" may be NULL. NULL + 1 is NULL, so SQL that raises it would revoke nothing. Make it NOT NULL DEFAULT 0.`,
    );
  }
  const latest = column('latestSignIn', options.latestSignIn);
  if (latest !== undefined && dataSource.driver.normalizeType(latest) !== 'bigint') {
    problems.add(
      `user.latestSignIn: "${latest.propertyPath}" is not a bigint column. Milliseconds since the epoch do not fit into fewer bits. Map a bigint column.`,
    );
  }
  const { activeStatuses = ['active'], suspendedStatuses = [] } = options;
  if (!Array.isArray(activeStatuses) || activeStatuses.length === 0) {
    problems.add(
      "user.activeStatuses: without a status no account would be active. Give a list with at least one, such as ['active'].",
    );
  }
  if (!Array.isArray(suspendedStatuses)) {
    problems.add("user.suspendedStatuses: it is not a list. Give one, such as ['suspended'].");
  }
  const deletedAt = column('deletedAt', options.deletedAt) ?? metadata.deleteDateColumn;
  const createdAt = subjects && createdAtColumn(problems, metadata, options, subjects, column);
  if (id === undefined || subject === undefined || ids === undefined || subjects === undefined) {
    return undefined;
  }
  return {
    metadata,
    id,
    subject,
    ids,
    subjects,
    columns: {
      id: id.propertyPath,
      subject: subject.propertyPath,
      status: options.status,
      activeStatuses,
      suspendedStatuses,
      suspendedUntil: options.suspendedUntil,
      validUntil: options.validUntil,
      deletedAt: deletedAt?.propertyPath,
      tokenVersion: options.tokenVersion,
      latestSignIn: options.latestSignIn,
      createdAt: createdAt?.propertyPath,
    },
  };
}

function codec(
  problems: Problems,
  dataSource: DataSource,
  name: 'id' | 'subject',
  column: Column,
): SubjectCodec | undefined {
  const found = subjectCodec(dataSource, column);
  if (found !== undefined) return found;
  const type = typeof column.type === 'function' ? column.type.name : column.type;
  return problems.add(
    `user.${name}: a column of type ${type}${column.transformer ? ' with a transformer' : ''} cannot be looked up by text. Map an integer, uuid or text column.`,
  );
}

function onlyPrimary(problems: Problems, metadata: EntityMetadata): Column | undefined {
  const [first, ...others] = metadata.primaryColumns;
  if (first !== undefined && others.length === 0) return first;
  return problems.add(
    `user.id: ${metadata.name} has ${metadata.primaryColumns.length} primary columns. Name the one that identifies a user.`,
  );
}

/** A new account can get the id of an earlier one. A column that is set once tells the two apart. */
function createdAtColumn(
  problems: Problems,
  metadata: EntityMetadata,
  options: UserOptions,
  subjects: SubjectCodec,
  column: (name: string, path: string | undefined) => Column | undefined,
): Column | undefined {
  if (options.createdAt === false) return undefined;
  const found = column('createdAt', options.createdAt) ?? metadata.createDateColumn;
  if (found === undefined && options.createdAt === undefined && !subjects.isRandom) {
    problems.add(
      `user.createdAt: a later account could get an id of ${metadata.name} again, and with it the tokens of the earlier account. Map a column that is set once, such as a @CreateDateColumn. Or map user.subject to a uuid column. Or, if no id is ever used again, write createdAt: false.`,
    );
  }
  if (found?.isUpdateDate || found?.isVersion) {
    problems.add(
      `user.createdAt: "${found.propertyPath}" changes with every update. Map a column that is set once, such as a @CreateDateColumn.`,
    );
  }
  return found;
}

function isUnique(metadata: EntityMetadata, column: Column): boolean {
  const alone = (columns: readonly Column[]) => columns.length === 1 && columns[0] === column;
  return (
    alone(metadata.primaryColumns) ||
    metadata.uniques.some((unique) => alone(unique.columns)) ||
    metadata.indices.some((index) => index.isUnique && !index.where && alone(index.columns))
  );
}

function isInteger(dataSource: DataSource, column: Column): boolean {
  return Object.hasOwn(INTEGER_BYTES, dataSource.driver.normalizeType(column));
}

/** Times as dates, as ISO 8601 text, or as milliseconds, for which 32 bits are too few. */
function holdsTimes(dataSource: DataSource, column: Column): boolean {
  if (column.transformer) return true;
  const type = dataSource.driver.normalizeType(column);
  if (!adapterOf(dataSource).hasTypedIntegers && isInteger(dataSource, column)) return true;
  return /date|time/.test(type) || type.includes('char') || type === 'text' || type === 'bigint';
}
