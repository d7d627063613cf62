import type { InjectionToken, ModuleMetadata, Type } from '@nestjs/common';
import type { EntityTarget, ObjectLiteral } from 'typeorm';
import type { Policy, PolicyFactory } from './decision/policy.js';
import type { RedisTemplate } from './freshness/wake-up/redis.wake-up.js';
import type { CookieOptions, JwtOptions } from './jwt.options.js';
import type { Duration } from './options/duration.js';
import type { OAuthClient } from './routes/oauth/clients.js';

/** Which columns of the application's user entity play which part. All are property names. */
export interface UserOptions<User extends ObjectLiteral = ObjectLiteral> {
  /** The application's own user entity. */
  readonly entity: EntityTarget<User>;
  /** The primary key. Default: the entity's. */
  readonly id?: string;
  /**
   * The column whose value is `sub`. Default: the primary key. A column of its own, random and
   * unique, can be replaced when an account was compromised (`replaceSubject`).
   */
  readonly subject?: string;
  /** Account status. An account is active when the value is one of `activeStatuses`. */
  readonly status?: string;
  /** Default `['active']`. Compared with `===`, so `[true]` for a boolean column. */
  readonly activeStatuses?: readonly unknown[];
  /** Statuses that end by themselves once `suspendedUntil` has passed. Default `[]`. */
  readonly suspendedStatuses?: readonly unknown[];
  /** A time until which the account may not act. */
  readonly suspendedUntil?: string;
  /** A time after which the account may not act; tokens never outlive it. */
  readonly validUntil?: string;
  /** Soft deletion. Default: the entity's `@DeleteDateColumn`. */
  readonly deletedAt?: string;
  /** Integer version; a token counts only while it equals the one it was issued with. */
  readonly tokenVersion?: string;
  /** Numeric column (bigint) that keeps the instant of the newest sign-in, for `latestSignIn()`. */
  readonly latestSignIn?: string;
  /**
   * A column that is set once, when the account is made, and that tells two accounts apart that
   * are given the same id one after the other. Default: the entity's `@CreateDateColumn`. `false`:
   * ids are never used again. Needed unless the subject is a UUID.
   */
  readonly birth?: string | false;
  /** Where the account's roles are. Default: the account has none. */
  readonly roles?: RoleSource;
  /** A simple-array or JSON column with permissions held directly. */
  readonly permissions?: string;
}

/** Where an account's roles are. */
export type RoleSource =
  /** A property of the user entity: a simple-array, JSON, array or single text column. */
  | string
  /** A relation of the user entity, or a path of them such as `'memberships.role'`. */
  | {
      readonly relation: string;
      /** The property of the related entity that holds the role's name. Default `'name'`. */
      readonly name?: string;
    }
  /** A table without an entity; the names are the database's. */
  | {
      readonly joinTable: string;
      readonly userColumn: string;
      readonly roleColumn: string;
    };

/** What roles mean. */
export interface RoleOptions {
  /** Roles that a role includes, transitively: `{ admin: ['editor'], editor: ['user'] }`. */
  readonly hierarchy?: Readonly<Record<string, readonly string[]>>;
  /** Permissions that a role gives: `{ editor: ['articles:write'] }`. */
  readonly permissions?: Readonly<Record<string, readonly string[]>>;
}

/** Short life with renewal while in use. */
export interface RenewalOptions {
  /** The share of its life after which a used token is renewed, above 0 and below 1. Default 0.5. */
  readonly after?: number;
  /** How long after the sign-in a token can still be renewed. Default `'12h'`. */
  readonly maxAge?: Duration;
  /** The response header that carries the renewed token. Default `'X-Renewed-Token'`; with a token cookie, the cookie. */
  readonly header?: string;
}

/**
 * Sessions: a row per sign-in and device, with a refresh token that is used once. Given, `signIn`
 * makes one; all of it may be left at its default: `sessions: {}`.
 */
