import type { Principal } from '../../decision/principal.js';
import { Refusal } from '../../decision/refusal.js';
import { RevocationError } from '../../errors/auth.errors.js';
import {
  AuthenticationRefusedException,
  InvalidRequestException,
  ResourceNotFoundException,
} from '../../errors/auth.exceptions.js';
import type { RevocationService } from '../../revocation/revocation.service.js';
import type { RevokeOptions } from '../../log/revoke-options.js';
import type { ActivePolicies } from '../../revocation/active-policies.js';
import type { SessionService } from '../../sessions/session.service.js';
import type { TokenPair } from '../../sessions/token-pair.js';
import type { TokenCookies, TokenTransport } from '../../transport/token-cookies.js';
import { isRecord } from '../../validation/records.js';
import { sessionAnswer, type SessionAnswer } from './session-answer.js';
import { contextOf, type RouteRequest } from './route-request.js';
import { everywhereOf, flagOf, requestBodyOf, textOf } from './request-body.js';

/** The longest text that is looked at as a refresh token; those of ours have 101 characters. */
const LONGEST_TOKEN = 8_192;
/** As much as the log keeps of a reason. */
const LONGEST_REASON = 255;
/** Session ids are random UUIDs: nothing else names one, and no query is needed to know it. */
const SESSION_ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const MISSING = new Refusal('token_missing', 'No refresh token was sent.');

/** What stands behind the routes for sessions: reads what was sent, and calls the services. */
export class SessionEndpoints {
  constructor(
    private readonly sessions: SessionService,
    private readonly revocation: RevocationService,
    private readonly techniques: ActivePolicies,
    private readonly transport: {
      readonly cookies: TokenCookies;
      /** Whether clients may be others than browsers, and so bodies carry tokens too. */
      readonly bodies: boolean;
    },
  ) {}

  /**
   * Takes the refresh token out of its cookie or out of the body; the new ones go back the same way. Nothing
   * that fails touches the cookie: another tab may just have got the next one.
   *
   * @throws InvalidRequestException, CrossSiteRequestException, and what `SessionService.refresh()` throws
   */
  async refresh(
    request: RouteRequest,
  ): Promise<{ readonly pair: TokenPair; readonly way: TokenTransport }> {
    const { cookies, bodies } = this.transport;
    const way = bodies && (!cookies.carryRefresh || isSentInBody(request)) ? 'body' : 'cookies';
    // Also where the token is not in a cookie: no other site may put one into a visitor's browser.
    if (way === 'cookies') cookies.origins.require(request);
    const inCookie = way === 'cookies' && cookies.carryRefresh;
    const token = inCookie ? tokenInCookie(request, cookies) : tokenInBody(request);
    return { pair: await this.sessions.refresh(token, contextOf(request)), way };
  }

  /** Also a sign-in from before there were sessions, which has no row. */
  async logout({ sessionId, userId }: Principal): Promise<void> {
    await this.revocation.revokeSession(sessionId, { userId, actor: userId, reason: 'logout' });
  }

  /** @returns which of the caller's sessions are left */
  async logoutAll(principal: Principal, body: unknown): Promise<'current' | 'none'> {
    const { userId } = principal;
    const told = { actor: userId, reason: 'logout everywhere' };
    if (flagOf(requestBodyOf(body, ['keepCurrent']), 'keepCurrent')) {
      await this.sessions.endOthers(principal, told);
      return 'current';
    }
    await this.endEverything(userId, told);
    return 'none';
  }

  async list(userId: string, { sessionId }: Principal): Promise<SessionAnswer[]> {
    const sessions = await this.sessions.list(userId);
    return sessions.map((session) => sessionAnswer(session, sessionId));
  }

  async listAnyones(userId: string, admin: Principal): Promise<SessionAnswer[]> {
    return naming('user', async () => {
      const sessions = await this.list(userId, admin);
      if (sessions.length === 0) await this.sessions.requireUser(userId);
      return sessions;
    });
  }

  /** One of the caller's own; another user's is as if it were not there. */
  async end(sessionId: string, { userId }: Principal): Promise<void> {
    await this.endOne(sessionId, { userId, actor: userId, reason: 'ended by its user' });
  }

  async endAnyones(sessionId: string, admin: Principal, visibility: unknown): Promise<void> {
    const told = { actor: admin.userId, reason: 'ended by an admin' };
    await this.endOne(sessionId, { ...told, ...everywhereOf(visibility) });
  }

  async logoutUser(
    userId: string,
    admin: Principal,
    { body, visibility }: { readonly body: unknown; readonly visibility: unknown },
  ): Promise<void> {
    const reason = textOf(requestBodyOf(body, ['reason']), 'reason', LONGEST_REASON);
    const told = { actor: admin.userId, reason, ...everywhereOf(visibility) };
    await naming('user', () => this.endEverything(userId, told));
  }

  /** By version where there is one, since that reaches tokens without a session as well. */
  private async endEverything(userId: string, options: RevokeOptions): Promise<void> {
    if (this.techniques.has('tokenVersion')) {
      await this.revocation.revokeUser(userId, options);
    } else if ((await this.sessions.endAll(userId, options)) === 0) {
      await this.sessions.requireUser(userId);
    }
  }

  private async endOne(
    sessionId: string,
    options: RevokeOptions & { readonly userId?: string },
  ): Promise<void> {
    const found = SESSION_ID.test(sessionId) && (await this.sessions.end(sessionId, options));
    if (!found) throw new ResourceNotFoundException('session');
  }
}

function tokenInCookie(request: RouteRequest, cookies: TokenCookies): string {
  requestBodyOf(request.body, []);
  const token = cookies.refreshIn(request) ?? MISSING;
  if (token instanceof Refusal) throw new AuthenticationRefusedException(token);
  return token;
}

function isSentInBody({ body }: RouteRequest): boolean {
  return isRecord(body) && Object.hasOwn(body, 'refreshToken');
}

function tokenInBody({ body }: RouteRequest): string {
  const token = textOf(requestBodyOf(body, ['refreshToken']), 'refreshToken', LONGEST_TOKEN);
  if (token !== undefined) return token;
  throw new InvalidRequestException('refreshToken must be there: the one that was given last.');
}

/** What the path names, and the services do not know or could not hold, is not there. */
async function naming<T>(what: 'user', work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const isUnknown =
      error instanceof RevocationError &&
      (error.code === 'unknown_user' || error.code === 'invalid_argument');
    throw isUnknown ? new ResourceNotFoundException(what) : error;
  }
}
