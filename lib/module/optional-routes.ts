import type { Type } from '@nestjs/common';
import { AuthConfigurationError } from '../errors/auth.errors.js';
import type { AuthModuleExtras } from '../options/auth.options.js';
import { JWKS_PATH, jwksController } from '../routes/jwks.controller.js';
import { OAUTH_PATH, oauthController } from '../routes/oauth/oauth.controller.js';
import type { SessionRoutes } from '../routes/session/session-routes.js';

/** The controllers of the routes for other services; each is there only when it was asked for. */
export function serviceControllers(realm: string, extras: AuthModuleExtras): Type[] {
  const jwks = pathOf(extras.jwks, JWKS_PATH);
  const oauth = pathOf(extras.oauthRoutes, OAUTH_PATH);
  return [
    ...(jwks === undefined ? [] : [jwksController(realm, jwks)]),
    ...(oauth === undefined ? [] : [oauthController(realm, oauth)]),
  ];
}

/** The realm that serves each path, by application: the host of its HTTP adapter is one object in each. */
const taken = new WeakMap<object, Map<string, string>>();

/**
 * Compares the paths of one AuthModule with those of the others in the same application. Of two routes at one
 * path Express serves the first: a client of the second realm would be told that its token is revoked, and
 * nothing would be.
 *
 * @throws AuthConfigurationError another AuthModule serves one of the paths
 */
export function refuseRouteCollisions(
  application: object,
  realm: string,
  extras: AuthModuleExtras,
  routes: SessionRoutes | undefined,
): void {
  const paths = {
    jwks: pathOf(extras.jwks, JWKS_PATH),
    oauthRoutes: pathOf(extras.oauthRoutes, OAUTH_PATH),
    'routes.path': routes?.path,
    'routes.admin.path': routes?.admin?.path,
  };
  const others = taken.get(application) ?? new Map<string, string>();
  const own = Object.entries(paths).flatMap(([option, given]) => {
    if (given === undefined) return [];
    const path = given.replaceAll(/^\/+|\/+$/g, '').toLowerCase();
    // A user's and an admin's routes have names in common; those of the other options do not.
    const [group = ''] = option.split('.');
    return [{ option, path, key: `${group} ${path}` }];
  });
  const problems = own.flatMap(({ option, path, key }) => {
    const other = others.get(key);
    // Two of one realm have more in common than a path, and are refused for that.
    if (other === undefined || other === realm) return [];
    return `${option}: "${path}" is a path of the AuthModule with the realm "${other}". Give the one with the realm "${realm}" another path, such as '${realm}/${path}'.`;
  });
  if (problems.length > 0) throw new AuthConfigurationError(problems);
  // Last: one module may have the same path twice, for the user's and the admin's routes.
  for (const { key } of own) others.set(key, realm);
  taken.set(application, others);
}

/** The path of an optional route; `undefined`: there is none. */
function pathOf(given: boolean | string | undefined, usual: string): string | undefined {
  return given === true ? usual : given || undefined;
}
