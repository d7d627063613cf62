import type { AuthModuleExtras, AuthModuleOptions } from '../options/auth.options.js';
import { AuthConfigurationError } from '../errors/auth.errors.js';

/**
 * Holds what a factory made against what was said beside it: which providers and routes exist is settled
 * before a factory's options are known.
 *
 * @throws AuthConfigurationError where one asks for what the other does not have
 */
export function checkAsyncOptions(
  options: AuthModuleOptions,
  { renewTokens, oauthRoutes, routes }: AuthModuleExtras,
): void {
  // A factory may also give no options at all, which is found out with what else is wrong.
  const renews = Object(options).renewal !== undefined;
  if (renews && !renewTokens) {
    throw new AuthConfigurationError([
      'renewal: say renewTokens: true beside the factory, so that the interceptor that renews is registered.',
    ]);
  }
  const hasClients = Object(options).oauth !== undefined;
  if (hasClients && !oauthRoutes) {
    throw new AuthConfigurationError([
      'oauth: say oauthRoutes: true beside the factory, so that the routes are there.',
    ]);
  }
  if (!hasClients && oauthRoutes) {
    throw new AuthConfigurationError([
      'oauthRoutes: nobody could use them without `oauth` in the options; add oauth: { clients: [{ id, secret }] }.',
    ]);
  }
  if (routes !== undefined && Object(options).sessions === undefined) {
    throw new AuthConfigurationError([
      'routes: there is nothing to refresh or to list without `sessions` in the options; add sessions: {} for the defaults.',
    ]);
  }
  const { refresh, refreshPath } = Object(Object(options).cookies);
  if (refresh !== undefined && refreshPath === undefined && routes === undefined) {
    throw new AuthConfigurationError([
      'cookies.refreshPath: say where browsers see your refresh route, or let the library serve it with routes: {}.',
    ]);
  }
  if (!renews && renewTokens) {
    throw new AuthConfigurationError([
      'renewTokens: nothing is renewed without `renewal` in the options; add renewal: {} for the defaults.',
    ]);
  }
}
