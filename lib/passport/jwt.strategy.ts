import { PassportStrategy } from '@nestjs/passport';
import { Strategy } from 'passport-jwt';
import type { AuthRequest } from '../transport/authenticator.js';
import type { AuthState } from '../decision/auth-state.js';
import type { Claims } from '../decision/claims.js';
import type { Principal } from '../decision/principal.js';
import { Refusal } from '../decision/refusal.js';
import { AuthenticationRefusedException } from '../errors/auth.exceptions.js';
import type { AccessTokens, Verified } from '../tokens/access-tokens.js';
import type { RequestAuthenticator } from '../auth/request-authenticator.js';
import type { TokenSource } from '../transport/token-source.js';

/** What the strategy is made of. */
export interface StrategyParts {
  readonly source: TokenSource;
  readonly tokens: AccessTokens;
  readonly authenticator: RequestAuthenticator;
}

/**
 * The passport strategy behind `AuthGuard('jwt')` of @nestjs/passport.
 *
 * It is passport-jwt's in type and place, and takes its steps one by one: extract, verify, `validate()`.
 * Each is the library's own, the same that its guards take, so that both give the same answer to
 * every token. passport-jwt would verify with the one algorithm list it was made with, look for no
 * `kid`, and knows no EdDSA.
 */
export class JwtStrategy extends PassportStrategy(Strategy) {
  /** State that had to be read to find a derived key, for `validate()` of the same request. */
  private readonly known = new WeakMap<object, AuthState>();

  constructor(private readonly parts: StrategyParts) {
    super({ jwtFromRequest: () => null, secretOrKeyProvider: refuseAll });
  }

  /**
   * The decision, for a token that was verified: the subject's status, its tokenVersion and whatever
   * else the active policies look at, as the database has them now.
   *
   * @returns the principal, which becomes `request.user`
   * @throws AuthenticationRefusedException, AuthUnavailableException
   */
  validate(request: object, claims: Claims): Principal | Promise<Principal> {
    return this.parts.authenticator.admit(claims, this.known.get(request));
  }

  /** passport reports a failure as a bare 401; here it is the exception with code and challenge. */
  override authenticate(...[request]: Parameters<Strategy['authenticate']>): void {
    const refuse = (error: unknown) =>
      this.error(error instanceof Error ? error : new Error(String(error)));
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

  /** The module registers the strategy itself: with passport directly, the last application would win. */
  getPassportInstance(): { use(): void } {
    return { use: () => undefined };
  }

  private principalOf(request: AuthRequest): Principal | Promise<Principal> {
    const { source, tokens } = this.parts;
    const token = source.tokenOf(request);
    if (token instanceof Refusal) throw new AuthenticationRefusedException(token);
    const verified = tokens.verify(token);
    return verified instanceof Promise
      ? verified.then((settled) => this.validated(request, settled))
      : this.validated(request, verified);
  }

  private validated(
    request: AuthRequest,
    verified: Verified | Refusal,
  ): Principal | Promise<Principal> {
    if (verified instanceof Refusal) throw new AuthenticationRefusedException(verified);
    if (verified.state !== undefined) this.known.set(request, verified.state);
    return this.validate(request, verified.claims);
  }
}

/** Never called: this strategy verifies by itself. Were it called, nothing would be let in. */
function refuseAll(_request: unknown, _token: unknown, done: (error: unknown) => void): void {
  done(new Error('JwtStrategy verifies tokens by itself.'));
}
