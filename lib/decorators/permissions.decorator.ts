import { type AccessDecorator, declareAccess } from './access-declaration.js';
import { nameList } from './name-list.js';

/**
 * Lets in users who have **all** of these permissions: their own, or those of their roles.
 *
 * On a class it applies to every route of the class and of its subclasses. On a method it replaces that of the
 * class. It is required in addition to `@Roles` and `@AllRoles`. Needs `RolesGuard` or `JwtRolesGuard`.
 * Without one the application does not start.
 *
 * @throws TypeError when decorating with an empty list, a blank name, or anything but text
 * @example `@Permissions('articles:write')`
 */
export function Permissions(...allOf: string[]): AccessDecorator {
  return declareAccess('@Permissions()', { permissions: nameList('@Permissions', allOf) });
}
