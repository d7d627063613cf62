import { type AccessDecorator, declareAccess } from './access-declaration.js';

/**
 * Opens a route, or every route of a class: the token is not looked at, and there is no user, also
 * where a good token was sent.
 *
 * On a method it sets aside what the class asks for, for this method only. It is not inherited: a
 * subclass, or a method that overrides this one, is closed until it says so itself. Together with
 * `@Roles`, `@AllRoles`, `@Permissions` or `@OptionalAuth` on the same element it is a
 * contradiction, and the application does not start.
 */
export function Public(): AccessDecorator {
  return declareAccess('@Public()', { public: true });
}
