import type { RequestAuthenticator } from '../../auth/request-authenticator.js';
import type { Principal } from '../../decision/principal.js';
import { Refusal } from '../../decision/refusal.js';
import {
  AuthenticationRefusedException,
  ResourceNotFoundException,
} from '../../errors/auth.exceptions.js';
import type { RevokeOptions } from '../../log/revoke-options.js';
import type { ActivePolicies } from '../../revocation/active-policies.js';
import type { RevocationService } from '../../revocation/revocation.service.js';
import type { SessionService } from '../../sessions/session.service.js';
import type { TokenVerifier } from '../../tokens/token-verifier.js';
import type { VerifiedToken } from '../../tokens/verified-token-cache.js';
import type { TokenCookies } from '../../transport/token-cookies.js';
import type { TokenLocation } from '../../transport/token-location.settings.js';
import type { TokenSource } from '../../transport/token-source.js';
import type { RouteRequest } from '../route-request.js';
import { logoutRequest } from './logout-request.js';

/** Session ids are random UUIDs. Any other text matches no session, and needs no query. */
const SESSION_ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const REASON = 'logout';

/** Ends sessions for the routes, in the way that reaches the most of their tokens. */
export class LogoutService {
  constructor(
    private readonly parts: {
      readonly sessions: SessionService;
      readonly revocation: RevocationService;
      readonly policies: ActivePolicies;
      readonly verifier: TokenVerifier;
      readonly authenticator: RequestAuthenticator;
      readonly source: TokenSource;
      readonly from: TokenLocation;
      readonly cookies: TokenCookies;
    },
  ) {}

  /**
   * Logs out by what the request carries: an access token, even an expired or revoked one, refresh tokens, or both.
   * If the session has ended already, that is a success. So a client can repeat the request.
   *
   * @param forget makes the browser forget its tokens. Cookies are expired before anything can fail: a user who logs
   * out on a shared machine must not stay signed in there because the database is unavailable
   * @throws CrossSiteRequestException (403), InvalidRequestException (400)
   * @throws AuthenticationRefusedException (401) the request has no token that could be ended, and none was to come in
   * a cookie. Or it has more cookies of one name than are read, and the session may go on
   * @throws AuthUnavailableException (503) the session may go on
   */
  async logout(request: RouteRequest, forget: () => void): Promise<void> {
    const { cookies, sessions } = this.parts;
    const found = logoutRequest(request, this.parts);
    const { access, refresh, refusal, hidden, isOwn, isFromCookie } = found;
    if (isOwn && cookies.areUsed) forget();
    const refusals: Refusal[] = refusal === undefined ? [] : [refusal];
    for (const token of access) refusals.push(...(await this.endByAccess(token)));
    for (const token of refresh) await sessions.endSessionOf(token, { reason: REASON });
    const [refused] = refusals;
    const isKnown = access.length > refusals.length;
    // If the refresh cookies are hidden, one of them may belong to another session than the access cookie.
    const isSure = hidden === undefined || !isFromCookie;
    const isEnded = refresh.length > 0 || (isKnown && isSure);
    // A first logout may have expired the browser's cookies. A token in another place was sent on purpose.
    const why = hidden ?? (isFromCookie ? undefined : refused);
    if (!isEnded && why !== undefined) throw new AuthenticationRefusedException(why);
    if (!cookies.areUsed && (isOwn || (found.isInHeader && isKnown))) forget();
  }

  /** Raises the token version if there is one, because that ends tokens without a session too. */
  async everything(userId: string, options: RevokeOptions): Promise<void> {
    const { policies, revocation, sessions } = this.parts;
    if (policies.has('tokenVersion')) {
      await revocation.revokeUser(userId, options);
    } else if ((await sessions.endAll(userId, options)) === 0) {
      await sessions.requireUser(userId);
    }
  }

  /**
   * @param options `userId`: only if it is this user's
   * @throws ResourceNotFoundException there is no such session, or it has ended
   */
  async one(
    sessionId: string,
    options: RevokeOptions & { readonly userId?: string },
  ): Promise<void> {
    const isEnded =
      SESSION_ID.test(sessionId) && (await this.parts.sessions.end(sessionId, options));
    if (!isEnded) throw new ResourceNotFoundException('session');
  }

  /** Ends the session of an access token. @returns a refusal if it is not a token of this application */
  private async endByAccess(token: string): Promise<Refusal[]> {
    const { verifier, revocation, sessions } = this.parts;
    const live = await verifier.verify(token);
    // Its signature is not checked again: anybody can send such a text.
    if (live instanceof Refusal && FOREIGN.has(live.code)) return [live];
    const known = live instanceof Refusal ? await verifier.verify(token, 'ignored') : live;
    if (known instanceof Refusal) return FOREIGN.has(known.code) ? [known] : [];
    const caller = live instanceof Refusal ? undefined : await this.callerOf(live);
    const { sid, sub, uid = sub } = known.claims;
    const options = { actor: uid, reason: REASON };
    // Also a sign-in that began before the application had sessions, and so has no row.
    if (caller !== undefined) await revocation.revokeSession(sid, { ...options, userId: uid });
    // Its access tokens are refused already. Its refresh token might not be.
    else await sessions.end(sid, options);
    return [];
  }

  /** The user of a token that is still accepted. */
  private async callerOf({ claims, state }: VerifiedToken): Promise<Principal | undefined> {
    try {
      return await this.parts.authenticator.decide(claims, state);
    } catch (error) {
      if (error instanceof AuthenticationRefusedException) return undefined;
      throw error;
    }
  }
}

/** The codes for a text that is no token of this application. Other refusals are about tokens that have ended. */
const FOREIGN: ReadonlySet<string> = new Set(['token_malformed', 'token_invalid']);
