import {
  type Abstract,
  type DynamicModule,
  type FactoryProvider,
  Module,
  type Provider,
  type Type,
} from '@nestjs/common';
import {
  APP_FILTER,
  APP_GUARD,
  APP_INTERCEPTOR,
  ApplicationConfig,
  DiscoveryModule,
  DiscoveryService,
  HttpAdapterHost,
} from '@nestjs/core';
import { DataSource, type ObjectLiteral } from 'typeorm';
import {
  type AuthModuleAsyncOptions,
  type AuthModuleExtras,
  type AuthModuleOptions,
  type AuthOptionsFactory,
  EXTRAS,
} from '../options/auth.options.js';
import { checkAsyncOptions } from './async-checks.js';
import { refuseRouteCollisions } from './route-collisions.js';
import { AuthRuntime } from './auth.runtime.js';
import { AuthService } from '../auth/auth.service.js';
import { Authenticator } from '../transport/authenticator.js';
import { AuthConfigurationError } from '../errors/auth.errors.js';
import { AuthExceptionFilter } from '../errors/auth-exception.filter.js';
import { AuthEvents } from '../events/auth-events.js';
import { FreshnessMonitor } from '../freshness/freshness.js';
import { AuthHealthIndicator } from '../health/auth-health.indicator.js';
import { JwtAuthGuard } from '../guards/jwt-auth.guard.js';
import { JwtRolesGuard } from '../guards/jwt-roles.guard.js';
import { RolesGuard } from '../guards/roles.guard.js';
import { RouteAudit } from '../guards/route-audit.js';
import { authToken, DEFAULT_REALM } from '../injection.js';
import { QueryTokenInterceptor } from '../interceptors/query-token.interceptor.js';
import { JwtStrategy } from '../passport/jwt.strategy.js';
import { RevocationService } from '../revocation/revocation.service.js';
import { SessionService } from '../sessions/session.service.js';
import { JWKS_PATH, jwksController } from '../routes/jwks.controller.js';
import { OAUTH_PATH, oauthController } from '../routes/oauth/oauth.controller.js';
import { OAuthService } from '../routes/oauth/oauth.service.js';
import { LogoutService } from '../routes/session/logout.service.js';
import { describeForOpenApi } from '../routes/session/open-api.js';
import {
  refreshPathOf,
  sessionControllers,
  sessionRoutes,
} from '../routes/session/session-routes.js';
import { RefreshTransport } from '../routes/session/refresh-transport.js';
import { Problems } from '../validation/problems.js';
import { KeyService } from '../auth/key.service.js';

const ASYNC_OPTIONS = {
  ...EXTRAS,
  imports: true,
  providers: true,
  useFactory: true,
  inject: true,
  useClass: true,
  useExisting: true,
} as const satisfies Record<keyof AuthModuleAsyncOptions, true>;

const OPTIONS = Symbol('nestjs-revocable-jwt:options');
const DESCRIBED = Symbol('nestjs-revocable-jwt:described');

/**
 * JWT authentication whose tokens can be revoked.
 *
 * Import it once, with `forRoot()` or `forRootAsync()`. It registers the passport strategy `jwt`, and
 * exports `AuthService`, `RevocationService`, `AuthEvents`, `FreshnessMonitor`, `AuthHealthIndicator` and
 * the guards.
 */
@Module({})
export class AuthModule {
  /**
   * @throws AuthConfigurationError at boot, with every problem in the options and what to do
   */
  static forRoot<User extends ObjectLiteral = ObjectLiteral>(
    options: AuthModuleOptions<User> & AuthModuleExtras,
  ): DynamicModule {
    const {
      isGlobal,
      realm,
      dataSource,
      globalGuard,
      renewTokens,
      jwks,
      oauthRoutes,
      routes,
      ...own
    } = options;
    const extras = {
      isGlobal,
      realm,
      dataSource,
      globalGuard,
      renewTokens: renewTokens ?? own.renewal !== undefined,
      jwks,
      oauthRoutes: oauthRoutes ?? own.oauth !== undefined,
      routes,
    };
    return assemble(extras, [], [{ provide: OPTIONS, useValue: own }]);
  }

  /**
   * The same with options that a factory, a class or an existing provider makes. What decides which
   * providers exist (`realm`, `isGlobal`, `dataSource`, `globalGuard`, `renewTokens`, `jwks`,
   * `oauthRoutes`, `routes`) stands beside it.
   */
  static forRootAsync<User extends ObjectLiteral = ObjectLiteral>(
    options: AuthModuleAsyncOptions<User>,
  ): DynamicModule {
    const {
      imports = [],
      providers = [],
      useFactory,
      inject = [],
      useClass,
      useExisting,
    } = options;
    const problems = new Problems();
    problems.unknown<AuthModuleAsyncOptions>('forRootAsync', options, ASYNC_OPTIONS, {
      name: 'realm',
    });
    if (problems.list.length > 0) throw new AuthConfigurationError(problems.list);
    const ways = [useFactory, useClass, useExisting].filter((way) => way !== undefined);
    if (ways.length !== 1) {
      throw new AuthConfigurationError([
        'forRootAsync: give exactly one of useFactory, useClass and useExisting.',
      ]);
    }
    const made: Provider[] = [...providers];
    if (useFactory !== undefined) {
      made.push({ provide: OPTIONS, useFactory, inject: [...inject] });
    } else {
      const factory = useClass ?? useExisting ?? OPTIONS;
      if (useClass !== undefined) made.push(useClass);
      made.push({
        provide: OPTIONS,
        useFactory: (source: AuthOptionsFactory) => source.createAuthOptions(),
        inject: [factory],
      });
    }
    return assemble(options, imports, made);
  }
}

