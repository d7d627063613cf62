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
export function requireOwnPaths(
  application: object,
  instance: string,
  paths: Readonly<Record<string, string | undefined>>,
): void {
  const others = taken.get(application) ?? new Map<string, string>();
  const own = Object.entries(paths).flatMap(([option, path]): [string, string][] =>
    path === undefined ? [] : [[option, path.replaceAll(/^\/+|\/+$/g, '').toLowerCase()]],
  );
  const problems = own.flatMap(([option, path]) => {
    const other = others.get(path);
    if (other === undefined) return [];
    return `${option}: "${path}" is where the AuthModule named "${other}" serves its own; give "${instance}" another path, such as '${instance}/${path}'.`;
  });
  if (problems.length > 0) throw new AuthConfigurationError(problems);
  // Last of all: below a path that is its own, an instance has no route twice.
  for (const [, path] of own) others.set(path, instance);
  taken.set(application, others);
}
