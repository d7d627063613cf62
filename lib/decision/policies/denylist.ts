import { denied } from '../denied.js';
import type { PolicyFactory } from '../policy.js';

/**
 * Refuses single tokens by their id (`jti`, RFC 7519 §4.1.7). The log keeps the id until the token can no longer
 * be accepted.
 *
 * Stamps nothing. Refuses with `token_revoked`.
 */
export function denylist(): PolicyFactory {
  return () => ({
    name: 'denylist',
    denies: 'token',
    judge: (claims, state) => denied('token', claims.jti, claims, state),
  });
}
