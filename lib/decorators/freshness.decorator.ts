import { type AccessDecorator, declareAccess } from './access-declaration.js';

/**
 * Decides a route, or every route of a class, on state read after the request arrived, where tracked
 * freshness would decide on memory that may be `maxStaleness` old: for routes where even that is too
 * long. Inherited by subclasses and overriding methods; says nothing about who may come in.
 *
 * Only the library's guards know of it: a route that has none stops the start.
 */
export function Freshness(freshness: 'strict'): AccessDecorator {
  if (freshness !== 'strict') throw new TypeError("@Freshness() takes 'strict' and nothing else.");
  return declareAccess("@Freshness('strict')", { strict: true });
}
