import { columnValue, stampOf } from '../comparable.js';
import type { PresentState } from '../auth-state.js';
import { PolicyConfigurationError, type PolicyFactory } from '../policy.js';
import { Refusal } from '../refusal.js';

/**
 * Accepts a token only while the account's version is the one of its issue. Raising the version logs the user out
 * everywhere. So does lowering it, as a restored backup does.
 *
 * Stamps `ver`. Refuses with `token_superseded`. NULL counts as 0.
 *
 * @throws PolicyConfigurationError (from the factory) when `user.tokenVersion` is not mapped
 */
export function tokenVersion(): PolicyFactory {
  return ({ tokenVersion: column }) => {
    if (column === undefined) {
      throw new PolicyConfigurationError(
        "tokenVersion() needs an integer column of the user entity. Map it: user: { tokenVersion: 'tokenVersion' }.",
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
