import { randomUUID } from 'node:crypto';
import { Refusal } from '../decision/refusal.js';
import { RevocationError } from '../errors/auth.errors.js';
import type { Revoked } from '../events/auth-event.js';
import type { Propagation } from '../log/propagation.js';
import type { TokenVerifier } from '../tokens/token-verifier.js';
import { newSecret } from '../database/random.js';
import type { SessionTable } from '../sessions/session-table.js';
import { lockToEnd } from '../sessions/ending.js';
import { checkSnapshot } from '../sessions/snapshot-check.js';
import type { LogEntry, RevocationLog } from '../log/revocation-log.js';
import type { RevocationTransaction } from '../log/revocation-transaction.js';
import {
  described,
  instant,
  type RevokeOptions,
  type RevokeUntilOptions,
  storable,
} from '../log/revoke-options.js';
import type { ActivePolicies } from './active-policies.js';
import type { UserTable } from '../users/user-table.js';
import { CALLER_AHEAD_MS } from '../decision/time-margins.js';

/**
 * Takes things away. What has resolved is stored, and no request that begins later is let in by it.
 *
 * Each method throws
 * - `RevocationError` when nothing was revoked because of what was asked,
 * - `AuthUnavailableException` (503) when it could not be stored, or not be known to be.
 *
 * It never succeeds in silence without effect.
 */
export class RevocationService {
  constructor(
    private readonly store: RevocationTransaction,
    private readonly log: RevocationLog,
    private readonly users: UserTable,
    private readonly tokens: TokenVerifier,
    private readonly techniques: ActivePolicies,
    private readonly reach: Propagation,
    /** `undefined`: there are no sessions. */
    private readonly sessions: SessionTable | undefined,
    /** Whether tokens from before this library came are accepted: they carry no generation. */
    private readonly adopts: boolean,
  ) {}

  /**
   * Resolves once everything that was committed before the call, by whatever way, is in force in every
   * process of the deployment.
   *
   * @throws AuthUnavailableException when that cannot be known; what was committed stays so
   */
  async everywhere(): Promise<void> {
    await this.reach.everywhere();
  }

  /**
   * Ends one access token: itself, by its verified id, and so also every altered spelling of it.
   * Tokens renewed from it live on; `revokeSession` ends the whole chain.
   *
   * @param token its text, or its `jti`
   */
  async revokeToken(
    token: string | { readonly jti: string },
    options: RevokeOptions = {},
  ): Promise<void> {
    this.techniques.require('denylist');
    const named =
      typeof token === 'string'
        ? await this.verified(token)
        : { jti: storable('jti', Object(token).jti), until: undefined, subject: undefined };
    // No account answers to it any more; there is nothing to take away.
    if (named === undefined) return;
    await this.deny(
      {
        kind: 'token',
        ref: named.jti,
        code: 'token_revoked',
        until: named.until,
        ...described(options),
      },
      { type: 'token_revoked', tokenId: named.jti, subject: named.subject },
      options,
    );
  }

  /**
   * Ends one sign-in: every access token with its `sid`, renewed ones included, and its refresh token.
   *
   * @param options `userId`: whose it is, for the audit stream; it decides nothing
   * @throws RevocationError `invalid_argument` also when the transaction of `manager` does not see the session
   */
  async revokeSession(
    sessionId: string,
    options: RevokeOptions & { readonly userId?: string | number } = {},
  ): Promise<void> {
    this.techniques.require('session');
    const userId = options.userId === undefined ? undefined : String(options.userId);
    const ref = storable('sessionId', sessionId);
    const { sessions, log } = this;
    await this.store.run(
      options,
      function* (joined) {
        // The denial alone would end it only until it is purged.
        if (joined && sessions !== undefined) {
          yield* checkSnapshot(sessions, { by: 'id', value: ref });
        }
        const denial = { kind: 'session', ref, code: 'session_ended' } as const;
        const entry = yield* log.append({ ...denial, ...described(options) });
        // There may be none: of a sign-in from before the options had sessions.
        if (sessions !== undefined) yield* sessions.end([ref], described(options));
        return entry;
      },
      this.told({ type: 'session_revoked', sessionId, userId }, options),
    );
  }

