import { denied } from '../denied.js';
import type { PolicyFactory } from '../policy.js';

/**
 * Refuses single tokens whose id (`jti`, RFC 7519 §4.1.7) was denied. The denial is kept until the
 * token cannot be accepted any more.
 *
 * Stamps nothing of its own; refuses with `token_revoked`.
 */
export function denylist(): PolicyFactory {
  return () => ({
    name: 'denylist',
    denies: 'token',
    judge: (claims, state) => denied('token', claims.jti, claims, state),
  });
}
