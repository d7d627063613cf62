import { AuthConfigurationError } from '../errors/auth.errors.js';

/** Who serves what, by application: its adapter's host, which is one in each. */
const taken = new WeakMap<object, Map<string, string>>();

/**
 * Holds the paths of one instance against those of the others in the same application. Of two routes at one
 * path Express serves the first, so that a client of the second instance would be told that its token is
 * revoked, and nothing would be.
 *
 * @param paths by the option that sets each; `undefined` where there is none
 * @throws AuthConfigurationError where another instance has one of them
 */
export function refuseRouteCollisions(
  application: object,
  realm: string,
  paths: Readonly<Record<string, string | undefined>>,
): void {
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
    return `${option}: "${path}" is a path of the AuthModule with the realm "${other}"; give the one with the realm "${realm}" another path, such as '${realm}/${path}'.`;
  });
  if (problems.length > 0) throw new AuthConfigurationError(problems);
  // Last of all: below a path that is its own, an instance has no route twice.
  for (const { key } of own) others.set(key, realm);
  taken.set(application, others);
}
