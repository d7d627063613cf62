import { type AccessDecorator, declareAccess } from './access-declaration.js';
import { type Duration, parseDuration } from '../validation/duration.js';

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

/**
 * Opens a route, or every route of a class, and still authenticates: a good token yields the user. A missing
 * or refused token means no user. If the auth state cannot be read, the answer is 503, because a user
 * must not look like a guest when the database is unavailable.
 *
 * Inheritance and contradictions are those of `@Public`.
 */
export function OptionalAuth(): AccessDecorator {
  return declareAccess('@OptionalAuth()', { optional: true });
}

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
 * Lets in users who have **all** of these roles. Otherwise like {@link Roles}, and required in addition to it.
 *
 * @throws TypeError when decorating with an empty list, a blank name, or anything but text
 * @example `@AllRoles('editor', 'reviewer')`
 */
export function AllRoles(...allOf: string[]): AccessDecorator {
  return declareAccess('@AllRoles()', { allRoles: nameList('@AllRoles', allOf) });
}

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

/**
 * Lets in users who authenticated within this time: they signed in, or their session was reissued. Renewed
 * and refreshed tokens keep the instant (`auth_time`). Other requests are refused with 401 and the
 * challenge of RFC 9470, which tells the client to let the user sign in again.
 *
 * Inherited and overridden like `@Roles`, and required in addition to it. Needs `JwtAuthGuard`, `RolesGuard`
 * or `JwtRolesGuard`. Without one the application does not start.
 *
 * @throws TypeError when `maxAge` is not a duration of at least one second
 * @example `@FreshAuth({ maxAge: '5m' })`
 */
export function FreshAuth(options: { readonly maxAge: Duration }): AccessDecorator {
  const ms = parseDuration(Object(options).maxAge) ?? 0;
  if (ms < 1_000) {
    throw new TypeError(
      "@FreshAuth() takes { maxAge: '5m' }, or another duration of at least one second.",
    );
  }
  return declareAccess('@FreshAuth()', { maxAuthAge: Math.floor(ms / 1_000) });
}

/**
 * Decides a route, or every route of a class, on state read after the request arrived. Tracked freshness
 * alone decides on memory that may be `maxStaleness` old. Use this for routes where even that is too long.
 * Subclasses and overriding methods inherit it. It does not change who is let in.
 *
 * Only the library's guards obey it. Without one before the route, the application does not start.
 */
export function Freshness(freshness: 'strict'): AccessDecorator {
  if (freshness !== 'strict') throw new TypeError("@Freshness() takes only 'strict'.");
  return declareAccess("@Freshness('strict')", { strict: true });
}

/**
 * The checked names of a decorator. An empty list requires nothing, and would open a route that its author
 * meant to close.
 *
 * @throws TypeError when the list is empty or holds anything but non-blank text
 */
export function nameList(label: string, names: readonly unknown[]): readonly string[] {
  if (names.length === 0) {
    throw new TypeError(
      `${label}() has no names. Name at least one, or use @Public() to open the route.`,
    );
  }
  return Object.freeze(names.map((name) => checked(label, name)));
}

function checked(label: string, name: unknown): string {
  if (Array.isArray(name)) {
    throw new TypeError(`${label}() was given an array. Spread it: ${label}(...names).`);
  }
  if (typeof name !== 'string') {
    throw new TypeError(`${label}() takes text, but was given ${kindOf(name)}.`);
  }
  if (name.trim() === '') {
    throw new TypeError(`${label}() was given a blank name. Remove it or correct it.`);
  }
  return name;
}

/** An undefined name usually comes from an enum that a circular import has not loaded yet. */
function kindOf(name: unknown): string {
  if (name === undefined) return 'undefined (a misspelt constant, or a circular import?)';
  return name === null ? 'null' : `a ${typeof name}`;
}
