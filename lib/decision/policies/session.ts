import { denied } from '../denied.js';
import type { PolicyFactory } from '../policy.js';

/**
 * Refuses every token of a sign-in (`sid`) that was ended: by a logout, from another device, or by an admin. Renewed
 * tokens keep the `sid` and end with it.
 *
 * Stamps nothing. Refuses with `session_ended`.
 */
export function session(): PolicyFactory {
  return () => ({
    name: 'session',
    denies: 'session',
    judge: (claims, state) => denied('session', claims.sid, claims, state),
  });
}
