import type { AuthStateReader } from '../decision/auth-state.js';
import { isPresent } from '../decision/decide.js';
import type { Principal } from '../decision/principal.js';
import { Refusal } from '../decision/refusal.js';
import { AuthenticationRefusedException } from '../errors/auth.exceptions.js';
import type { AuthEvent, SignInFailure } from '../events/auth-event.js';
import type { AuthEvents } from '../events/auth-events.js';
import { REPLACED, type SignInContext } from '../sessions/session-opening.js';
import { endedEvent, startedEvent } from '../sessions/session-report.js';
import type { SessionService } from '../sessions/session.service.js';
import { pairOf } from '../sessions/refresh-token.js';
import type { IssuedToken, TokenIssuer } from '../tokens/token-issuer.js';
import type { RenewalSettings } from '../tokens/token.settings.js';
import type { AuthRequest, HttpResponse } from '../transport/auth-request.js';
import { requestFor } from '../transport/http-response.js';
import { ResponseHeaders } from '../transport/response-headers.js';
import { answerTokens, type TokenAnswer } from '../transport/token-answer.js';
import type { TokenTransport } from '../transport/token-cookies.js';
import type { RequestAuthenticator } from './request-authenticator.js';
import type { SignIn } from './sign-in.js';
import type { SignedIn } from './sign-in-work.js';

/** Issues tokens, and decides on a token outside of a request. */
export class AuthService {
  constructor(
    private readonly parts: {
      readonly signIns: SignIn;
      readonly authenticator: RequestAuthenticator;
      readonly issuer: TokenIssuer;
      readonly reader: AuthStateReader;
      readonly renewal: RenewalSettings | undefined;
      /** `undefined`: the options have no `sessions`. */
      readonly sessions: SessionService | undefined;
      readonly events: AuthEvents;
    },
  ) {}

  /**
   * Signs in a user whose credentials the application has checked.
   *
   * The account is read again, and refused if it differs from the checked one. While a password is hashed, a
   * password change or a revocation may be committed.
   *
   * With sessions, it also opens a session, and the result has a `refreshToken`.
   *
   * @param user the entity whose password was checked, with every watched column loaded
   * @param context the device, for the list of sessions
   * @throws SessionLimitException the account has as many sessions as `sessions.limit` allows
   * @throws AuthenticationRefusedException the account may not sign in, or changed meanwhile
   * @throws AuthUnavailableException the account cannot be read now
   * @throws SignInError the entity lacks a column that the policies watch
   */
  async signIn(user: object, context: SignInContext = {}): Promise<IssuedToken> {
    const { signIns, events, sessions } = this.parts;
    const outcome = await signIns.attempt(user, context, eventsOf);
    if (outcome instanceof Refusal) {
      this.signInFailed({ ...signIns.idOf(user), reason: 'refused' });
      throw new AuthenticationRefusedException(outcome);
    }
    const { token, session, joined } = outcome;
    if (joined !== true) {
      if (session !== undefined && session.ended.length > 0) await sessions?.ended();
      for (const event of eventsOf(outcome)) events.emit(event);
    }
    if (session === undefined) return token;
    return pairOf(token, session.refresh, session.row.idleExpiresAt);
  }

  /**
   * Reports to the audit stream a sign-in that the application itself refused. Pass the user's id if it is
   * known, but never the text that the user typed.
   */
  signInFailed(details: { readonly userId?: string; readonly reason: SignInFailure }): void {
    this.parts.events.emit({ type: 'sign_in_failed', at: new Date(), ...details });
  }

  /**
   * The principal of this token, by the same decision as for a request.
   *
   * @throws AuthenticationRefusedException, AuthUnavailableException
   */
  async authenticate(token: string): Promise<Principal> {
    return this.parts.authenticator.authenticateToken(token);
  }

  /**
   * Puts tokens on a response, for the application's own login route. Tokens that travel in cookies are set as
   * cookies; the others are in the returned body. No cache may keep the response.
   *
   * @param response that of Express or Fastify, from `@Res({ passthrough: true })`
   * @param transport `'body'`: sets no cookies. For a client that is not a browser, if `jwt.from` also allows the
   * header
   */
  deliver(
    token: IssuedToken,
    response: HttpResponse,
    transport: TokenTransport = 'cookies',
  ): TokenAnswer {
    const { cookies } = this.parts.authenticator;
    // At a sign-in, any token that the browser already has may come from earlier options.
    const suspicion = { request: requestFor(response), stale: 1 } as const;
    return answerTokens(token, new ResponseHeaders(response), cookies, transport, suspicion);
  }

  /**
   * Refuses a request that another site made the browser send. Call it in a login route that sets cookies:
   * without it, that site could sign a visitor in to an account of the attacker.
   *
   * @throws CrossSiteRequestException (403)
   */
  requireOwnOrigin(request: Pick<AuthRequest, 'headers' | 'protocol'>): void {
    this.parts.authenticator.cookies.origins.require(request);
  }

  /**
   * The `Set-Cookie` values of tokens that travel in cookies, for responses that `deliver()` does not fit.
   *
   * @param request the request of the sign-in. Its cookies from before `cookies` changed are expired
   */
  cookiesFor(token: IssuedToken, request?: Pick<AuthRequest, 'headers'>): readonly string[] {
    return this.parts.authenticator.cookies.carrying(token, request, 1);
  }

  /**
   * A fresh token for the same sign-in. `undefined` when renewal is not configured, the sign-in is too old, or
   * the state read for the new token refuses the old one. With sessions, no token lives longer than its session.
   *
   * @throws AuthenticationRefusedException `token_missing`: there is no principal
   * @throws AuthUnavailableException the state cannot be read now
   */
  async renew(principal: Principal): Promise<IssuedToken | undefined> {
    const { claims }: Partial<Principal> = Object(principal);
    if (claims === undefined) {
      throw new AuthenticationRefusedException(new Refusal('token_missing'));
    }
    const { issuer, reader, renewal, sessions } = this.parts;
    // An adopted token keeps its end. A renewed token would outlive it.
    if (renewal === undefined || claims.adopted === true) return undefined;
    // A new read, whatever state the request was decided on. The new token carries this state, so the old token
    // must be valid in it. With older state, a token that was revoked in between would become valid for good.
    const state = await reader.read(claims);
    const now = state.now / 1000;
    // A principal may be kept longer than its token lives, as on an open connection.
    if (!isPresent(state) || now >= claims.exp) return undefined;
    const until =
      sessions === undefined
        ? claims.auth_time + renewal.maxAgeSeconds
        : await sessions.touch(claims.sid, state.now);
    if (until === undefined || now >= until) return undefined;
    const token = issuer.renew(claims, state, until);
    if (token !== undefined) this.parts.events.emit(issuedEvent(state.subject.id, token, true));
    return token;
  }
}

/** The event of a sign-in, for the audit stream. */
function eventsOf({ state, token, session }: SignedIn): readonly AuthEvent[] {
  const userId = state.subject.id;
  const { subject, sessionId } = token;
  return [
    { type: 'signed_in', at: new Date(), userId, subject, sessionId },
    issuedEvent(userId, token, false),
    ...(session === undefined ? [] : [startedEvent(session.row)]),
    ...(session?.ended ?? []).map((other) => endedEvent(other, REPLACED, undefined)),
  ];
}

function issuedEvent(userId: string, token: IssuedToken, renewed: boolean): AuthEvent {
  const { subject, sessionId, tokenId, expiresAt } = token;
  const of = { at: new Date(), userId, subject, sessionId };
  return { type: 'token_issued', ...of, tokenId, expiresAt, renewed };
}
