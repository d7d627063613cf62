import type { EntityTarget, ObjectLiteral } from 'typeorm';
import type { PropertyPath, RelationPath } from './property-path.js';

/**
 * Maps the application's user entity. The columns are given as names of properties of the entity. The compiler
 * checks them when it knows the entity's type.
 */
export interface UserOptions<User extends ObjectLiteral = ObjectLiteral> {
  /** The application's user entity: a class, an EntitySchema, or its name. */
  readonly entity: EntityTarget<User>;
  /** The primary key. Default: the entity's. */
  readonly id?: PropertyPath<User>;
  /**
   * The column whose value becomes `sub`. Default: the primary key. A separate column with random, unique values
   * can be replaced when an account was compromised: see `RevocationService.replaceSubject()`.
   */
  readonly subject?: PropertyPath<User>;
  /** The account's status. The account is active while its status is one of `activeStatuses`. */
  readonly status?: PropertyPath<User>;
  /** The statuses of active accounts. Default `['active']`. Compared with `===`: `[true]` for a boolean column. */
  readonly activeStatuses?: readonly unknown[];
  /** Statuses that count as active again once `suspendedUntil` has passed. Default `[]`. */
  readonly suspendedStatuses?: readonly unknown[];
  /** The time until which the account is suspended. */
  readonly suspendedUntil?: PropertyPath<User>;
  /** The time at which the account expires. No token lives longer. */
  readonly validUntil?: PropertyPath<User>;
  /** The time of soft deletion. Default: the entity's `@DeleteDateColumn`. */
  readonly deletedAt?: PropertyPath<User>;
  /** An integer, for `tokenVersion()`: raise it, and every token issued with another version is refused. */
  readonly tokenVersion?: PropertyPath<User>;
  /** A bigint column with the time of the newest sign-in, in milliseconds, for `latestSignIn()`. */
  readonly latestSignIn?: PropertyPath<User>;
  /**
   * A column that is set once, when the account is created. It tells an account from a later one with the same
   * id. Default: the entity's `@CreateDateColumn`. Required unless the subject is a UUID. Set it to `false` if no id
   * is ever used again.
   */
  readonly createdAt?: PropertyPath<User> | false;
  /** Where to find the account's roles. Default: accounts have no roles. */
  readonly roles?: RoleSource<User>;
  /** A simple-array or JSON column with the account's own permissions, in addition to those of its roles. */
  readonly permissions?: PropertyPath<User>;
}

/** Where to find an account's roles. */
export type RoleSource<User extends ObjectLiteral = ObjectLiteral> =
  /** A column of the user entity: simple-array, JSON, array, or one role as text. */
  PropertyPath<User> | RoleRelationSource<User> | RoleTableSource;

/** Roles that are entities. */
export interface RoleRelationSource<User extends ObjectLiteral = ObjectLiteral> {
  /** A relation of the user entity, or a path of relations such as `'memberships.role'`. */
  readonly relation: RelationPath<User>;
  /** The property of the related entity that holds the role's name. Default `'name'`. */
  readonly name?: string;
}

/** Roles in a table that has no entity. All names are the database's. */
export interface RoleTableSource {
  readonly joinTable: string;
  readonly userColumn: string;
  readonly roleColumn: string;
}
