import type { PresentState } from '../auth-state.js';
import { columnValue } from '../column-value.js';
import { textStampOf } from '../comparable.js';
import { instantOf } from '../instant.js';
import { PolicyConfigurationError, type PolicyFactory } from '../policy.js';
import { Refusal } from '../refusal.js';

/**
 * Counts tokens only for the account they were issued to, and not for a later one that was given its
 * id: SQLite does that with the highest id, and so does a restored sequence.
 *
 * Active whenever `user.birth` is mapped, whatever policies are named. Stamps `born`, the value of a
 * column that is set once; refuses with `account_deleted`. An account without a value is refused:
 * nothing would tell it from the next one.
 *
 * @throws PolicyConfigurationError (from the factory) when `user.birth` is not mapped
 */
export function birth(): PolicyFactory {
  return ({ birth: column }) => {
    if (column === undefined) {
      throw new PolicyConfigurationError(
        "birth() needs a column of the user that is set once; map it: user: { birth: 'createdAt' }.",
      );
    }
    const born = (state: PresentState) => textStampOf(columnValue(state.subject, column));
    return {
      name: 'birth',
      columns: [column],
      stamps: { born: 'string' },
      stamp: (state) => ({ born: born(state) }),
      judge: (claims, state) => {
        const value = born(state);
        if (value === null) return new Refusal('account_deleted', WITHOUT_BIRTH);
        return claims['born'] === value ? undefined : new Refusal('account_deleted');
      },
      // By time: the account was there already. What is no time, NaN, answers no.
      judgeAdopted: ({ iat_ms }, state) =>
        instantOf(columnValue(state.subject, column)) < iat_ms + 1000
          ? undefined
          : new Refusal('account_deleted'),
    };
  };
}

const WITHOUT_BIRTH = 'The account has no value that tells it from an earlier one with its id.';
