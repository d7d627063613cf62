import type { AuthRequest } from '../transport/authenticator.js';
import { isPresent } from '../decision/decide.js';
import type { Principal } from '../decision/principal.js';
import { Refusal } from '../decision/refusal.js';
import { AuthenticationRefusedException } from '../errors/auth.exceptions.js';
import type { SignInFailure } from '../events/auth-event.js';
import type { AuthEvents } from '../events/auth-events.js';
import type { AuthStateReader } from '../decision/auth-state-reader.js';
import { type HttpResponse, ResponseHeaders } from '../transport/response-headers.js';
import { answerTokens, type TokenAnswer } from '../transport/token-answer.js';
import type { TokenTransport } from '../transport/token-cookies.js';
import type { RequestAuthenticator } from './request-authenticator.js';
import { REPLACED, type SignInContext } from '../sessions/session-opening.js';
import { endedEvent, type SessionReport } from '../sessions/session-report.js';
import type { SessionService } from '../sessions/session.service.js';
import { pairOf } from '../sessions/token-pair.js';
import type { SignIn } from './sign-in.js';
import type { IssuedToken, TokenIssuer } from '../tokens/token-issuer.js';
import type { RenewalSettings } from '../tokens/token.settings.js';

/** What an application calls to hand out tokens and to judge one outside of a request. */
export class AuthService {
  constructor(
    private readonly signIns: SignIn,
    private readonly authenticator: RequestAuthenticator,
    private readonly issuer: TokenIssuer,
    private readonly reader: AuthStateReader,
    private readonly renewal: RenewalSettings | undefined,
    private readonly events: AuthEvents,
    private readonly report: SessionReport,
    /** `undefined`: there are no sessions. */
    private readonly sessions: SessionService | undefined,
  ) {}

  /**
   * Signs a user in whose credentials the application has checked.
   *
   * The account is read again, and refused if it is not the one that was checked: hashing a password
   * takes long enough for a password change or a revocation to commit in between.
   *
   * With sessions, it also makes the session, and the result has a `refreshToken`.
   *
   * @param user the entity that the password was checked against, with every watched column loaded
   * @param context the device, for the list of sessions
   * @throws SessionLimitException when the account has as many sessions as `sessions.limit` allows
   * @throws AuthenticationRefusedException when the account may not sign in, or changed meanwhile
   * @throws AuthUnavailableException when the account cannot be read now
   * @throws SignInError when the entity lacks a column that the policies watch
   */
  async signIn(user: object, context: SignInContext = {}): Promise<IssuedToken> {
    const outcome = await this.signIns.carryOut(user, context);
    if (outcome instanceof Refusal) {
      this.signInFailed({ ...this.signIns.named(user), reason: 'refused' });
      throw new AuthenticationRefusedException(outcome);
    }
    const { state, token, session } = outcome;
    const of = {
      at: new Date(),
      userId: state.subject.id,
      subject: token.subject,
      sessionId: token.sessionId,
    };
    this.events.emit({ type: 'signed_in', ...of });
    this.events.emit({
      type: 'token_issued',
      ...of,
      tokenId: token.tokenId,
      expiresAt: token.expiresAt,
      renewed: false,
    });
    if (session === undefined) return token;
    const { row, refresh, ended } = session;
    if (ended.length > 0) await this.sessions?.ended();
    this.report.started(row);
    for (const other of ended) this.events.emit(endedEvent(other, REPLACED, undefined));
    return pairOf(token, refresh, row.idleExpiresAt);
  }

  /**
   * Tells the audit stream of a sign-in that the application turned away itself. The user's id, if
   * known; never what the user typed.
   */
  signInFailed(details: { readonly userId?: string; readonly reason: SignInFailure }): void {
    this.events.emit({ type: 'sign_in_failed', at: new Date(), ...details });
  }

  /**
   * Who holds this token, by the same decision as for a request.
   *
   * @throws AuthenticationRefusedException, AuthUnavailableException
   */
  async authenticate(token: string): Promise<Principal> {
    return this.authenticator.authenticateToken(token);
  }

  /**
   * Puts tokens on an answer: for a login, which is the application's. Those that travel in cookies are set
   * as cookies; the others are in the body that is returned. No cache may keep the answer.
   *
   * @param response that of Express or Fastify, which `@Res({ passthrough: true })` gives
   * @param way `'body'`: no cookies, for a client that is no browser where `jwt.from` allows the header too
   */
  deliver(
    token: IssuedToken,
    response: HttpResponse,
    way: TokenTransport = 'cookies',
  ): TokenAnswer {
    return answerTokens(token, new ResponseHeaders(response), this.authenticator.cookies, way);
  }

  /**
   * Refuses a request that another site made the browser send. For a login that sets cookies: without it,
   * that site could sign a visitor in to an account of its own.
   *
   * @throws CrossSiteRequestException (403)
   */
  requireOwnOrigin(request: Pick<AuthRequest, 'headers'>): void {
    this.authenticator.cookies.origins.require(request);
  }

  /** The `Set-Cookie` values of tokens that travel in cookies, for an answer that `deliver()` does not fit. */
  cookiesFor(token: IssuedToken): readonly string[] {
    return this.authenticator.cookies.carrying(token);
  }

  /**
   * A fresh token for the same sign-in; `undefined` when renewal is not configured, when the sign-in
   * is too old, or when the state read for the new token refuses the old one. With sessions, it ends
   * where the session ends.
   *
   * @throws AuthUnavailableException when that state cannot be read now
   */
  async renew({ claims }: Principal): Promise<IssuedToken | undefined> {
    // Those from before this library came end at their date; what is made here would outlive it.
    if (this.renewal === undefined || claims.adopted === true) return undefined;
    // Read anew, whatever the request was decided on: the token that is made carries this state, and
    // so the old token must hold against this state. Deciding on older state would turn a token that
    // was revoked in between into a valid one, for good.
    const state = await this.reader.read(claims);
    const now = state.now / 1000;
    // A principal may be kept for longer than its token lives, as on an open connection.
    if (!isPresent(state) || now >= claims.exp) return undefined;
    const until =
      this.sessions === undefined
        ? claims.auth_time + this.renewal.maxAgeSeconds
        : await this.sessions.touch(claims.sid, state.now);
    if (until === undefined || now >= until) return undefined;
    const token = this.issuer.renew(claims, state, until);
    if (token === undefined) return undefined;
    this.events.emit({
      type: 'token_issued',
      at: new Date(),
      userId: state.subject.id,
      subject: token.subject,
      sessionId: token.sessionId,
      tokenId: token.tokenId,
      expiresAt: token.expiresAt,
      renewed: true,
    });
    return token;
  }
}
