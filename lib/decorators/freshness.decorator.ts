import { type AccessDecorator, declareAccess } from './access-declaration.js';

/**
 * Decides a route, or every route of a class, on state read after the request arrived. Tracked freshness
 * alone decides on memory that may be `maxStaleness` old; use this where even that is too long.
 * Subclasses and overriding methods inherit it. It does not change who is let in.
 *
 * Only the library's guards obey it. Without one before the route, the application does not start.
 */
export function Freshness(freshness: 'strict'): AccessDecorator {
  if (freshness !== 'strict') throw new TypeError("@Freshness() takes only 'strict'.");
  return declareAccess("@Freshness('strict')", { strict: true });
}
