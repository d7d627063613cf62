import { columnValue } from '../column-value.js';
import { stampOf } from '../comparable.js';
import type { PresentState } from '../auth-state.js';
import { PolicyConfigurationError, type PolicyFactory } from '../policy.js';
import { Refusal } from '../refusal.js';

/**
 * Counts tokens only while the account's integer version is the one they were issued with. Raising it
 * logs the user out everywhere; so does lowering it, as a restored backup does.
 *
 * Stamps `ver`; refuses with `token_superseded`. A version that is NULL counts as 0.
 *
 * @throws PolicyConfigurationError (from the factory) when `user.tokenVersion` is not mapped
 */
export function tokenVersion(): PolicyFactory {
  return ({ tokenVersion: column }) => {
    if (column === undefined) {
      throw new PolicyConfigurationError(
        "tokenVersion() needs an integer column of the user; map it: user: { tokenVersion: 'tokenVersion' }.",
      );
    }
    const version = (state: PresentState) => stampOf(columnValue(state.subject, column) ?? 0);
    return {
      name: 'tokenVersion',
      columns: [column],
      stamps: { ver: 'integer' },
      stamp: (state) => ({ ver: version(state) }),
      judge: (claims, state) =>
        claims['ver'] === version(state) ? undefined : new Refusal('token_superseded'),
    };
  };
}
