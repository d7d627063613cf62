import { RequestMethod } from '@nestjs/common';
import type { ApplicationConfig } from '@nestjs/core';
import { AuthConfigurationError } from '../../errors/auth.errors.js';
import type { RefreshPaths } from '../../transport/token-cookies.js';
import { Problems } from '../../validation/problems.js';
import { ADMIN_PATH, adminSessionController } from './admin-session.controller.js';
import type { TaggedController } from '../open-api/open-api.js';
import { servedPath } from '../served-path.js';
import { tokenController } from '../oauth/token.controller.js';
import { SESSION_PATH, sessionController } from './session.controller.js';

/** The library's routes for sessions. The application keeps its own login route. */
export interface RouteOptions {
  /**
   * The path of the users' routes for their own sessions: `POST <path>/refresh`, `POST <path>/logout`,
   * `POST <path>/logout-all`, `GET <path>/sessions` and `DELETE <path>/sessions/:id`. Clients that speak OAuth
   * refresh at `POST <path>/token`. The routes are below the application's global prefix, and version-neutral.
   * Default `'auth'`.
   */
  readonly path?: string;
  /** The routes for admins. Default: none. */
  readonly admin?: AdminRouteOptions;
}

/**
 * Routes on the sessions of any user: `GET <path>/users/:id/sessions`, `POST <path>/users/:id/logout` and
 * `DELETE <path>/sessions/:id`.
 */
export interface AdminRouteOptions {
  /** Default `'admin'`. */
  readonly path?: string;
  /** Any of these roles may use them. At least one. */
  readonly roles: readonly string[];
}

export interface SessionRoutes {
  readonly path: string;
  readonly admin?: { readonly path: string; readonly roles: readonly string[] };
}

/**
 * Validates the options. This happens when the module is defined, because Nest must know the routes before it
 * runs a factory.
 *
 * @throws AuthConfigurationError
 */
export function sessionRoutes(given: unknown): SessionRoutes | undefined {
  if (given === undefined) return undefined;
  const problems = new Problems();
  const routes = group(problems, 'routes', given);
  problems.unknown<RouteOptions>('routes', routes, { path: true, admin: true });
  const path = pathOf(problems, 'routes.path', routes.path, SESSION_PATH);
  const admin = routes.admin === undefined ? undefined : adminRoutes(problems, routes.admin);
  if (problems.list.length > 0) throw new AuthConfigurationError(problems.list);
  return { path, ...(admin && { admin }) };
}

function adminRoutes(problems: Problems, given: unknown): NonNullable<SessionRoutes['admin']> {
  const admin = group(problems, 'routes.admin', given);
  problems.unknown<AdminRouteOptions>('routes.admin', admin, { path: true, roles: true });
  const path = pathOf(problems, 'routes.admin.path', admin.path, ADMIN_PATH);
  if (isNameList(admin.roles)) return { path, roles: admin.roles };
  problems.add(
    "routes.admin.roles: name at least one role that may end the sessions of any user, such as ['admin'].",
  );
  return { path, roles: [] };
}

/** The paths, in a browser, of the routes that take refresh tokens. Known once the application listens. */
export function refreshPathsOf(config: ApplicationConfig, { path }: SessionRoutes): RefreshPaths {
  const below = (route: string) => servedPath(config, RequestMethod.POST, `${path}/${route}`);
  return { refresh: below('refresh'), logout: below('logout') };
}

export function sessionControllers(
  realm: string,
  { path, admin }: SessionRoutes,
): readonly TaggedController[] {
  return [
    { tag: 'auth', controller: sessionController(realm, path) },
    { tag: 'oauth', controller: tokenController(realm, path) },
    ...(admin
      ? [{ tag: 'admin', controller: adminSessionController(realm, admin.path, admin.roles) }]
      : []),
  ];
}

function group(problems: Problems, name: string, given: unknown) {
  return problems.requireGroup(name, given) ? given : {};
}

/** Literal segments only: Express and Fastify spell parameters and wildcards differently. */
function pathOf(problems: Problems, name: string, given: unknown, fallback: string): string {
  if (given === undefined) return fallback;
  const trimmed = typeof given === 'string' ? given.replaceAll(/^\/+|\/+$/g, '') : '';
  if (/^[\w.~-]+(?:\/[\w.~-]+)*$/.test(trimmed)) return trimmed;
  problems.add(`${name}: give a path such as '${fallback}' or 'v1/${fallback}'.`);
  return fallback;
}

function isNameList(given: unknown): given is readonly string[] {
  return (
    Array.isArray(given) &&
    given.length > 0 &&
    given.every((name) => typeof name === 'string' && name.trim() !== '')
  );
}
