import type { Abstract, InjectionToken } from '@nestjs/common';

/** The realm of an `AuthModule` whose options name none. */
export const DEFAULT_REALM = 'jwt';

/**
 * The injection token of one of the library's services.
 *
 * With one `AuthModule`, inject its services by their class. With several, each but the default one has
 * a `realm`, and its services are injected by this token:
 *
 * ```ts
 * constructor(@Inject(authToken(RevocationService, 'admin')) private readonly revocation: RevocationService) {}
 * ```
 *
 * @param realm the `realm` of the module's options. Default `'jwt'`, whose token is the class itself
 */
export function authToken<T>(
  service: Abstract<T>,
  realm: string = DEFAULT_REALM,
): InjectionToken<T> {
  return realm === DEFAULT_REALM ? service : `nestjs-revocable-jwt:${realm}:${service.name}`;
}
