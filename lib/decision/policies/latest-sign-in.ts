import type { PresentState } from '../auth-state.js';
import { columnValue, textStampOf } from '../comparable.js';
import { PolicyConfigurationError, type PolicyFactory } from '../policy.js';
import { Refusal } from '../refusal.js';

/**
 * Accepts only the tokens of the newest sign-in: signing in on one device ends the tokens of the others.
 *
 * Each sign-in moves the time in the column forward by at least one millisecond. So two sign-ins never share a
 * value, whatever the clock does, and the stamp is compared for equality.
 *
 * Stamps `lsi`. Refuses with `token_superseded`.
 *
 * @throws PolicyConfigurationError (from the factory) when `user.latestSignIn` is not mapped
 */
export function latestSignIn(): PolicyFactory {
  return ({ latestSignIn: column }) => {
    if (column === undefined) {
      throw new PolicyConfigurationError(
        "latestSignIn() needs a bigint column of the user entity. Map it: user: { latestSignIn: 'latestSignIn' }.",
      );
    }
    // NULL, before the first sign-in, stays `null`: no issued token has it.
    const instant = (state: PresentState) => textStampOf(columnValue(state.subject, column));
    return {
      name: 'latestSignIn',
      columns: [column],
      advancesOnSignIn: column,
      stamps: { lsi: 'string' },
      stamp: (state) => ({ lsi: instant(state) }),
      judge: (claims, state) =>
        claims['lsi'] === instant(state) ? undefined : new Refusal('token_superseded'),
      // By time: nobody has signed in since. A sign-in within the same second may be the token's own.
      judgeAdopted: ({ iat_ms }, state) => {
        const newest = instant(state);
        const isNewest = newest === null || Number(newest) < iat_ms + 1000;
        return isNewest ? undefined : new Refusal('token_superseded');
      },
    };
  };
}
