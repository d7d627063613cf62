import type { InjectionToken, ModuleMetadata, Type } from '@nestjs/common';
import type { ObjectLiteral } from 'typeorm';
import type { Policy, PolicyFactory } from '../decision/policy.js';
import type { RoleOptions } from '../decision/role-hierarchy.js';
import type { FreshnessOptions, StrictOptions } from '../freshness/freshness.settings.js';
import type { OAuthOptions } from '../routes/oauth/oauth.settings.js';
import type { RouteOptions } from '../routes/session/session-routes.js';
import type { SessionOptions } from '../sessions/session.settings.js';
import type { RenewalOptions, TokenOptions } from '../tokens/jwt.options.js';
import type { CookieOptions } from '../transport/cookie.settings.js';
import type { TokenLocation } from '../transport/token-location.js';
import type { UserOptions } from '../users/user.options.js';

/** How access tokens are signed, verified and carried. */
export interface JwtOptions extends TokenOptions {
  /** Where a request may carry its token. Default: only the `Authorization` header. */
  readonly from?: TokenLocation;
}

/** What {@link AuthModule.forRoot} takes. */
export interface AuthModuleOptions<User extends ObjectLiteral = ObjectLiteral> {
  readonly jwt: JwtOptions;
  readonly user: UserOptions<User>;
  /**
   * The revocation techniques in force. Default: `accountStatus()`, `denylist()`, `session()`,
   * `issuedAfter()`, and those whose column is mapped: `tokenVersion()`, `latestSignIn()`.
   */
  readonly policies?: readonly (Policy | PolicyFactory)[];
  readonly roles?: RoleOptions;
  /** Default: tokens are not renewed. */
  readonly renewal?: RenewalOptions;
  /** Default: none; a sign-in is an id in its tokens. */
  readonly sessions?: SessionOptions;
  /** Default: at most the access token is in one, where `jwt.from` says so. */
  readonly cookies?: CookieOptions;
  readonly strict?: StrictOptions;
  /** Default: strict. */
  readonly freshness?: FreshnessOptions;
  /** Who may use the endpoints for other services. Default: nobody, and there are none. */
  readonly oauth?: OAuthOptions;
}

/** What decides how the module is put together, and so cannot come out of a factory. */
export interface AuthModuleExtras {
  /** Makes the module's exports visible everywhere. Default `true`. */
  readonly isGlobal?: boolean;
  /**
   * Names this `AuthModule` where an application has several: one for customers and one for staff, say. It
   * is the name of the passport strategy and the realm of its tokens and revocations; `authToken()` and
   * `JwtAuthGuard.for()` take it. Default `'jwt'`.
   */
  readonly realm?: string;
  /** The injection token of the TypeORM DataSource. Default: the `DataSource` class. */
  readonly dataSource?: InjectionToken;
  /** Puts guards for authentication and roles on every route of the application. Default `false`. */
  readonly globalGuard?: boolean;
  /**
   * Registers the interceptor that renews tokens. With `forRoot` it follows from `renewal`; with
   * `forRootAsync` say it here when the factory gives `renewal`.
   */
  readonly renewTokens?: boolean;
  /**
   * Serves the public keys: `true` at `/.well-known/jwks.json`, or a path of your own. Default: no.
   */
  readonly jwks?: boolean | string;
  /**
   * Where the endpoints for other services are: `true` for `/oauth/revoke` and `/oauth/introspect`, or
   * another path than `oauth`. With `forRoot` it follows from `oauth`; with `forRootAsync` say it here
   * when the factory gives `oauth`.
   */
  readonly oauthRoutes?: boolean | string;
  /** Serves refresh, logout and the list of sessions; needs `sessions`. `{}` for the defaults. Default: no. */
  readonly routes?: RouteOptions;
}

/** The names of all of them. */
export const EXTRAS = {
  isGlobal: true,
  realm: true,
  dataSource: true,
  globalGuard: true,
  renewTokens: true,
  jwks: true,
  oauthRoutes: true,
  routes: true,
} as const satisfies Record<keyof AuthModuleExtras, true>;

/** Makes options for {@link AuthModule.forRootAsync}. */
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
  readonly useClass?: Type<AuthOptionsFactory>;
  readonly useExisting?: InjectionToken<AuthOptionsFactory>;
}
