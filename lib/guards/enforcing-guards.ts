import type { Type } from '@nestjs/common';
import type { ApplicationConfig, DiscoveryService } from '@nestjs/core';
import 'reflect-metadata';
import { enforcesRoles } from '../decorators/enforces-roles.decorator.js';
import { JwtAuthGuard } from './jwt-auth.guard.js';
import { RolesGuard } from './roles.guard.js';

/** Where `@UseGuards` keeps its guards in Nest 11 and 12. Only 12 exports the name. */
const GUARDS_METADATA = '__guards__';

/** What a guard may enforce for its routes. */
export type Enforcement = 'roles' | 'freshness' | 'freshAuth';

/** Whether a global guard enforces this for every route of the application. */
export function enforcedGlobally(
  enforcement: Enforcement,
  config: ApplicationConfig,
  discovery: DiscoveryService,
): boolean {
  const enforces = ENFORCES[enforcement];
  return (
    config.getGlobalGuards().some(enforces) ||
    config.getGlobalRequestGuards().some((wrapper) => enforces(wrapper.metatype)) ||
    // By the name in `useExisting`, not only by its value: a test that overrides the guard may put anything
    // in its place.
    discovery
      .getProviders()
      .filter((wrapper) => wrapper.subtype === 'guard' && wrapper.isAlias)
      .some((wrapper) => wrapper.inject?.some(enforces))
  );
}

/** Whether a guard in `@UseGuards` on the class, its bases or the handler enforces this. */
export function enforcedBy(enforcement: Enforcement, target: Type, handler: object): boolean {
  return [...guardsOn(target), ...guardsOn(handler)].some(ENFORCES[enforcement]);
}

const ENFORCES: Readonly<Record<Enforcement, (guard: unknown) => boolean>> = {
  roles: (guard) => {
    const guardClass = classOf(guard);
    return guardClass !== undefined && enforcesRoles(guardClass);
  },
  freshness: (guard) => isOrExtends(guard, JwtAuthGuard),
  // @EnforcesRoles() does not count: it is about roles only.
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

/** The class of a guard, which may be given as a class or as an instance. */
function classOf(guard: unknown): Function | undefined {
  const guardClass: unknown =
    typeof guard === 'object' && guard !== null ? guard.constructor : guard;
  return typeof guardClass === 'function' ? guardClass : undefined;
}
