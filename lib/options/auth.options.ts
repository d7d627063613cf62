import type { Abstract, InjectionToken, ModuleMetadata, Type } from '@nestjs/common';
import type { ObjectLiteral } from 'typeorm';
import type { AmbientManager } from '../database/open-transaction.js';
import type { Policy, PolicyFactory } from '../decision/policy.js';
import type { RoleOptions } from '../decision/role-hierarchy.js';
import type { FreshnessOptions, StrictOptions } from '../freshness/freshness.settings.js';
import type { MetadataOptions } from '../routes/metadata/identifiers.js';
import type { OAuthOptions } from '../routes/oauth/oauth.settings.js';
import type { RouteOptions } from '../routes/session/session-routes.js';
import type { SessionOptions } from '../sessions/session.settings.js';
import type { RenewalOptions, TokenOptions } from '../tokens/jwt.options.js';
import type { CookieOptions } from '../transport/cookie.settings.js';
import type { TokenLocation } from '../transport/token-location.settings.js';
import type { UserOptions } from '../users/user.options.js';

/** How access tokens are signed, verified and carried. */
export interface JwtOptions<User extends ObjectLiteral = ObjectLiteral> extends TokenOptions<User> {
  /** Where a request may carry its token. Default: only the `Authorization` header. */
  readonly from?: TokenLocation;
}

/** What {@link AuthModule.forRoot} takes. */
export interface AuthModuleOptions<User extends ObjectLiteral = ObjectLiteral> {
  readonly jwt: JwtOptions<User>;
  /** Your user entity. */
  readonly user: UserOptions<User>;
  /**
   * What revokes a token. Default: `accountStatus()`, `denylist()`, `session()`, `issuedAfter()`; also
   * `tokenVersion()` and `latestSignIn()` if `user` maps their columns.
   */
  readonly policies?: readonly (Policy | PolicyFactory)[];
  /** What roles include and permit. Default: each role stands for itself. */
  readonly roles?: RoleOptions;
  /** Renews tokens that are in use. Default: no. */
  readonly renewal?: RenewalOptions;
  /** Stores sessions, with refresh tokens. Default: no, a sign-in is only an id in its tokens. */
  readonly sessions?: SessionOptions;
  /** How cookies carry tokens. Default: only the access token, when `jwt.from` names a cookie. */
  readonly cookies?: CookieOptions;
  /** Limits of reads. */
  readonly strict?: StrictOptions;
  /** How fresh the state behind a decision is. Default: read for every request. */
  readonly freshness?: FreshnessOptions;
  /**
   * Returns the manager of the open transaction, for libraries that pass it on implicitly. Calls that revoke, end
   * sessions or sign in then become part of it. For nestjs-cls: `() => txHost.tx`. Leave it out for
   * typeorm-transactional, whose transaction the library finds through the DataSource.
   */
  readonly manager?: AmbientManager;
  /** The services that may introspect and revoke tokens. Default: none, and there are no such endpoints. */
  readonly oauth?: OAuthOptions;
}

/** Options that decide which providers and routes exist. Nest must know them before it calls a factory. */
export interface AuthModuleExtras {
  /** Makes the module's exports visible in every module. Default `true`. */
  readonly isGlobal?: boolean;
  /**
   * Names this `AuthModule` if an application has several, such as one for customers and one for staff. It
   * is the name of the passport strategy and the realm of its tokens and revocations. `authToken()` and
   * `JwtAuthGuard.for()` take it. Default `'jwt'`.
   */
  readonly realm?: string;
  /** The injection token of the TypeORM DataSource. Default: the `DataSource` class. */
  readonly dataSource?: InjectionToken;
  /** Guards every route of the application: authentication and roles. Default `false`. */
  readonly globalGuard?: boolean;
  /**
   * Registers the interceptor that renews tokens. `forRoot` derives it from `renewal`. With `forRootAsync`, write
   * `true` when the factory returns `renewal`.
   */
  readonly renewTokens?: boolean;
  /**
   * Serves the public keys: `true` at `/.well-known/jwks.json`, or at another path. Default: no.
   */
  readonly jwks?: boolean | string;
  /**
   * Serves the metadata with which clients find the endpoints: that of the authorization server at
   * `/.well-known/oauth-authorization-server` (RFC 8414), and that of the API at
   * `/.well-known/oauth-protected-resource` (RFC 9728). The global prefix does not apply to them. Challenges then name
   * the metadata of the API. `jwt.issuer` must be a URL. Default: no.
   */
  readonly metadata?: boolean | MetadataOptions;
  /**
   * Serves the endpoints for other services: `true` for `/oauth/revoke` and `/oauth/introspect`, or another path
   * than `oauth`. `forRoot` derives it from `oauth`. With `forRootAsync`, write it when the factory returns
   * `oauth`.
   */
  readonly oauthRoutes?: boolean | string;
  /** Serves refresh, logout and the list of sessions. Needs `sessions`. `{}` for the defaults. Default: no. */
  readonly routes?: RouteOptions;
}

export const EXTRAS = {
  isGlobal: true,
  realm: true,
  dataSource: true,
  globalGuard: true,
  renewTokens: true,
  jwks: true,
  metadata: true,
  oauthRoutes: true,
  routes: true,
} as const satisfies Record<keyof AuthModuleExtras, true>;

/**
 * A class that makes options for {@link AuthModule.forRootAsync}. Give the types, so that the compiler checks the names
 * of properties:
 *
 * ```ts
 * class AuthConfig implements AuthOptionsFactory<User> {
 *   createAuthOptions(): AuthModuleOptions<User> {
 *     return { jwt: this.jwt, user: { entity: User, status: 'status' } };
 *   }
 * }
 * ```
 */
export interface AuthOptionsFactory<User extends ObjectLiteral = ObjectLiteral> {
  createAuthOptions(): AuthModuleOptions<User> | Promise<AuthModuleOptions<User>>;
}

/** What {@link AuthModule.forRootAsync} takes: exactly one of `useFactory`, `useClass`, `useExisting`. */
export interface AuthModuleAsyncOptions<User extends ObjectLiteral = ObjectLiteral>
  extends Pick<ModuleMetadata, 'imports' | 'providers'>, AuthModuleExtras {
  readonly useFactory?: (
    // Nest resolves the arguments by token at run time; their types are the factory's own.
    // oxlint-disable-next-line typescript/no-explicit-any
    ...args: any[]
  ) => AuthModuleOptions<User> | Promise<AuthModuleOptions<User>>;
  readonly inject?: readonly InjectionToken[];
  readonly useClass?: Type<AuthOptionsFactory<User>>;
  readonly useExisting?: string | symbol | Abstract<AuthOptionsFactory<User>>;
}
