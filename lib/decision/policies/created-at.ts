import type { PresentState } from '../auth-state.js';
import { columnValue, textStampOf } from '../comparable.js';
import { instantOf } from '../instant.js';
import { PolicyConfigurationError, type PolicyFactory } from '../policy.js';
import { Refusal } from '../refusal.js';

/**
 * Counts tokens only for the account they were issued to, and not for a later account with the same id.
 * SQLite gives the highest id again after a DELETE, and so does a restored sequence.
 *
 * Active whenever `user.createdAt` is mapped, whatever policies are listed. Stamps `born`, the value of a
 * column that is set once; refuses with `account_deleted`. It refuses an account that has no value there,
 * because nothing would tell that account from the next one.
 *
 * @throws PolicyConfigurationError (from the factory) when `user.createdAt` is not mapped
 */
export function createdAt(): PolicyFactory {
  return ({ createdAt: column }) => {
    if (column === undefined) {
      throw new PolicyConfigurationError(
        "createdAt() needs a column that is set once, when the account is made. Map it: user: { createdAt: 'createdAt' }.",
      );
    }
    const born = (state: PresentState) => textStampOf(columnValue(state.subject, column));
    return {
      name: 'createdAt',
      columns: [column],
      stamps: { born: 'string' },
      stamp: (state) => ({ born: born(state) }),
      judge: (claims, state) => {
        const value = born(state);
        if (value === null) return new Refusal('account_deleted', WITHOUT_VALUE);
        return claims['born'] === value ? undefined : new Refusal('account_deleted');
      },
      // By time: the account existed already. A value that is no time gives NaN, and NaN < x is false.
      judgeAdopted: ({ iat_ms }, state) =>
        instantOf(columnValue(state.subject, column)) < iat_ms + 1000
          ? undefined
          : new Refusal('account_deleted'),
    };
  };
}

const WITHOUT_VALUE = 'The account has no value that tells it from an earlier account with its id.';
