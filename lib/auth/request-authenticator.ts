import type { AuthState } from '../decision/auth-state.js';
import type { Claims } from '../decision/claims.js';
import type { Principal } from '../decision/principal.js';
import { Refusal } from '../decision/refusal.js';
import type { RoleHierarchy } from '../decision/role-hierarchy.js';
import { AuthenticationRefusedException } from '../errors/auth.exceptions.js';
import { type Decider, type DecisionContext, judge, type Outcome } from '../freshness/decider.js';
import type { TokenVerifier } from '../tokens/token-verifier.js';
import type { VerifiedToken } from '../tokens/verified-token-cache.js';
import { Authenticator } from '../transport/authenticator.js';
import type { AuthRequest } from '../transport/auth-request.js';
import { brand } from '../transport/branded-principal.js';
import { httpTransport } from '../transport/http.transport.js';
import type { TokenCookies } from '../transport/token-cookies.js';
import type { TokenSource } from '../transport/token-source.js';
import type { AuthTransport } from '../transport/transport.js';
import type { RequestObserver } from './request-observer.js';
import { AMBIGUOUS, candidatesOf, chooseFrom } from './one-of-several.js';

type Verified = VerifiedToken | Refusal;

/** The request path: extract, verify, decide, attach. Returns no promise if nothing has to be read. */
export class RequestAuthenticator extends Authenticator {
  override readonly realm: string;
  override readonly roles: RoleHierarchy;
  override readonly cookies: TokenCookies;
  override readonly resourceMetadata: string | undefined;

  constructor(
    private readonly parts: {
      readonly realm: string;
      readonly source: TokenSource;
      readonly cookies: TokenCookies;
      readonly verifier: TokenVerifier;
      /** As fresh as the realm's options promise. */
      readonly decider: Decider;
      /** For routes that ask for state read after the request arrived. */
      readonly strict: Decider;
      readonly context: DecisionContext;
      readonly roles: RoleHierarchy;
      readonly resourceMetadata: string | undefined;
      readonly observer: RequestObserver;
    },
  ) {
    super();
    this.realm = parts.realm;
    this.roles = parts.roles;
    this.cookies = parts.cookies;
    this.resourceMetadata = parts.resourceMetadata;
  }

  override authenticate(
    request: AuthRequest,
    freshness?: 'strict',
    transport: AuthTransport = httpTransport,
  ): Principal | Promise<Principal> {
    return this.settle(this.verify(request, transport), freshness);
  }

  /** The same decision for a token that did not come with a request. */
  authenticateToken(token: string, freshness?: 'strict'): Principal | Promise<Principal> {
    return this.settle(this.parts.verifier.verify(token), freshness);
  }

  /**
   * The first two steps: extracts the token of a request and verifies it.
   *
   * @throws CrossSiteRequestException (403) another site made the browser send the request, with the token's cookie
   */
  verify(
    request: AuthRequest,
    transport: AuthTransport = httpTransport,
  ): Verified | Promise<Verified> {
    const token = transport.tokenOf(request, this.parts.source);
    if (token instanceof Refusal) return token;
    return typeof token === 'string'
      ? this.parts.verifier.verify(token)
      : this.choose(token, request);
  }

  /** Chooses one of several cookies. The others come from earlier options or from a sibling domain. */
  private async choose(tokens: readonly string[], request: AuthRequest): Promise<Verified> {
    const chosen = chooseFrom(await candidatesOf(tokens, this.parts));
    if (chosen !== 'ambiguous') return chosen;
    throw new AuthenticationRefusedException(AMBIGUOUS, this.cookies.expiredAccess(request));
  }

  /**
   * The last two steps: decides on verified claims, and makes the principal.
   *
   * @param known state that was read to verify them, after the request arrived
   */
  decide(claims: Claims, known?: AuthState, freshness?: 'strict'): Principal | Promise<Principal> {
    const outcome = this.outcomeOf(claims, known, freshness);
    return outcome instanceof Promise
      ? outcome.then((settled) => this.conclude(claims, settled), this.unavailable)
      : this.conclude(claims, outcome);
  }

  private settle(
    verified: Verified | Promise<Verified>,
    freshness: 'strict' | undefined,
  ): Principal | Promise<Principal> {
    if (verified instanceof Promise) return verified.then((one) => this.settle(one, freshness));
    if (verified instanceof Refusal) throw new AuthenticationRefusedException(verified);
    return this.decide(verified.claims, verified.state, freshness);
  }

  private outcomeOf(
    claims: Claims,
    known: AuthState | undefined,
    freshness: 'strict' | undefined,
  ): Outcome | Promise<Outcome> {
    const { context, decider, strict } = this.parts;
    try {
      if (known !== undefined) return judge(context, claims, known);
      return (freshness === 'strict' ? strict : decider).decide(claims);
    } catch (error) {
      return this.unavailable(error);
    }
  }

  private readonly unavailable = (error: unknown): never => {
    this.parts.observer.unavailable();
    throw error;
  };

  private conclude(claims: Claims, outcome: Outcome): Principal {
    if (outcome instanceof Refusal) {
      this.parts.observer.refused(claims, outcome);
      throw new AuthenticationRefusedException(outcome);
    }
    this.parts.observer.accepted(outcome);
    return brand(outcome, this);
  }
}
