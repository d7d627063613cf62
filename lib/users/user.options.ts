import type { EntityTarget, ObjectLiteral } from 'typeorm';
import type { PropertyPath, RelationPath } from './property-path.js';

/** Which columns of the application's user entity play which part. All are property names. */
export interface UserOptions<User extends ObjectLiteral = ObjectLiteral> {
  /** The application's own user entity. */
  readonly entity: EntityTarget<User>;
  /** The primary key. Default: the entity's. */
  readonly id?: PropertyPath<User>;
  /**
   * The column whose value is `sub`. Default: the primary key. A column of its own, random and
   * unique, can be replaced when an account was compromised (`replaceSubject`).
   */
  readonly subject?: PropertyPath<User>;
  /** Account status. An account is active when the value is one of `activeStatuses`. */
  readonly status?: PropertyPath<User>;
  /** Default `['active']`. Compared with `===`, so `[true]` for a boolean column. */
  readonly activeStatuses?: readonly unknown[];
  /** Statuses that end by themselves once `suspendedUntil` has passed. Default `[]`. */
  readonly suspendedStatuses?: readonly unknown[];
  /** A time until which the account may not act. */
  readonly suspendedUntil?: PropertyPath<User>;
  /** A time after which the account may not act; tokens never outlive it. */
  readonly validUntil?: PropertyPath<User>;
  /** Soft deletion. Default: the entity's `@DeleteDateColumn`. */
  readonly deletedAt?: PropertyPath<User>;
  /** Integer version; a token counts only while it equals the one it was issued with. */
  readonly tokenVersion?: PropertyPath<User>;
  /** Numeric column (bigint) that keeps the instant of the newest sign-in, for `latestSignIn()`. */
  readonly latestSignIn?: PropertyPath<User>;
  /**
   * A column that is set once, when the account is made, and that tells two accounts apart that
   * are given the same id one after the other. Default: the entity's `@CreateDateColumn`. `false`:
   * ids are never used again. Needed unless the subject is a UUID.
   */
  readonly createdAt?: PropertyPath<User> | false;
  /** Where the account's roles are. Default: the account has none. */
  readonly roles?: RoleSource<User>;
  /** A simple-array or JSON column with permissions held directly. */
  readonly permissions?: PropertyPath<User>;
}

/** Where an account's roles are. */
export type RoleSource<User extends ObjectLiteral = ObjectLiteral> =
  /** A property of the user entity: a simple-array, JSON, array or single text column. */
  PropertyPath<User> | RoleRelationSource<User> | RoleTableSource;

/** Roles that are entities of their own. */
export interface RoleRelationSource<User extends ObjectLiteral = ObjectLiteral> {
  /** A relation of the user entity, or a path of them such as `'memberships.role'`. */
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
