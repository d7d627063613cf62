import { type AccessDecorator, declareAccess } from './access-declaration.js';
import { nameList } from './name-list.js';

/**
 * Lets in users who have **any** of these roles, as the database has them now.
 *
 * On a class it applies to every route of the class and of its subclasses. On a method it replaces that of the
 * class. It is required in addition to `@AllRoles` and `@Permissions`. Names are compared exactly, and a
 * role includes the roles that `roles.hierarchy` gives it. Needs `RolesGuard` or `JwtRolesGuard`. Without
 * one the application does not start.
 *
 * @throws TypeError when decorating with an empty list, a blank name, or anything but text
 * @example `@Roles('editor', 'admin')`
 */
export function Roles(...anyOf: string[]): AccessDecorator {
  return declareAccess('@Roles()', { anyRole: nameList('@Roles', anyOf) });
}

/**
 * Lets in users who have **all** of these roles. Otherwise like {@link Roles}, in addition to which it applies.
 *
 * @throws TypeError when decorating with an empty list, a blank name, or anything but text
 * @example `@AllRoles('editor', 'reviewer')`
 */
export function AllRoles(...allOf: string[]): AccessDecorator {
  return declareAccess('@AllRoles()', { allRoles: nameList('@AllRoles', allOf) });
}
