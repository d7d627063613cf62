import type { Type } from '@nestjs/common';
import type { ApplicationConfig, DiscoveryService } from '@nestjs/core';
import 'reflect-metadata';
import { enforcesRoles } from '../decorators/enforces-roles.decorator.js';
import { JwtAuthGuard } from './jwt-auth.guard.js';
import { RolesGuard } from './roles.guard.js';

/** Where `@UseGuards` of Nest 11 and 12 keeps its guards. Both name it so; only 12 exports the name. */
const GUARDS_METADATA = '__guards__';

/** What a guard may do for the routes that it stands before. */
export type Enforcement = 'roles' | 'freshness' | 'freshAuth';

/** Whether a guard that does this stands before every route of the application. */
export function enforcedGlobally(
  enforcement: Enforcement,
  config: ApplicationConfig,
  discovery: DiscoveryService,
): boolean {
  const enforces = ENFORCES[enforcement];
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
export function enforcedBy(enforcement: Enforcement, target: Type, handler: object): boolean {
  return [...guardsOn(target), ...guardsOn(handler)].some(ENFORCES[enforcement]);
}

const ENFORCES: Readonly<Record<Enforcement, (guard: unknown) => boolean>> = {
  roles: (guard) => {
    const guardClass = classOf(guard);
    return guardClass !== undefined && enforcesRoles(guardClass);
  },
  freshness: (guard) => isOrExtends(guard, JwtAuthGuard),
  // Not by the mark of @EnforcesRoles(), which says nothing of it.
  freshAuth: (guard) => isOrExtends(guard, JwtAuthGuard) || isOrExtends(guard, RolesGuard),
};

function isOrExtends(guard: unknown, base: Function): boolean {
  const guardClass = classOf(guard);
  return guardClass === base || guardClass?.prototype instanceof base;
}

function guardsOn(element: object): readonly unknown[] {
  const guards: unknown = Reflect.getMetadata(GUARDS_METADATA, element);
  return Array.isArray(guards) ? guards : [];
}

/** A guard is given as a class or as an instance. */
function classOf(guard: unknown): Function | undefined {
  const guardClass: unknown =
    typeof guard === 'object' && guard !== null ? guard.constructor : guard;
  return typeof guardClass === 'function' ? guardClass : undefined;
}
