import type { EntityTarget, ObjectLiteral } from 'typeorm';

/** Which columns of the application's user entity play which part. All are property names. */
export interface UserOptions<User extends ObjectLiteral = ObjectLiteral> {
  /** The application's own user entity. */
  readonly entity: EntityTarget<User>;
  /** The primary key. Default: the entity's. */
  readonly id?: string;
  /**
   * The column whose value is `sub`. Default: the primary key. A column of its own, random and
   * unique, can be replaced when an account was compromised (`replaceSubject`).
   */
  readonly subject?: string;
  /** Account status. An account is active when the value is one of `activeStatuses`. */
  readonly status?: string;
  /** Default `['active']`. Compared with `===`, so `[true]` for a boolean column. */
  readonly activeStatuses?: readonly unknown[];
  /** Statuses that end by themselves once `suspendedUntil` has passed. Default `[]`. */
  readonly suspendedStatuses?: readonly unknown[];
  /** A time until which the account may not act. */
  readonly suspendedUntil?: string;
  /** A time after which the account may not act; tokens never outlive it. */
  readonly validUntil?: string;
  /** Soft deletion. Default: the entity's `@DeleteDateColumn`. */
  readonly deletedAt?: string;
  /** Integer version; a token counts only while it equals the one it was issued with. */
  readonly tokenVersion?: string;
  /** Numeric column (bigint) that keeps the instant of the newest sign-in, for `latestSignIn()`. */
  readonly latestSignIn?: string;
  /**
   * A column that is set once, when the account is made, and that tells two accounts apart that
   * are given the same id one after the other. Default: the entity's `@CreateDateColumn`. `false`:
   * ids are never used again. Needed unless the subject is a UUID.
   */
  readonly createdAt?: string | false;
  /** Where the account's roles are. Default: the account has none. */
  readonly roles?: RoleSource;
  /** A simple-array or JSON column with permissions held directly. */
  readonly permissions?: string;
}

/** Where an account's roles are. */
export type RoleSource =
  /** A property of the user entity: a simple-array, JSON, array or single text column. */
  | string
  /** A relation of the user entity, or a path of them such as `'memberships.role'`. */
  | {
      readonly relation: string;
      /** The property of the related entity that holds the role's name. Default `'name'`. */
      readonly name?: string;
    }
  /** A table without an entity; the names are the database's. */
  | {
      readonly joinTable: string;
      readonly userColumn: string;
      readonly roleColumn: string;
    };