export interface SessionOptions {
  /** A session that is not refreshed for so long has ended. Default `'14d'`. */
  readonly idleTtl?: Duration;
  /** How long a session lives at most, whatever its use. Default `'90d'`. */
  readonly maxTtl?: Duration;
  /**
   * How long the refresh token that was used last is answered with the same successor, for retries
   * and for two tabs at once. Default `'10s'`, at most 60 s; `0`: it is a replay at once.
   */
  readonly leeway?: Duration;
  /**
   * How many sessions a user may have. `{ newest: N }`: a further sign-in ends the oldest;
   * `{ refuse: N }`: it is refused; `'one-per-device'`: it ends those with the same device label.
   * Default `'unlimited'`.
   */
  readonly limit?:
    'unlimited' | 'one-per-device' | { readonly newest: number } | { readonly refuse: number };
  /** The least time between two writes of when a session was last seen. Default `'1m'`. */
  readonly lastSeenInterval?: Duration;
  /** How long ended sessions are kept. Default `'30d'`, at least a day. */
  readonly retention?: Duration;
}

/** Limits of the read behind each decision. */
export interface StrictOptions {
  /** How long a request waits for auth state before it is answered 503. Default `'2s'`. */
  readonly timeout?: Duration;
}

/** How fresh the state behind a decision is. */
export interface FreshnessOptions {
  /**
   * `'strict'`: read after the request came, by one statement for all that wait at the same moment.
   * `'tracked'`: never older than `maxStaleness`, without a read for whoever did not change. It needs
   * the triggers that `createAuthMigration({ watch })` makes. Default `'strict'`.
   */
  readonly mode?: 'strict' | 'tracked';
  /**
   * Tracked: after so long, a change by any process or by hand is in force in every process, whatever
   * fails. A process that cannot keep to it decides strictly. Default `'1s'`, `'100ms'` to `'60s'`; the
   * log is read four times within it.
   */
  readonly maxStaleness?: Duration;
  /**
   * Tracked: what makes changes known sooner than that. `'auto'`: LISTEN and NOTIFY on PostgreSQL,
   * within the process elsewhere. `'poll'`: nothing. `{ redis }`: publish and subscribe, by an address
   * or an ioredis client of yours. Hints may be lost; nothing depends on them. Default `'auto'`.
   */
  readonly wakeUp?: 'auto' | 'poll' | { readonly redis: string | RedisTemplate };
  /**
   * Tracked: changed subjects, sessions and tokens that are remembered, about 100 bytes each; beyond
   * it, memory begins anew and tokens from before are read once each. Default 250,000.
   */
  readonly maxChanges?: number;
}

/** The endpoints that revoke (RFC 7009) and introspect (RFC 7662) tokens for other services. */
export interface OAuthOptions {
  /**
   * Services that may do both, with every token of this instance. At least one. A secret that is
   * `undefined`, as a variable of the environment may be, stops the start.
   */
  readonly clients: readonly (Omit<OAuthClient, 'secret'> & Partial<OAuthClient>)[];
}

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
   * Name of this instance: the passport strategy, the realm of its revocations and the suffix of
   * its injection tokens. Default `'jwt'`. A second instance in one application needs its own.
   */
  readonly name?: string;
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

/** Makes options for {@link AuthModule.forRootAsync}. */
export interface AuthOptionsFactory {
  createAuthOptions(): AuthModuleOptions | Promise<AuthModuleOptions>;
}

/** What {@link AuthModule.forRootAsync} takes: exactly one of `useFactory`, `useClass`, `useExisting`. */
export interface AuthModuleAsyncOptions
  extends Pick<ModuleMetadata, 'imports' | 'providers'>, AuthModuleExtras {
  readonly useFactory?: (
    // Nest resolves the arguments by token at run time; their types are the factory's own.
    // oxlint-disable-next-line typescript/no-explicit-any
    ...args: any[]
  ) => AuthModuleOptions | Promise<AuthModuleOptions>;
  readonly inject?: readonly InjectionToken[];
  readonly useClass?: Type<AuthOptionsFactory>;
  readonly useExisting?: InjectionToken<AuthOptionsFactory>;
}
