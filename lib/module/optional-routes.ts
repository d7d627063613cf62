import { RequestMethod, type Type } from '@nestjs/common';
import type { ApplicationConfig } from '@nestjs/core';
import { AuthConfigurationError } from '../errors/auth.errors.js';
import type { AuthModuleExtras } from '../options/auth.options.js';
import { JWKS_PATH, jwksController } from '../routes/jwks.controller.js';
import {
  type MetadataOptions,
  metadataOptions,
  type MetadataPaths,
  metadataPaths,
  type TokenIdentifiers,
} from '../routes/metadata/identifiers.js';
import { metadataController } from '../routes/metadata/metadata.controller.js';
import type { EndpointPaths } from '../routes/metadata/metadata.service.js';
import { OAUTH_PATH, oauthController } from '../routes/oauth/oauth.controller.js';
import type { TaggedController } from '../routes/open-api/open-api.js';
import { outsideGlobalPrefix, servedPath } from '../routes/served-path.js';
import { sessionControllers, type SessionRoutes } from '../routes/session/session-routes.js';

/** Where the library's routes are; `undefined`: they were not asked for. */
export interface ServedRoutes {
  readonly jwks: string | undefined;
  readonly oauth: string | undefined;
  readonly sessions: SessionRoutes | undefined;
  readonly metadata:
    { readonly options: MetadataOptions; readonly paths: MetadataPaths } | undefined;
}

/**
 * @param jwt `undefined`: a factory makes them later
 * @throws AuthConfigurationError
 */
export function servedRoutes(
  extras: AuthModuleExtras,
  sessions: SessionRoutes | undefined,
  jwt: TokenIdentifiers | undefined,
): ServedRoutes {
  const options = metadataOptions(extras.metadata);
  return {
    jwks: pathOf(extras.jwks, JWKS_PATH),
    oauth: pathOf(extras.oauthRoutes, OAUTH_PATH),
    sessions,
    metadata: options && { options, paths: metadataPaths(options, jwt) },
  };
}

/** The controllers of the routes; each is there only when it was asked for. */
export function servedControllers(
  realm: string,
  { jwks, oauth, sessions, metadata }: ServedRoutes,
): readonly TaggedController[] {
  return [
    ...(jwks === undefined ? [] : [{ tag: 'oauth', controller: jwksController(realm, jwks) }]),
    ...(oauth === undefined ? [] : [{ tag: 'oauth', controller: oauthController(realm, oauth) }]),
    ...(metadata === undefined
      ? []
      : [{ tag: 'oauth', controller: metadataController(realm, metadata.paths) }]),
    ...(sessions === undefined ? [] : sessionControllers(realm, sessions)),
  ];
}

/** The modules that keep the metadata at the paths that its standards fix. */
export function rootModules({ metadata }: ServedRoutes): Type[] {
  return metadata === undefined ? [] : [outsideGlobalPrefix(Object.values(metadata.paths))];
}

/** The paths that the metadata names. */
export function endpointPaths(
  config: ApplicationConfig,
  { jwks, oauth, sessions }: ServedRoutes,
): EndpointPaths {
  const post = (path: string) => servedPath(config, RequestMethod.POST, path);
  return {
    jwks: jwks === undefined ? undefined : servedPath(config, RequestMethod.GET, jwks),
    token: sessions && post(`${sessions.path}/token`),
    introspection: oauth === undefined ? undefined : post(`${oauth}/introspect`),
    revocation: oauth === undefined ? undefined : post(`${oauth}/revoke`),
  };
}

/** The realm that serves each path, by application: the host of its HTTP adapter is one object in each. */
const taken = new WeakMap<object, Map<string, string>>();

/**
 * Compares the paths of one AuthModule with those of the others in the same application. Express serves only the
 * first of two routes at one path. So a client of the second realm would revoke a token, get a success, and nothing
 * would be revoked.
 *
 * @throws AuthConfigurationError another AuthModule serves one of the paths
 */
export function refuseRouteCollisions(
  application: object,
  realm: string,
  { jwks, oauth, sessions, metadata }: ServedRoutes,
): void {
  const paths = {
    jwks,
    oauthRoutes: oauth,
    'routes.path': sessions?.path,
    'routes.admin.path': sessions?.admin?.path,
    'metadata.issuer': metadata?.paths.authorizationServer,
    'metadata.resource': metadata?.paths.protectedResource,
  };
  const others = taken.get(application) ?? new Map<string, string>();
  const own = Object.entries(paths).flatMap(([option, given]) => {
    if (given === undefined) return [];
    const path = given.replaceAll(/^\/+|\/+$/g, '').toLowerCase();
    // Only the routes for users and for admins have names in common.
    const [group = ''] = option.split('.');
    return [{ option, group, path, key: `${group} ${path}` }];
  });
  const problems = own.flatMap(({ option, group, path, key }) => {
    const other = others.get(key);
    // Two of one realm are refused for their realm.
    if (other === undefined || other === realm) return [];
    return `${option}: "${path}" is a path of the AuthModule with the realm "${other}". ${group === 'metadata' ? `Give the identifier of the realm "${realm}" another path` : `Give the one with the realm "${realm}" another path, such as '${realm}/${path}'`}.`;
  });
  if (problems.length > 0) throw new AuthConfigurationError(problems);
  // Last: one module may have the same path twice, for the user's and the admin's routes.
  for (const { key } of own) others.set(key, realm);
  taken.set(application, others);
}

/** The path of an optional route; `undefined`: there is none. */
function pathOf(given: boolean | string | undefined, usual: string): string | undefined {
  return given === true ? usual : given || undefined;
}