  /**
   * Ends every token and every session of one user until now, by raising `tokenVersion`; with
   * `issuedBefore`, the tokens issued before that time, and sessions begun before it get no more.
   *
   * @param userId the primary key
   * @throws RevocationError `invalid_argument` also when the transaction of `manager` does not see a session
   * of the user, with `issuedBefore`
   */
  async revokeUser(userId: string | number, options: RevokeUntilOptions = {}): Promise<void> {
    const { issuedBefore } = options;
    this.techniques.require(issuedBefore === undefined ? 'tokenVersion' : 'issuedAfter');
    const id = this.users.idOf(userId);
    const before = issuedBefore === undefined ? undefined : instant(issuedBefore);
    const { users, log, sessions } = this;
    await this.store.run(
      options,
      function* (joined) {
        const subject = yield* users.lock(id);
        const entry = { kind: 'subject', ref: subject, ...described(options) } as const;
        if (before === undefined) {
          yield* users.raiseVersion(id);
          // The version has ended them; this is for who looks at the table.
          if (sessions !== undefined) yield* sessions.endOf(id, described(options));
          return yield* log.append(entry);
        }
        yield* users.notAhead(before, CALLER_AHEAD_MS);
        // Sessions go on, those from before in name only: nothing but this row refuses to refresh them.
        const which = { by: 'userId', value: id } as const;
        const open = sessions === undefined ? [] : yield* lockToEnd(sessions, which, joined);
        return yield* log.append({
          ...entry,
          code: 'token_revoked',
          issuedBefore: before,
          sessionsUntil: Math.max(0, ...open.map(({ expiresAt }) => expiresAt)),
        });
      },
      this.told({ type: 'user_revoked', userId: id, issuedBefore }, options),
    );
  }

  /**
   * Ends every token of everybody that was issued until now, by a new generation number; with
   * `issuedBefore`, those issued before that time. The caller's own token ends too.
   */
  async revokeAll(options: RevokeUntilOptions = {}): Promise<void> {
    this.techniques.require('issuedAfter');
    const { issuedBefore } = options;
    const before = issuedBefore === undefined ? undefined : instant(issuedBefore);
    const { users, log, adopts } = this;
    await this.store.run(
      options,
      function* () {
        if (before === undefined) {
          // Random and not counted: after a restored backup a counter would give out a number that
          // tokens in the wild already carry.
          yield* log.renewGeneration(newSecret());
          if (adopts) yield* log.raiseCutOff(yield* users.now());
        } else {
          yield* users.notAhead(before, CALLER_AHEAD_MS);
          yield* log.raiseCutOff(before);
        }
        return yield* log.append({
          kind: 'all',
          ref: '*',
          issuedBefore: before,
          ...described(options),
        });
      },
      this.told({ type: 'all_revoked', issuedBefore }, options),
    );
  }

  /**
   * Gives an account a new random token subject: every token of the old one is dead, the account and
   * its data stay. Needs `user.subject` mapped to a column of its own.
   *
   * @returns the new subject, a UUID
   */
  async replaceSubject(userId: string | number, options: RevokeOptions = {}): Promise<string> {
    this.techniques.require('subject');
    const id = this.users.idOf(userId);
    const next = randomUUID();
    const { users, log, sessions } = this;
    await this.store.run(
      options,
      function* () {
        const subject = yield* users.lock(id);
        yield* users.setSubject(id, next);
        if (sessions !== undefined) yield* sessions.endOf(id, described(options));
        return yield* log.append({
          kind: 'subject',
          ref: subject,
          code: 'token_superseded',
          ...described(options),
        });
      },
      this.told({ type: 'subject_replaced', userId: id }, options),
    );
    return next;
  }

  private async deny(
    entry: LogEntry,
    event: Pick<Revoked, 'type' | 'tokenId' | 'sessionId' | 'userId' | 'subject'>,
    options: RevokeOptions,
  ): Promise<void> {
    await this.store.run(options, () => this.log.append(entry), this.told(event, options));
  }

  private async verified(
    token: string,
  ): Promise<{ jti: string; until: number; subject: string } | undefined> {
    // Also one that has expired: by this process's clock, which may be ahead of one that still lets
    // the token in.
    const outcome = await this.tokens.verify(token, 'ignored');
    if (!(outcome instanceof Refusal)) {
      const { jti, exp, sub } = outcome.claims;
      return { jti, until: exp * 1000, subject: sub };
    }
    // Under derived keys, these say that the signature can no longer be valid for anybody.
    if (outcome.code === 'account_deleted' || outcome.code === 'token_superseded') return undefined;
    throw new RevocationError(
      'invalid_token',
      'This is not a token of this application; nothing was revoked.',
    );
  }

  private told(
    event: Omit<Revoked, 'at' | 'actor' | 'reason'>,
    options: RevokeOptions,
  ): () => Revoked {
    return () => ({ ...event, at: new Date(), ...described(options) });
  }
}
