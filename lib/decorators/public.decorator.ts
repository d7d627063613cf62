import { type AccessDecorator, declareAccess } from './access-declaration.js';

/**
 * Opens a route, or every route of a class. The token is ignored, and there is no user, even if a good token
 * was sent.
 *
 * On a method it overrides the requirements of the class, for this method only. It is not inherited: a
 * subclass, or a method that overrides this one, is closed unless it is `@Public` itself. Together with
 * `@Roles`, `@AllRoles`, `@Permissions` or `@OptionalAuth` on one element it is a contradiction, and the
 * application does not start.
 */
export function Public(): AccessDecorator {
  return declareAccess('@Public()', { public: true });
}
