import { InvalidArgumentError } from '../errors/revocation.errors.js';
import type { EntityManager } from 'typeorm';
import { isStorable } from '../users/subject-codec.js';

/** Options of every revocation. */
export interface RevokeOptions {
  /** The reason; stored in the log and part of the audit event. At most 255 characters are stored. */
  readonly reason?: string;
  /** Who revoked, such as an admin's user id. */
  readonly actor?: string;
  /**
   * Joins the transaction of this manager. After its commit the revocation is in force and durable; after a
   * rollback it never happened. A manager that is in no transaction: a separate one, committed when the promise
   * resolves. Default: the transaction that is open where the call is made, as the option `manager` of the module
   * or the DataSource's own manager shows it; else a separate one.
   */
  readonly manager?: EntityManager;
  /**
   * Where the revocation is in force when the promise resolves. `'process'`: it is stored, and in force in
   * this process; in strict processes it is in force at once, in tracked ones after
   * `freshness.maxStaleness` at the latest. `'everywhere'`: in every process. That takes milliseconds when
   * all processes answer, and up to `maxStaleness` when one does not. It is not possible with a `manager`
   * in a transaction: call `everywhere()` after the commit. Default `'process'`.
   */
  readonly visibility?: 'process' | 'everywhere';
}

/** Options of the revocations that accept a time. */
export interface RevokeUntilOptions extends RevokeOptions {
  /** Revokes only tokens issued before this time. Default: all tokens until now, by version and not by clock. */
  readonly issuedBefore?: Date;
}

/** The options that the log and the audit stream keep. */
export function described({
  reason,
  actor,
}: RevokeOptions): Pick<RevokeOptions, 'reason' | 'actor'> {
  return { reason, actor };
}

/** @throws RevocationError when it cannot be stored in the log */
export function storable(name: string, value: unknown): string {
  if (typeof value === 'string' && isStorable(value)) return value;
  throw new InvalidArgumentError(
    `${name}: give a text of 1 to 255 characters. Nothing was revoked.`,
  );
}

/** @throws RevocationError when it is not a valid Date */
export function instant(date: unknown): number {
  const ms = date instanceof Date ? date.getTime() : NaN;
  if (Number.isFinite(ms) && ms >= 0) return ms;
  throw new InvalidArgumentError('issuedBefore: give a valid Date. Nothing was revoked.');
}
