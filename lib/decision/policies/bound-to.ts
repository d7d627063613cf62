import type { PresentState } from '../auth-state.js';
import { fingerprint } from '../comparable.js';
import { PolicyConfigurationError, type PolicyFactory } from '../policy.js';
import { Refusal } from '../refusal.js';

/**
 * Accepts a token only while all of these columns have the values that they had at its issue. With
 * `boundTo('passwordHash')` a new password ends every token. With `boundTo('updatedAt')` any change of the profile
 * does.
 *
 * Stamps `bnd`, an HMAC-SHA-256 with a key that never leaves the server. It reveals nothing of the values: even
 * somebody who knows a password hash cannot recognize it. Refuses with `credentials_changed`.
 *
 * @param properties properties of the user entity; their order does not matter
 * @throws PolicyConfigurationError (from the factory) when no property is named, or a blank one
 */
export function boundTo(...properties: readonly string[]): PolicyFactory {
  return () => {
    if (properties.length === 0 || properties.some((name) => !isName(name))) {
      throw new PolicyConfigurationError(
        "boundTo() needs the names of columns of the user entity. Write boundTo('passwordHash').",
      );
    }
    const columns = [...new Set(properties)];
    return {
      name: 'boundTo',
      columns,
      stamps: { bnd: 'string' },
      stamp: (state) => ({ bnd: stampOf(state, columns) }),
      // Not compared in constant time: `bnd` is covered by the token's signature, so nobody can send
      // one of their choosing and learn from how long the comparison takes.
      judge: (claims, state) =>
        claims['bnd'] === stampOf(state, columns) ? undefined : new Refusal('credentials_changed'),
    };
  };
}

/** A change of this text ends every token. */
const PURPOSE = 'nestjs-revocable-jwt bnd\0';

function stampOf(state: PresentState, columns: readonly string[]): string {
  const digest = state.deployment.key.digest(PURPOSE, fingerprint(state.subject, columns));
  return digest.toString('base64url');
}

/** Names also come from JavaScript, without a compiler. */
function isName(name: unknown): boolean {
  return typeof name === 'string' && name.trim() !== '';
}
