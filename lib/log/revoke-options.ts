import type { EntityManager } from 'typeorm';
import { RevocationError } from '../errors/auth.errors.js';
import { isStorable } from '../users/subject-codec.js';

/** What every revocation takes. */
export interface RevokeOptions {
  /** Why; kept in the log and told in the audit stream. At most 255 characters are stored. */
  readonly reason?: string;
  /** Who did it, such as the admin's user id. */
  readonly actor?: string;
  /**
   * Joins the caller's transaction: committed, the revocation is in force and durable; rolled back,
   * it never happened. Default: a transaction of its own, committed when the promise resolves.
   */
  readonly manager?: EntityManager;
  /**
   * How far it has come when the promise resolves. `'process'`: it is stored, and in force in this
   * process; in others after `freshness.maxStaleness` at the latest, and at once where they are strict.
   * `'everywhere'`: in every process. That takes milliseconds when all answer, and the bound when one
   * does not. Not together with a `manager` in a transaction: call `everywhere()` after its commit.
   * Default `'process'`.
   */
  readonly visibility?: 'process' | 'everywhere';
}

/** Options of the revocations that may name a time. */
export interface RevokeUntilOptions extends RevokeOptions {
  /** Only tokens issued before this time. Default: everything until now, by version and not by clock. */
  readonly issuedBefore?: Date;
}

/** What the log and the audit stream keep of it. */
export function described({
  reason,
  actor,
}: RevokeOptions): Pick<RevokeOptions, 'reason' | 'actor'> {
  return { reason, actor };
}

/** @throws RevocationError it cannot be kept in the log */
export function storable(name: string, value: unknown): string {
  if (typeof value === 'string' && isStorable(value)) return value;
  throw new RevocationError(
    'invalid_argument',
    `${name}: give a text of 1 to 255 characters; nothing was revoked.`,
  );
}

/** @throws RevocationError it is no time */
export function instant(date: unknown): number {
  const ms = date instanceof Date ? date.getTime() : NaN;
  if (Number.isFinite(ms) && ms >= 0) return ms;
  throw new RevocationError(
    'invalid_argument',
    'issuedBefore: give a valid Date; nothing was revoked.',
  );
}
