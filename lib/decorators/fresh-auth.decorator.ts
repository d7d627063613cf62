import type { Duration } from '../validation/duration.js';
import { parseDuration } from '../validation/duration.js';
import { type AccessDecorator, declareAccess } from './access-declaration.js';

/**
 * Lets in who proved who they are within this time: signed in, or had their session reissued. Renewed
 * and refreshed tokens keep the instant (`auth_time`). Others are refused with 401 and the challenge of
 * RFC 9470, which tells the client to let the user sign in again.
 *
 * Inherited, and replaced by the method's own, as `@Roles` is, to which it adds. Needs `JwtAuthGuard`,
 * `RolesGuard` or `JwtRolesGuard` before the route; the application does not start without.
 *
 * @throws TypeError when `maxAge` is not a duration of a second at least
 * @example `@FreshAuth({ maxAge: '5m' })`
 */
export function FreshAuth(options: { readonly maxAge: Duration }): AccessDecorator {
  const ms = parseDuration(Object(options).maxAge) ?? 0;
  if (ms < 1_000) {
    throw new TypeError(
      "@FreshAuth() takes { maxAge: '5m' }, or another time of a second at least.",
    );
  }
  return declareAccess('@FreshAuth()', { maxAuthAge: Math.floor(ms / 1_000) });
}
