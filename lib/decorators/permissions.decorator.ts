import { type AccessDecorator, declareAccess } from './access-declaration.js';
import { nameList } from './name-list.js';

/**
 * Lets in who has **each** of these permissions: held directly, or given by a role.
 *
 * On a class it holds for every route of it and of its subclasses; on a method it takes the place of
 * the class's. It adds to `@Roles` and `@AllRoles`. Needs `RolesGuard` or `JwtRolesGuard` before the
 * route; the application does not start without.
 *
 * @throws TypeError when decorating with an empty list, a blank name, or anything but text
 * @example `@Permissions('articles:write')`
 */
export function Permissions(...allOf: string[]): AccessDecorator {
  return declareAccess('@Permissions()', { permissions: nameList('@Permissions', allOf) });
}
