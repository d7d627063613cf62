import { type AuthRequest, authenticatorOf } from './authenticator.js';
import type { Principal } from '../decision/principal.js';

/**
 * The principal of a request. A `user` that no decision of this library made is nobody: another
 * strategy, a middleware or a body parser may have put anything there.
 */
export function principalOf(request: AuthRequest | undefined): Principal | undefined {
  const user = request?.user;
  return isPrincipal(user) ? user : undefined;
}

function isPrincipal(user: unknown): user is Principal {
  return authenticatorOf(user) !== undefined;
}
