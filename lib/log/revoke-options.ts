import { InvalidArgumentError } from '../errors/revocation.errors.js';
import type { EntityManager } from 'typeorm';
import { isManager } from '../database/open-transaction.js';
import { isStorable } from '../users/subject-codec.js';
import { Problems } from '../validation/problems.js';

/** Options of every revocation. */
export interface RevokeOptions {
  /** The reason; stored in the log and part of the audit event. At most 255 characters are stored. */
  readonly reason?: string;
  /** Who revoked, such as an admin's user id. */
  readonly actor?: string;
  /**
   * Joins the transaction of this manager. After its commit the revocation is in force and durable; after a
   * rollback it never happened. With a manager outside of a transaction, the revocation has a separate transaction,
   * which is committed when the promise resolves.
   *
   * Default: the transaction that is open in the caller's context, by the module's option `manager` or the
   * DataSource's own manager. If none is open: a separate one.
   */
  readonly manager?: EntityManager;
  /**
   * Where the revocation is in force when the promise resolves. Default `'process'`.
   *
   * `'process'`: it is stored, and in force in this process. In other strict processes it is in force at once, in
   * other tracked processes after `freshness.maxStaleness` at the latest.
   *
   * `'everywhere'`: it is in force in every process. That takes milliseconds when all processes answer, and up to
   * `maxStaleness` when one does not. It is not possible with a `manager` in a transaction: call `everywhere()`
   * after the commit.
   */
  readonly visibility?: 'process' | 'everywhere';
}

/** Options of the revocations that accept a time. */
export interface RevokeUntilOptions extends RevokeOptions {
  /** Revokes only tokens issued before this time. Default: all tokens until now, by version and not by clock. */
  readonly issuedBefore?: Date;
}

export const REVOKE_OPTIONS = {
  reason: true,
  actor: true,
  manager: true,
  visibility: true,
} as const satisfies Record<keyof RevokeOptions, true>;

/**
 * The options of a call, checked before it does anything. Code without types may give anything: a reason in the
 * place of the options, or a misspelt name, must not silently do nothing.
 *
 * @param known every option that the call has
 * @throws InvalidArgumentError
 */
export function checkedOptions<Options extends RevokeOptions>(
  options: Options,
  known: Readonly<Record<keyof NoInfer<Options>, true>>,
): Options {
  const problems = new Problems();
  if (isManager(options)) {
    problems.add('options: a manager is an option. Give { manager }.');
  } else if (problems.requireGroup('options', options)) {
    problems.unknown<Options>('options', options, known);
    for (const name of ['reason', 'actor'] as const) {
      const text: unknown = options[name];
      if (text === undefined || typeof text === 'string') continue;
      problems.add(`options.${name}: give a text, or leave it out.`);
    }
    const { visibility } = options;
    if (visibility !== undefined && visibility !== 'process' && visibility !== 'everywhere') {
      problems.add("options.visibility: give 'process' or 'everywhere', or leave it out.");
    }
  }
  if (problems.list.length === 0) return options;
  throw new InvalidArgumentError(`${problems.list.join(' ')} Nothing was changed.`);
}

/** The options that the log and the audit stream keep. */
export function described({
  reason,
  actor,
}: RevokeOptions): Pick<RevokeOptions, 'reason' | 'actor'> {
  return { reason, actor };
}

/** @throws InvalidArgumentError when the value cannot be stored in the log */
export function storable(name: string, value: unknown): string {
  if (typeof value === 'string' && isStorable(value)) return value;
  throw new InvalidArgumentError(
    `${name}: give a text of 1 to 255 characters. Nothing was revoked.`,
  );
}

/** @throws InvalidArgumentError when the value is not a valid Date */
export function instant(date: unknown): number {
  const ms = date instanceof Date ? date.getTime() : NaN;
  if (Number.isFinite(ms) && ms >= 0) return ms;
  throw new InvalidArgumentError('issuedBefore: give a valid Date. Nothing was revoked.');
}
