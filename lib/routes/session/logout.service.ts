import type { Principal } from '../../decision/principal.js';
import { ResourceNotFoundException } from '../../errors/auth.exceptions.js';
import type { RevokeOptions } from '../../log/revoke-options.js';
import type { ActivePolicies } from '../../revocation/active-policies.js';
import type { RevocationService } from '../../revocation/revocation.service.js';
import type { SessionService } from '../../sessions/session.service.js';

/** Session ids are random UUIDs. A text that is none names no session, and needs no query. */
const SESSION_ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Ends sessions for the routes, each with what reaches the most of their tokens. */
export class LogoutService {
  constructor(
    private readonly parts: {
      readonly sessions: SessionService;
      readonly revocation: RevocationService;
      readonly policies: ActivePolicies;
    },
  ) {}

  /** Also a sign-in that began before the application had sessions, and so has no row. */
  async current({ sessionId, userId }: Principal): Promise<void> {
    const options = { userId, actor: userId, reason: 'logout' };
    await this.parts.revocation.revokeSession(sessionId, options);
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
}
