import { type AccessDecorator, declareAccess } from './access-declaration.js';

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
