import { errorOf } from '../errors/error-of.js';
import { AssertionError } from 'node:assert/strict';
import { PassportStrategy } from '@nestjs/passport';
import { Strategy } from 'passport-jwt';
import type { RequestAuthenticator } from '../auth/request-authenticator.js';
import type { AuthState } from '../decision/auth-state.js';
import type { Claims } from '../decision/claims.js';
import type { Principal } from '../decision/principal.js';
import { Refusal } from '../decision/refusal.js';
import { AuthenticationRefusedException, AuthException } from '../errors/auth.exceptions.js';
import type { VerifiedToken } from '../tokens/verified-token-cache.js';
import type { AuthRequest } from '../transport/auth-request.js';
import { responseTo } from '../transport/http-response.js';
import { announceRefusal } from '../transport/response-headers.js';

/**
 * The passport strategy behind `AuthGuard('jwt')` of @nestjs/passport.
 *
 * It has the type and the place of passport-jwt's, and its steps: extract, verify, `validate()`. Each step
 * is the one that the library's guards take, so both give the same answer to every token. passport-jwt
 * itself verifies with one fixed list of algorithms, ignores `kid`, and does not know EdDSA.
 */
export class JwtStrategy extends PassportStrategy(Strategy) {
  /** State that was read to find a derived key, for `validate()` of the same request. */
  private readonly known = new WeakMap<object, AuthState>();

  constructor(private readonly authenticator: RequestAuthenticator) {
    super({ jwtFromRequest: () => null, secretOrKeyProvider: refuseAll });
  }

  /**
   * The decision on a verified token: the subject's status, its tokenVersion and everything else that the
   * active policies look at, as the database has them now.
   *
   * @returns the principal, which becomes `request.user`
   * @throws AuthenticationRefusedException, AuthUnavailableException
   */
  validate(request: object, claims: Claims): Principal | Promise<Principal> {
    return this.authenticator.decide(claims, this.known.get(request));
  }

  /** Passport turns a failure into a bare 401. An error keeps the exception with its code and challenge. */
  override authenticate(...[request]: Parameters<Strategy['authenticate']>): void {
    const refuse = (error: unknown) => {
      if (error instanceof AuthException) {
        const { resourceMetadata } = this.authenticator;
        if (resourceMetadata !== undefined) error.nameResourceMetadata(resourceMetadata);
        announceRefusal(error, responseTo(request));
      }
      this.error(errorOf(error));
    };
    let principal: Principal | Promise<Principal>;
    try {
      principal = this.principalOf(request);
    } catch (error) {
      refuse(error);
      return;
    }
    if (principal instanceof Promise) principal.then((known) => this.success(known), refuse);
    else this.success(principal);
  }

  /** The module registers the strategy. If Nest did, the last application of the process would win. */
  getPassportInstance(): { use(): void } {
    return { use: () => undefined };
  }

  private principalOf(request: AuthRequest): Principal | Promise<Principal> {
    const verified = this.authenticator.verify(request);
    return verified instanceof Promise
      ? verified.then((settled) => this.validated(request, settled))
      : this.validated(request, verified);
  }

  private validated(
    request: AuthRequest,
    verified: VerifiedToken | Refusal,
  ): Principal | Promise<Principal> {
    if (verified instanceof Refusal) throw new AuthenticationRefusedException(verified);
    if (verified.state !== undefined) this.known.set(request, verified.state);
    return this.validate(request, verified.claims);
  }
}

/** Never called, because this strategy verifies by itself. If it were called, it would accept no token. */
function refuseAll(_request: unknown, _token: unknown, done: (error: unknown) => void): void {
  done(new AssertionError({ message: 'JwtStrategy verifies tokens by itself.' }));
}
