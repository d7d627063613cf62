import {
  type Abstract,
  type DynamicModule,
  type FactoryProvider,
  Module,
  type Provider,
  type Type,
} from '@nestjs/common';
import {
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
  EXTRAS,
} from '../options/auth.options.js';
import { asyncOptions, checkAsyncOptions } from './async-options.js';
import {
  endpointPaths,
  refuseRouteCollisions,
  rootModules,
  servedRoutes,
  servedControllers,
} from './optional-routes.js';
import { AuthRuntime } from './auth.runtime.js';
import { addLastResortFilter } from './last-resort-filter.js';
import { AuthService } from '../auth/auth.service.js';
import { Authenticator } from '../transport/authenticator.js';
import { AuthConfigurationError } from '../errors/auth.errors.js';
import { AuthEvents } from '../events/auth-events.js';
import { FreshnessMonitor } from '../freshness/freshness.js';
import { AuthHealthIndicator } from '../health/auth-health.indicator.js';
import { JwtAuthGuard } from '../guards/jwt-auth.guard.js';
import { JwtRolesGuard } from '../guards/jwt-roles.guard.js';
import { RolesGuard } from '../guards/roles.guard.js';
import { RouteAudit } from '../guards/route-audit.js';
import { authToken, DEFAULT_REALM } from '../injection.js';
import { KeepPrivateInterceptor } from '../interceptors/keep-private.interceptor.js';
import { JwtStrategy } from '../passport/jwt.strategy.js';
import { RevocationService } from '../revocation/revocation.service.js';
import { SessionService } from '../sessions/session.service.js';
import type { TokenIdentifiers } from '../routes/metadata/identifiers.js';
import { MetadataService } from '../routes/metadata/metadata.service.js';
import { OAuthService } from '../routes/oauth/oauth.service.js';
import { TokenEndpoint } from '../routes/oauth/token-endpoint.js';
import { LogoutService } from '../routes/session/logout.service.js';
import { describeForOpenApi } from '../routes/open-api/open-api.js';
import { refreshPathsOf, sessionRoutes } from '../routes/session/session-routes.js';
import { RefreshTransport } from '../routes/session/refresh-transport.js';
import { KeyService } from '../auth/key.service.js';

const OPTIONS = Symbol('nestjs-revocable-jwt:options');
const DESCRIBED = Symbol('nestjs-revocable-jwt:described');

/**
 * JWT authentication whose tokens can be revoked.
 *
 * Import it once, with `forRoot()` or `forRootAsync()`. It registers the passport strategy `jwt`, and exports
 * the guards and these services: `AuthService`, `RevocationService`, `SessionService`, `KeyService`,
 * `AuthEvents`, `Authenticator`, `FreshnessMonitor` and `AuthHealthIndicator`.
 */
@Module({})
export class AuthModule {
  /**
   * ```ts
   * AuthModule.forRoot({
   *   jwt: { secret: process.env.JWT_SECRET, issuer: 'https://example.com', audience: 'api' },
   *   user: { entity: User, status: 'status' },
   * });
   * ```
   *
   * @throws AuthConfigurationError at boot, with every problem in the options and what to do
   */
  static forRoot<User extends ObjectLiteral = ObjectLiteral>(
    options: AuthModuleOptions<User> & AuthModuleExtras,
  ): DynamicModule {
    const { renewTokens = options.renewal !== undefined } = options;
    const { oauthRoutes = options.oauth !== undefined } = options;
    const own = Object.entries(options).filter(([name]) => !Object.hasOwn(EXTRAS, name));
    const source = { provide: OPTIONS, useValue: Object.fromEntries(own) };
    return assemble({ ...options, renewTokens, oauthRoutes }, [], [source], options.jwt);
  }

