import { type AccessDecorator, declareAccess } from './access-declaration.js';
import { nameList } from './name-list.js';

/**
 * Lets in who has **any** of these roles, as the database has them now.
 *
 * On a class it holds for every route of it and of its subclasses; on a method it takes the place of
 * the class's. It adds to `@AllRoles` and `@Permissions`. Names are compared exactly, and a role
 * includes those that the hierarchy of the options gives it. Needs `RolesGuard` or `JwtRolesGuard`
 * before the route; the application does not start without.
 *
 * @throws TypeError when decorating with an empty list, a blank name, or anything but text
 * @example `@Roles('editor', 'admin')`
 */
export function Roles(...anyOf: string[]): AccessDecorator {
  return declareAccess('@Roles()', { anyRole: nameList('@Roles', anyOf) });
}

/**
 * Lets in who has **each** of these roles. Otherwise as {@link Roles}, to which it adds.
 *
 * @throws TypeError when decorating with an empty list, a blank name, or anything but text
 * @example `@AllRoles('editor', 'reviewer')`
 */
export function AllRoles(...allOf: string[]): AccessDecorator {
  return declareAccess('@AllRoles()', { allRoles: nameList('@AllRoles', allOf) });
}
