import type { PresentState } from '../auth-state.js';
import { columnValue } from '../comparable.js';
import { instantOf } from '../instant.js';
import { PolicyConfigurationError, type PolicyFactory, type UserColumns } from '../policy.js';
import { Refusal } from '../refusal.js';

/**
 * Refuses accounts that are soft-deleted, not active, suspended or expired. An account without a row is refused
 * without any policy.
 *
 * Reads those of `status`, `suspendedUntil`, `validUntil` and `deletedAt` that are mapped. A value that it does not
 * understand, such as an unlisted status or an invalid date, is refused.
 *
 * Refuses with `account_deleted` or `account_disabled`. Stamps nothing: once the account is active again, its
 * earlier tokens count again, unless something else ended them.
 */
export function accountStatus(): PolicyFactory {
  return (user) => {
    if (user.suspendedStatuses.length > 0 && !(user.status && user.suspendedUntil)) {
      throw new PolicyConfigurationError(
        'accountStatus() cannot tell when the statuses in user.suspendedStatuses end. Map user.status and user.suspendedUntil, or remove user.suspendedStatuses.',
      );
    }
    const { status, suspendedUntil, validUntil, deletedAt } = user;
    return {
      name: 'accountStatus',
      columns: [status, suspendedUntil, validUntil, deletedAt].filter((name) => name !== undefined),
      judge: (_claims, state) => {
        if (isDeleted(user, state)) return new Refusal('account_deleted');
        return isActive(user, state) ? undefined : new Refusal('account_disabled');
      },
      goodUntil: (state) => {
        const end = mappedInstant(validUntil, state);
        return Number.isFinite(end) ? end : undefined;
      },
    };
  };
}

/** As in TypeORM: any value in the column means deleted. */
function isDeleted({ deletedAt }: UserColumns, state: PresentState): boolean {
  return deletedAt !== undefined && !isEmpty(columnValue(state.subject, deletedAt));
}

function isActive(user: UserColumns, state: PresentState): boolean {
  const suspendedUntil = mappedInstant(user.suspendedUntil, state);
  const validUntil = mappedInstant(user.validUntil, state);
  // Written so that NaN, an instant that cannot be read, answers no.
  if (suspendedUntil !== undefined && !(suspendedUntil <= state.now)) return false;
  if (validUntil !== undefined && !(state.now < validUntil)) return false;
  if (user.status === undefined) return true;
  const status = columnValue(state.subject, user.status);
  if (user.activeStatuses.includes(status)) return true;
  return suspendedUntil !== undefined && user.suspendedStatuses.includes(status);
}

/** The instant in a mapped column; `undefined` when no column is mapped, or the column is empty. */
function mappedInstant(property: string | undefined, state: PresentState): number | undefined {
  if (property === undefined) return undefined;
  const value = columnValue(state.subject, property);
  return isEmpty(value) ? undefined : instantOf(value);
}

function isEmpty(value: unknown): boolean {
  return value === null || value === undefined;
}
