import type { Type } from '@nestjs/common';
import type { ApplicationConfig, DiscoveryService } from '@nestjs/core';
import 'reflect-metadata';
import { enforcesRoles } from '../decorators/enforces-roles.decorator.js';

/** Where `@UseGuards` of Nest 11 and 12 keeps its guards. Both name it so; only 12 exports the name. */
const GUARDS_METADATA = '__guards__';

/** Whether a guard that enforces roles stands before every route of the application. */
export function enforcedGlobally(config: ApplicationConfig, discovery: DiscoveryService): boolean {
  return (
    config.getGlobalGuards().some(enforces) ||
    config.getGlobalRequestGuards().some((wrapper) => enforces(wrapper.metatype)) ||
    // What `useExisting` names, and not only what it yields: a test that overrides the guard puts
    // anything in its place, and means to.
    discovery
      .getProviders()
      .filter((wrapper) => wrapper.subtype === 'guard' && wrapper.isAlias)
      .some((wrapper) => wrapper.inject?.some(enforces))
  );
}

/** Whether `@UseGuards` on the class, its bases or the handler puts one before the route. */
export function enforcedBy(target: Type, handler: object): boolean {
  return [...guardsOn(target), ...guardsOn(handler)].some(enforces);
}

function guardsOn(element: object): readonly unknown[] {
  const guards: unknown = Reflect.getMetadata(GUARDS_METADATA, element);
  return Array.isArray(guards) ? guards : [];
}

/** A guard is given as a class or as an instance. */
function enforces(guard: unknown): boolean {
  const guardClass: unknown =
    typeof guard === 'object' && guard !== null ? guard.constructor : guard;
  return typeof guardClass === 'function' && enforcesRoles(guardClass);
}
