import type { PresentState } from '../auth-state.js';
import { columnValue } from '../column-value.js';
import { instantOf } from '../instant.js';
import { PolicyConfigurationError, type PolicyFactory, type UserColumns } from '../policy.js';
import { Refusal } from '../refusal.js';

/**
 * Refuses accounts that are deleted softly, not active, suspended until later, or past their validity.
 * An account whose row is gone is refused without any policy.
 *
 * Judges by whichever of `status`, `suspendedUntil`, `validUntil` and `deletedAt` are mapped. Whatever
 * cannot be read, such as a status that nobody listed or an invalid date, is refused.
 *
 * Refuses with `account_deleted`, `account_disabled`. Stamps nothing: also tokens that were issued
 * before the account was disabled are good again once it is active, unless something else ended them.
 */
export function accountStatus(): PolicyFactory {
  return (user) => {
    if (user.suspendedStatuses.length > 0 && !(user.status && user.suspendedUntil)) {
      throw new PolicyConfigurationError(
        'accountStatus() cannot tell when the statuses in user.suspendedStatuses end; map user.status and user.suspendedUntil, or remove user.suspendedStatuses.',
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

/** As TypeORM sees it: any value in the column is a deletion. */
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

/** The instant in a mapped column; `undefined` where none is mapped or none is set. */
function mappedInstant(property: string | undefined, state: PresentState): number | undefined {
  if (property === undefined) return undefined;
  const value = columnValue(state.subject, property);
  return isEmpty(value) ? undefined : instantOf(value);
}

function isEmpty(value: unknown): boolean {
  return value === null || value === undefined;
}
