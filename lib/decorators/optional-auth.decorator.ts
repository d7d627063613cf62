import { type AccessDecorator, declareAccess } from './access-declaration.js';

/**
 * Opens a route, or every route of a class, and tells who comes where a good token was sent. A
 * missing or refused token means no user; where the auth state cannot be known the answer is 503, so
 * that nobody is taken for a stranger because the database was away.
 *
 * Inheritance and contradictions are those of `@Public`.
 */
export function OptionalAuth(): AccessDecorator {
  return declareAccess('@OptionalAuth()', { optional: true });
}
