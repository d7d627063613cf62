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
import type { TokenLocation } from '../../transport/token-location.js';
import type { TokenSource } from '../../transport/token-source.js';
import type { RouteRequest } from '../route-request.js';
import { logoutRequest } from './logout-request.js';

/** Session ids are random UUIDs. A text that is none names no session, and needs no query. */
const SESSION_ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const REASON = 'logout';

/** Ends sessions for the routes, each with what reaches the most of their tokens. */
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
   * Logs out by whatever the request carries: an access token, also an expired or revoked one, refresh tokens, or both.
   * What has ended already is a success, so a client can repeat it.
   *
   * @param forget makes the browser forget its tokens. Cookies are expired before anything can fail: who logs out
   * on a shared machine must not stay signed in there because the database is away
   * @throws CrossSiteRequestException (403), InvalidRequestException (400)
   * @throws AuthenticationRefusedException (401) it carries nothing that could be ended, and no cookie could have
   * @throws AuthUnavailableException (503) the session may go on
   */
  async logout(request: RouteRequest, forget: () => void): Promise<void> {
    const { cookies, sessions } = this.parts;
    const found = logoutRequest(request, this.parts);
    const { access, refresh, refusal, isOwn } = found;
    if (isOwn && cookies.areUsed) forget();
    const refusals: Refusal[] = refusal === undefined ? [] : [refusal];
    for (const token of access) refusals.push(...(await this.endByAccess(token)));
    for (const token of refresh) await sessions.endSessionOf(token, { reason: REASON });
    const [refused] = refusals;
    const isKnown = access.length > refusals.length;
    // The cookies of a browser may be gone since a first logout. What was put elsewhere is meant.
    const isVain = !isKnown && refresh.length === 0 && !found.isFromCookie;
    if (isVain && refused !== undefined) throw new AuthenticationRefusedException(refused);
    if (!cookies.areUsed && (isOwn || (found.isInHeader && isKnown))) forget();
  }

  /** Raises the token version where there is one, because that ends tokens without a session too. */
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

  /** Ends the session of an access token. @returns why it is none of this application's, if so */
  private async endByAccess(token: string): Promise<Refusal[]> {
    const { verifier, revocation, sessions } = this.parts;
    const live = await verifier.verify(token);
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

/** A text that is no token of this application. Other refusals are about tokens that have ended. */
const FOREIGN: ReadonlySet<string> = new Set(['token_malformed', 'token_invalid']);