  /**
   * The same, with options from a factory, a class or an existing provider. Write the options that decide which
   * providers exist beside it: `realm`, `isGlobal`, `dataSource`, `globalGuard`, `renewTokens`, `jwks`,
   * `metadata`, `oauthRoutes` and `routes`.
   *
   * ```ts
   * AuthModule.forRootAsync({
   *   inject: [ConfigService],
   *   useFactory: (config: ConfigService) => ({
   *     jwt: { secret: config.get('JWT_SECRET'), issuer: 'https://example.com', audience: 'api' },
   *     user: { entity: User, status: 'status' },
   *   }),
   * });
   * ```
   *
   * @throws AuthConfigurationError for an option that does not exist, or not exactly one source of options
   */
  static forRootAsync<User extends ObjectLiteral = ObjectLiteral>(
    options: AuthModuleAsyncOptions<User>,
  ): DynamicModule {
    return assemble(options, options.imports ?? [], asyncOptions(OPTIONS, options));
  }
}

function assemble(
  extras: AuthModuleExtras,
  imports: NonNullable<DynamicModule['imports']>,
  options: Provider[],
  jwt?: TokenIdentifiers,
): DynamicModule {
  const realm = extras.realm ?? DEFAULT_REALM;
  const routes = sessionRoutes(extras.routes);
  const served = servedRoutes(extras, routes, jwt);
  const runtime: Provider = {
    provide: AuthRuntime,
    useFactory: async (
      given: AuthModuleOptions,
      dataSource: DataSource,
      host: HttpAdapterHost,
      discovery: DiscoveryService,
      config: ApplicationConfig,
    ) => {
      refuseLateImport(host);
      checkAsyncOptions(given, extras);
      refuseRouteCollisions(host, realm, served);
      const refreshPaths = () => routes && refreshPathsOf(config, routes);
      const started = await AuthRuntime.start({
        realm,
        options: given,
        dataSource,
        host,
        discovery,
        refreshPaths,
        metadata: served.metadata,
        endpoints: () => endpointPaths(config, served),
      });
      addLastResortFilter(config, host);
      const { from } = started.settings;
      if (from.query !== undefined || typeof from.header === 'string') {
        config.useGlobalInterceptors(new KeepPrivateInterceptor(from));
      }
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
  /** Only for the library's own routes. */
  const behindRoutes = [
    part(realm, OAuthService, ({ services }) => services.oauth),
    part(realm, MetadataService, ({ services }) => services.metadata),
    part(realm, TokenEndpoint, ({ services }) => services.tokenEndpoint),
    part(realm, LogoutService, ({ services }) => services.logout),
    part(realm, RefreshTransport, ({ services }) => services.refreshTransport),
  ];
  const guards: Type[] = [JwtAuthGuard.for(realm), JwtRolesGuard.for(realm), RolesGuard];
  const controllers = servedControllers(realm, served);
  return {
    module: AuthModule,
    global: extras.isGlobal ?? true,
    imports: [DiscoveryModule, ...rootModules(served), ...imports],
    controllers: controllers.map(({ controller }) => controller),
    providers: [
      ...options,
      runtime,
      ...services,
      ...behindRoutes,
      ...guards,
      RouteAudit,
      {
        provide: DESCRIBED,
        useFactory: ({ settings }: AuthRuntime) => describeForOpenApi(realm, controllers, settings),
        inject: [AuthRuntime],
      },
      ...(extras.globalGuard
        ? [{ provide: APP_GUARD, useExisting: JwtRolesGuard.for(realm) }]
        : []),
      ...(extras.renewTokens ? [renewalInterceptor] : []),
    ],
    exports: [...services.map(({ provide }) => provide), ...guards],
  };
}

/** If a module is loaded while requests are served, Nest registers neither its routes nor its global guards. */
function refuseLateImport(host: HttpAdapterHost): void {
  if (!host.listening) return;
  throw new AuthConfigurationError([
    'AuthModule: it was loaded when the application was already listening, so nothing would guard its routes. Import it in a module that is there from the start, not with LazyModuleLoader.',
  ]);
}

/** Registered only if tokens are renewed; checkAsyncOptions() compares that with `renewal`. */
const renewalInterceptor: Provider = {
  provide: APP_INTERCEPTOR,
  useFactory: ({ services }: AuthRuntime) => services.renewal,
  inject: [AuthRuntime],
};

/** One of the services, under the injection token of its realm. */
function part<T>(
  realm: string,
  service: Abstract<T>,
  pick: (runtime: AuthRuntime) => T,
): FactoryProvider<T> {
  return { provide: authToken(service, realm), useFactory: pick, inject: [AuthRuntime] };
}
