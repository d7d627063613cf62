import type { Abstract, InjectionToken } from '@nestjs/common';

/** The name of the instance that is not named otherwise. */
export const DEFAULT_NAME = 'jwt';

/**
 * The injection token of one of the library's services, for a named instance of the module.
 *
 * The services of the default instance are injected by their class; those of a named one by this:
 * `@Inject(authToken(RevocationService, 'admin-jwt'))`.
 */
export function authToken<T>(service: Abstract<T>, name: string = DEFAULT_NAME): InjectionToken<T> {
  return name === DEFAULT_NAME ? service : `nestjs-revocable-jwt:${name}:${service.name}`;
}
