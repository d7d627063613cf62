import { Authenticator, type AuthRequest, brand } from '../transport/authenticator.js';
import type { AuthState } from '../decision/auth-state.js';
import type { Claims } from '../decision/claims.js';
import type { Principal } from '../decision/principal.js';
import { Refusal } from '../decision/refusal.js';
import type { RoleHierarchy } from '../decision/role-hierarchy.js';
import { AuthenticationRefusedException } from '../errors/auth.exceptions.js';
import type { RequestObserver } from './request-observer.js';
import { type Decider, judge, type DecisionContext, type Outcome } from '../freshness/decider.js';
import type { AccessTokens, Verified } from '../tokens/access-tokens.js';
import type { TokenCookies } from '../transport/token-cookies.js';
import type { TokenSource } from '../transport/token-source.js';

/** What the request path is made of. */
export interface RequestPath {
  readonly realm: string;
  readonly source: TokenSource;
  readonly cookies: TokenCookies;
  readonly tokens: AccessTokens;
  /** As fresh as the instance promises. */
  readonly decider: Decider;
  /** For routes that ask for state read after the request arrived. */
  readonly strict: Decider;
  readonly judging: DecisionContext;
  readonly roles: RoleHierarchy;
  readonly observer: RequestObserver;
}

/** The request path: extract, verify, decide, attach. Answers at once where nothing must be read. */
export class RequestAuthenticator extends Authenticator {
  override readonly realm: string;
  override readonly roles: RoleHierarchy;
  override readonly cookies: TokenCookies;

  constructor(private readonly path: RequestPath) {
    super();
    this.realm = path.realm;
    this.roles = path.roles;
    this.cookies = path.cookies;
  }

  override authenticate(
    request: AuthRequest,
    freshness?: 'strict',
  ): Principal | Promise<Principal> {
    const token = this.path.source.tokenOf(request);
    if (token instanceof Refusal) throw new AuthenticationRefusedException(token);
    return this.authenticateToken(token, freshness);
  }

  /** The same for a token that did not come with an HTTP request. */
  authenticateToken(token: string, freshness?: 'strict'): Principal | Promise<Principal> {
    const verified = this.path.tokens.verify(token);
    return verified instanceof Promise
      ? verified.then((settled) => this.admitVerified(settled, freshness))
      : this.admitVerified(verified, freshness);
  }

  /**
   * Decides on verified claims.
   *
   * @param known state that had to be read to verify them, after the request arrived
   */
  admit(claims: Claims, known?: AuthState, freshness?: 'strict'): Principal | Promise<Principal> {
    const outcome = this.decide(claims, known, freshness);
    return outcome instanceof Promise
      ? outcome.then((settled) => this.conclude(claims, settled), this.unavailable)
      : this.conclude(claims, outcome);
  }

  private decide(
    claims: Claims,
    known: AuthState | undefined,
    freshness: 'strict' | undefined,
  ): Outcome | Promise<Outcome> {
    const { judging, decider, strict } = this.path;
    try {
      if (known !== undefined) return judge(judging, claims, known);
      return (freshness === 'strict' ? strict : decider).decide(claims);
    } catch (error) {
      return this.unavailable(error);
    }
  }

  private readonly unavailable = (error: unknown): never => {
    this.path.observer.unavailable();
    throw error;
  };

  private admitVerified(
    verified: Verified | Refusal,
    freshness: 'strict' | undefined,
  ): Principal | Promise<Principal> {
    if (verified instanceof Refusal) throw new AuthenticationRefusedException(verified);
    return this.admit(verified.claims, verified.state, freshness);
  }

  private conclude(claims: Claims, outcome: Outcome): Principal {
    if (outcome instanceof Refusal) {
      this.path.observer.refused(claims, outcome);
      throw new AuthenticationRefusedException(outcome);
    }
    this.path.observer.accepted(outcome);
    return brand(outcome, this);
  }
}
