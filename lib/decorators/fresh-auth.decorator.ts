import type { Duration } from '../validation/duration.js';
import { parseDuration } from '../validation/duration.js';
import { type AccessDecorator, declareAccess } from './access-declaration.js';

/**
 * Lets in users who authenticated within this time: they signed in, or their session was reissued. Renewed
 * and refreshed tokens keep the instant (`auth_time`). Other requests are refused with 401 and the
 * challenge of RFC 9470, which tells the client to let the user sign in again.
 *
 * Inherited and overridden like `@Roles`, and required in addition to it. Needs `JwtAuthGuard`, `RolesGuard`
 * or `JwtRolesGuard`. Without one the application does not start.
 *
 * @throws TypeError when `maxAge` is not a duration of at least one second
 * @example `@FreshAuth({ maxAge: '5m' })`
 */
export function FreshAuth(options: { readonly maxAge: Duration }): AccessDecorator {
  const ms = parseDuration(Object(options).maxAge) ?? 0;
  if (ms < 1_000) {
    throw new TypeError(
      "@FreshAuth() takes { maxAge: '5m' }, or another duration of at least one second.",
    );
  }
  return declareAccess('@FreshAuth()', { maxAuthAge: Math.floor(ms / 1_000) });
}
