import type { ApplicationConfig } from '@nestjs/core';
import { AuthConfigurationError } from '../../errors/auth.errors.js';
import { isRecord } from '../../validation/records.js';
import { ADMIN_PATH, adminSessionController } from './admin-session.controller.js';
import type { DescribedControllers } from './open-api.js';
import { SESSION_PATH, sessionController } from './session.controller.js';

/** Routes for sessions that the library serves; the login stays the application's. */
export interface RouteOptions {
  /**
   * Where everybody's own are: `POST <path>/refresh`, `POST <path>/logout`, `POST <path>/logout-all`,
   * `GET <path>/sessions` and `DELETE <path>/sessions/:id`. Below the application's global prefix, and in
   * no version. Default `'auth'`.
   */
  readonly path?: string;
  /** The forms for admins. Default: there are none. */
  readonly admin?: AdminRouteOptions;
}

/**
 * Routes on anybody's sessions: `GET <path>/users/:id/sessions`, `POST <path>/users/:id/logout` and
 * `DELETE <path>/sessions/:id`.
 */
export interface AdminRouteOptions {
  /** Default `'admin'`. */
  readonly path?: string;
  /** Who may: any of these roles. At least one. */
  readonly roles: readonly string[];
}

/** Where the routes are and who may use those for admins; validated. */
export interface SessionRoutes {
  readonly path: string;
  readonly admin?: { readonly path: string; readonly roles: readonly string[] };
}

/**
 * Validates where the routes are. When the module is put together, since routes exist or do not
 * before any factory has run.
 *
 * @throws AuthConfigurationError
 */
export function sessionRoutes(given: unknown): SessionRoutes | undefined {
  if (given === undefined) return undefined;
  const { path, admin } = group('routes', given, ['path', 'admin']);
  const own = pathOf('routes.path', path, SESSION_PATH);
  if (admin === undefined) return { path: own };
  const { path: adminPath, roles } = group('routes.admin', admin, ['path', 'roles']);
  if (!isNameList(roles)) {
    throw new AuthConfigurationError([
      "routes.admin.roles: name at least one role whose holders may end anybody's sessions, such as ['admin'].",
    ]);
  }
  return {
    path: own,
    admin: { path: pathOf('routes.admin.path', adminPath, ADMIN_PATH), roles },
  };
}

/** Where browsers see the refresh route. Only once the application listens is its global prefix known. */
export function refreshPathOf(
  config: ApplicationConfig,
  routes: SessionRoutes | undefined,
): string {
  const path = `/${routes?.path ?? SESSION_PATH}/refresh`;
  const prefix = config.getGlobalPrefix().replaceAll(/^\/+|\/+$/g, '');
  const { exclude = [] } = config.getGlobalPrefixOptions();
  const isOutside = prefix === '' || exclude.some(({ pathRegex }) => pathRegex.test(path));
  return isOutside ? path : `/${prefix}${path}`;
}

/** The controllers of an instance, the user's own first. */
export function sessionControllers(
  realm: string,
  { path, admin }: SessionRoutes,
): DescribedControllers {
  const own = sessionController(realm, path);
  return admin === undefined
    ? { own }
    : { own, admin: adminSessionController(realm, admin.path, admin.roles) };
}

function group(name: string, given: unknown, known: readonly string[]) {
  const stranger = isRecord(given)
    ? Object.keys(given).find((key) => !known.includes(key))
    : undefined;
  if (isRecord(given) && stranger === undefined) return given;
  const what =
    stranger === undefined
      ? `${name}: it is not an object of options`
      : `${name}.${stranger}: there is no such option`;
  throw new AuthConfigurationError([`${what}; known are ${known.join(', ')}.`]);
}

/** Literal segments: no parameters, no wildcards, which the two adapters spell differently. */
function pathOf(name: string, given: unknown, fallback: string): string {
  if (given === undefined) return fallback;
  const trimmed = typeof given === 'string' ? given.replaceAll(/^\/+|\/+$/g, '') : '';
  if (/^[\w.~-]+(?:\/[\w.~-]+)*$/.test(trimmed)) return trimmed;
  throw new AuthConfigurationError([
    `${name}: give a path such as '${fallback}' or 'v1/${fallback}'.`,
  ]);
}

function isNameList(given: unknown): given is readonly string[] {
  return (
    Array.isArray(given) &&
    given.length > 0 &&
    given.every((name) => typeof name === 'string' && name.trim() !== '')
  );
}
