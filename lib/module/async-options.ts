import type { InjectionToken, Provider } from '@nestjs/common';
import type { ObjectLiteral } from 'typeorm';
import { AuthConfigurationError } from '../errors/auth.errors.js';
import {
  type AuthModuleAsyncOptions,
  type AuthModuleExtras,
  type AuthModuleOptions,
  type AuthOptionsFactory,
  EXTRAS,
} from '../options/auth.options.js';
import { Problems } from '../validation/problems.js';

const ASYNC_OPTIONS = {
  ...EXTRAS,
  imports: true,
  providers: true,
  useFactory: true,
  inject: true,
  useClass: true,
  useExisting: true,
} as const satisfies Record<keyof AuthModuleAsyncOptions, true>;

/**
 * The providers that make the options, under this token.
 *
 * @throws AuthConfigurationError an option does not exist, or there is not exactly one source of options
 */
export function asyncOptions<User extends ObjectLiteral>(
  token: symbol,
  options: AuthModuleAsyncOptions<User>,
): Provider[] {
  const { providers = [], useFactory, inject = [], useClass, useExisting } = options;
  const problems = new Problems();
  const instead = { name: 'realm' };
  problems.unknown<AuthModuleAsyncOptions>('forRootAsync', options, ASYNC_OPTIONS, instead);
  const sources = [useFactory, useClass, useExisting].filter((source) => source !== undefined);
  if (sources.length !== 1) {
    problems.add('forRootAsync: give exactly one of useFactory, useClass and useExisting.');
  }
  if (problems.list.length > 0) throw new AuthConfigurationError(problems.list);
  if (useFactory !== undefined) {
    return [...providers, { provide: token, useFactory, inject: [...inject] }];
  }
  const factory: InjectionToken = useClass ?? useExisting ?? token;
  return [
    ...providers,
    ...(useClass === undefined ? [] : [useClass]),
    {
      provide: token,
      useFactory: (source: AuthOptionsFactory) => source.createAuthOptions(),
      inject: [factory],
    },
  ];
}

/**
 * Compares the options that a factory returned with those beside it. Nest must know the providers and routes
 * before it calls the factory.
 *
 * @throws AuthConfigurationError one of them needs something that the other lacks
 */
export function checkAsyncOptions(options: AuthModuleOptions, extras: AuthModuleExtras): void {
  // A factory may return anything, also nothing. settingsOf() reports that with all other problems.
  const { renewal, oauth, sessions, cookies }: Partial<AuthModuleOptions> = Object(options);
  const { renewTokens, oauthRoutes, routes } = extras;
  const problems = [
    renewal !== undefined &&
      !renewTokens &&
      'renewal: nothing would renew tokens. Write renewTokens: true beside the factory, which registers the interceptor.',
    renewal === undefined &&
      renewTokens &&
      'renewTokens: it needs `renewal` in the options. Add renewal: {} for the defaults.',
    oauth !== undefined &&
      !oauthRoutes &&
      'oauth: there would be no endpoints. Write oauthRoutes: true beside the factory.',
    oauth === undefined &&
      oauthRoutes &&
      'oauthRoutes: without `oauth` in the options no client may use them. Add oauth: { clients: [{ id, secret }] }.',
    routes !== undefined &&
      sessions === undefined &&
      'routes: without `sessions` in the options there is nothing to refresh or list. Add sessions: {} for the defaults.',
    Object(cookies).refresh !== undefined &&
      Object(cookies).refreshPath === undefined &&
      routes === undefined &&
      'cookies.refreshPath: give the path of your refresh route as browsers see it, or add routes: {} and let the library serve it.',
  ].filter((problem) => typeof problem === 'string');
  if (problems.length > 0) throw new AuthConfigurationError(problems);
}
