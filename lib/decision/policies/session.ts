import { denied } from '../denied.js';
import type { PolicyFactory } from '../policy.js';

/**
 * Refuses every token that descends from a sign-in (`sid`) that was ended: by the user's own logout,
 * from another device, or by an admin. Renewed tokens keep the `sid` and end with it.
 *
 * Stamps nothing of its own; refuses with `session_ended`.
 */
export function session(): PolicyFactory {
  return () => ({
    name: 'session',
    denies: 'session',
    judge: (claims, state) => denied('session', claims.sid, claims, state),
  });
}
