import type { Principal } from '../decision/principal.js';
import type { RoleHierarchy } from '../decision/role-hierarchy.js';
import type { AuthRequest } from './auth-request.js';
import type { TokenCookies } from './token-cookies.js';
import type { AuthTransport } from './transport.js';

/**
 * The request path of one AuthModule: extract, verify, decide, attach.
 * An abstract class, so that it serves as its own injection token.
 */
export abstract class Authenticator {
  abstract readonly realm: string;
  /** What roles mean in this realm. */
  abstract readonly roles: RoleHierarchy;
  /** The cookies that carry tokens, if there are any. */
  readonly cookies?: TokenCookies | undefined;
  /** The URL of the API's metadata, if it is served (RFC 9728 §3.1). */
  readonly resourceMetadata?: string | undefined;
  /**
   * The principal of a request, or of something else that an {@link AuthTransport} authenticates.
   *
   * @param freshness `'strict'`: decided on state read after the request arrived, in every mode
   * @param transport where the request came in. Default: HTTP
   * @throws CrossSiteRequestException (403) another site made the browser send the request, with the token's cookie
   * @throws AuthenticationRefusedException (401) no token, a bad one, or one that the auth state refuses
   * @throws AuthUnavailableException (503) the auth state cannot be read now
   */
  abstract authenticate(
    request: AuthRequest,
    freshness?: 'strict',
    transport?: AuthTransport,
  ): Principal | Promise<Principal>;
}
