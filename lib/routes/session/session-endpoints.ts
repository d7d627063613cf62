import type { Principal } from '../../decision/principal.js';
import { RevocationError } from '../../errors/auth.errors.js';
import {
  InvalidRequestException,
  ResourceNotFoundException,
} from '../../errors/auth.exceptions.js';
import type { RevocationService } from '../../revocation/revocation.service.js';
import type { RevokeOptions } from '../../revocation/revoke-options.js';
import type { Techniques } from '../../revocation/techniques.js';
import type { SessionService } from '../../sessions/session.service.js';
import type { TokenPair } from '../../sessions/token-pair.js';
import type { SessionContext } from '../../sessions/whence.js';
import { sessionAnswer, type SessionAnswer } from './answers.js';
import { everywhereOf, flagOf, membersOf, textOf } from './members.js';

/** The longest text that is looked at as a refresh token; those of ours have 101 characters. */
const LONGEST_TOKEN = 8_192;
/** As much as the log keeps of a reason. */
const LONGEST_REASON = 255;
/** Session ids are random UUIDs: nothing else names one, and no query is needed to know it. */
const SESSION_ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** What stands behind the routes for sessions: reads what was sent, and calls the services. */
export class SessionEndpoints {
  constructor(
    private readonly sessions: SessionService,
    private readonly revocation: RevocationService,
    private readonly techniques: Techniques,
  ) {}

  /** @throws InvalidRequestException, and what `SessionService.refresh()` throws */
  async refresh(body: unknown, context: SessionContext): Promise<TokenPair> {
    const refreshToken = textOf(membersOf(body, ['refreshToken']), 'refreshToken', LONGEST_TOKEN);
    if (refreshToken === undefined) {
      throw new InvalidRequestException('refreshToken must be there: the one that was given last.');
    }
    return this.sessions.refresh(refreshToken, context);
  }

  /** Also a sign-in from before there were sessions, which has no row. */
  async logout({ sessionId, userId }: Principal): Promise<void> {
    await this.revocation.revokeSession(sessionId, { userId, actor: userId, reason: 'logout' });
  }

  /** @returns which of the caller's sessions are left */
  async logoutAll(principal: Principal, body: unknown): Promise<'current' | 'none'> {
    const { userId } = principal;
    const told = { actor: userId, reason: 'logout everywhere' };
    if (flagOf(membersOf(body, ['keepCurrent']), 'keepCurrent')) {
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
    const reason = textOf(membersOf(body, ['reason']), 'reason', LONGEST_REASON);
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