function assemble(
  extras: AuthModuleExtras,
  imports: NonNullable<DynamicModule['imports']>,
  options: Provider[],
): DynamicModule {
  const realm = extras.realm ?? DEFAULT_REALM;
  const routes = sessionRoutes(extras.routes);
  const runtime: Provider = {
    provide: AuthRuntime,
    useFactory: async (
      given: AuthModuleOptions,
      dataSource: DataSource,
      host: HttpAdapterHost,
      discovery: DiscoveryService,
      config: ApplicationConfig,
    ) => {
      checkAsyncOptions(given, extras);
      refuseRouteCollisions(host, realm, {
        jwks: pathOf(extras.jwks, JWKS_PATH),
        oauthRoutes: pathOf(extras.oauthRoutes, OAUTH_PATH),
        'routes.path': routes?.path,
        'routes.admin.path': routes?.admin?.path,
      });
      const refreshPath = () => refreshPathOf(config, routes);
      const started = await AuthRuntime.start({
        realm,
        options: given,
        dataSource,
        host,
        discovery,
        refreshPath,
      });
      const { from } = started.settings;
      if (from.query !== undefined) config.useGlobalInterceptors(new QueryTokenInterceptor(from));
      return started;
    },
    inject: [
      OPTIONS,
      extras.dataSource ?? DataSource,
      HttpAdapterHost,
      DiscoveryService,
      ApplicationConfig,
    ],
  };
  const services = [
    part(realm, Authenticator, ({ services }) => services.authenticator),
    part(realm, AuthService, ({ services }) => services.auth),
    part(realm, RevocationService, ({ services }) => services.revocation),
    part(realm, AuthEvents, ({ services }) => services.events),
    part(realm, FreshnessMonitor, ({ services }) => services.monitor),
    part(realm, KeyService, ({ services }) => services.keys),
    part(realm, AuthHealthIndicator, ({ services }) => services.health),
    part(realm, JwtStrategy, ({ services }) => services.strategy),
    part(realm, SessionService, ({ services }) => services.sessions),
  ];
  /** What only the library's own routes use. */
  const behindRoutes = [
    part(realm, OAuthService, ({ services }) => services.oauth),
    part(realm, LogoutService, ({ services }) => services.logout),
    part(realm, RefreshTransport, ({ services }) => services.refreshTransport),
  ];
  const guards: Type[] = [JwtAuthGuard.for(realm), JwtRolesGuard.for(realm), RolesGuard];
  const controllers = routes && sessionControllers(realm, routes);
  return {
    module: AuthModule,
    global: extras.isGlobal ?? true,
    imports: [DiscoveryModule, ...imports],
    controllers: [...controllersOf(realm, extras), ...Object.values(controllers ?? {})],
    providers: [
      ...options,
      runtime,
      ...services,
      ...behindRoutes,
      ...guards,
      RouteAudit,
      ...(controllers
        ? [{ provide: DESCRIBED, useFactory: () => describeForOpenApi(controllers) }]
        : []),
      { provide: APP_FILTER, useClass: AuthExceptionFilter },
      ...(extras.globalGuard
        ? [{ provide: APP_GUARD, useExisting: JwtRolesGuard.for(realm) }]
        : []),
      ...(extras.renewTokens ? [renewalInterceptor] : []),
    ],
    exports: [...services.map(({ provide }) => provide), ...guards],
  };
}

/** Registered only where tokens are renewed: the checks at boot hold it against `renewal`. */
const renewalInterceptor: Provider = {
  provide: APP_INTERCEPTOR,
  useFactory: ({ services }: AuthRuntime) => services.renewal,
  inject: [AuthRuntime],
};

/** The optional routes; each is there only if it was asked for. */
function controllersOf(realm: string, extras: AuthModuleExtras): Type[] {
  const jwks = pathOf(extras.jwks, JWKS_PATH);
  const oauth = pathOf(extras.oauthRoutes, OAUTH_PATH);
  return [
    ...(jwks === undefined ? [] : [jwksController(realm, jwks)]),
    ...(oauth === undefined ? [] : [oauthController(realm, oauth)]),
  ];
}

/** Where an optional route is; `undefined`: nowhere. */
function pathOf(given: boolean | string | undefined, usual: string): string | undefined {
  return given === true ? usual : given || undefined;
}

/** One of the runtime's parts, under the injection token of its instance. */
function part<T>(
  realm: string,
  service: Abstract<T>,
  pick: (runtime: AuthRuntime) => T,
): FactoryProvider<T> {
  return { provide: authToken(service, realm), useFactory: pick, inject: [AuthRuntime] };
}
