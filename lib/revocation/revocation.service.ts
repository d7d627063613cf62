import { InvalidTokenError } from '../errors/revocation.errors.js';
import { randomUUID } from 'node:crypto';
import { newSecret } from '../log/deployment-row.js';
import { Refusal } from '../decision/refusal.js';
import { CALLER_AHEAD_MS } from '../decision/time-margins.js';
import type { Revoked } from '../events/auth-event.js';
import type { RevocationLog } from '../log/revocation-log.js';
import type { RevocationTransaction } from '../log/revocation-transaction.js';
import {
  checkedOptions,
  described,
  instant,
  REVOKE_OPTIONS,
  type RevokeOptions,
  type RevokeUntilOptions,
  storable,
} from '../log/revoke-options.js';
import { checkSnapshot, lockToEnd } from '../sessions/ending.js';
import type { SessionTable } from '../sessions/session-table.js';
import type { TokenVerifier } from '../tokens/token-verifier.js';
import type { UserTable } from '../users/user-table.js';
import type { ActivePolicies } from './active-policies.js';

/**
 * Revokes tokens, sessions and users. When a method has resolved, its revocation is stored, and no request that
 * begins later gets in with a revoked token.
 *
 * Each method throws
 * - `RevocationError` when the arguments or options do not allow it; nothing was revoked,
 * - `AuthUnavailableException` (503) when the revocation could not be stored, or nobody knows whether it was.
 *
 * No method succeeds without effect.
 */
export class RevocationService {
  constructor(
    private readonly parts: {
      readonly transaction: RevocationTransaction;
      readonly log: RevocationLog;
      readonly users: UserTable;
      readonly verifier: TokenVerifier;
      readonly policies: ActivePolicies;
      /** `undefined`: the options have no `sessions`. */
      readonly sessions: SessionTable | undefined;
      /** Whether tokens from before this library are accepted: they carry no generation. */
      readonly adopts: boolean;
    },
  ) {}

  /**
   * Resolves once every change that was committed before the call, by this service or by SQL, is in force in
   * every process of the deployment.
   *
   * @throws InvalidArgumentError in an open transaction; call it after the commit
   * @throws AuthUnavailableException nobody knows whether it is; what was committed stays committed
   */
  async everywhere(): Promise<void> {
    await this.parts.transaction.everywhere();
  }

  /**
   * Revokes one access token, in every spelling, because it uses the verified id. Tokens that were renewed
   * from it stay valid; `revokeSession` ends the whole chain.
   *
   * @param token its text, or its `jti`
   */
  async revokeToken(
    token: string | { readonly jti: string },
    options: RevokeOptions = {},
  ): Promise<void> {
    const { policies, transaction, log } = this.parts;
    policies.require('denylist');
    checkedOptions(options, REVOKE_OPTIONS);
    const named =
      typeof token === 'string'
        ? await this.verified(token)
        : { jti: storable('jti', Object(token).jti), until: undefined, subject: undefined };
    // Its account is gone, so the token is refused already.
    if (named === undefined) return;
    const { jti, until, subject } = named;
    const denial = { kind: 'token', ref: jti, code: 'token_revoked', until } as const;
    await transaction.run(
      options,
      () => log.append({ ...denial, ...described(options) }),
      eventOf({ type: 'token_revoked', tokenId: jti, subject }, options),
    );
  }

  /**
   * Ends one sign-in: every access token with its `sid`, renewed ones included, and its refresh token.
   *
   * @param options `userId`: the session's user, only for the audit stream
   * @throws InvalidArgumentError also when the transaction of `manager` does not see the session
   */
  async revokeSession(
    sessionId: string,
    options: RevokeOptions & { readonly userId?: string | number } = {},
  ): Promise<void> {
    const { policies, transaction, log, sessions } = this.parts;
    policies.require('session');
    const given = checkedOptions(options, { ...REVOKE_OPTIONS, userId: true });
    const userId = given.userId === undefined ? undefined : String(given.userId);
    const ref = storable('sessionId', sessionId);
    await transaction.run(
      options,
      function* (joined) {
        // The denial alone would end the session only until it is purged.
        if (joined && sessions !== undefined) {
          yield* checkSnapshot(sessions, { by: 'id', value: ref });
        }
        const denial = { kind: 'session', ref, code: 'session_ended' } as const;
        const entry = yield* log.append({ ...denial, ...described(options) });
        // There may be no row: the sign-in began before the options had `sessions`.
        if (sessions !== undefined) yield* sessions.end([ref], described(options));
        return entry;
      },
      eventOf({ type: 'session_revoked', sessionId, userId }, options),
    );
  }

  /**
   * Ends every token and session of one user by raising `tokenVersion`. With `issuedBefore`, it ends the tokens
   * that were issued before that time, and sessions that began before it get no more tokens.
   *
   * @param userId the primary key
   * @throws InvalidArgumentError also when, with `issuedBefore`, the transaction of `manager` does
   * not see a session of the user
   */
  async revokeUser(userId: string | number, options: RevokeUntilOptions = {}): Promise<void> {
    const { policies, transaction, users, log, sessions } = this.parts;
    const { issuedBefore } = checkedOptions(options, { ...REVOKE_OPTIONS, issuedBefore: true });
    policies.require(issuedBefore === undefined ? 'tokenVersion' : 'issuedAfter');
    const id = users.idOf(userId);
    const before = issuedBefore === undefined ? undefined : instant(issuedBefore);
    await transaction.run(
      options,
      function* (joined) {
        const subject = yield* users.lock(id);
        const entry = { kind: 'subject', ref: subject, ...described(options) } as const;
        if (before === undefined) {
          yield* users.raiseVersion(id);
          // The version has ended them; the rows say so too.
          if (sessions !== undefined) yield* sessions.endOf(id, described(options));
          return yield* log.append(entry);
        }
        yield* users.notAhead(before, CALLER_AHEAD_MS);
        // Their rows stay open, so this log row alone refuses to refresh them. It must outlive the last of them.
        const which = { by: 'userId', value: id } as const;
        const open = sessions === undefined ? [] : yield* lockToEnd(sessions, which, joined);
        return yield* log.append({
          ...entry,
          code: 'token_revoked',
          issuedBefore: before,
          sessionsUntil: Math.max(0, ...open.map(({ expiresAt }) => expiresAt)),
        });
      },
      eventOf({ type: 'user_revoked', userId: id, issuedBefore }, options),
    );
  }

  /**
   * Ends every token of every user by a new generation number. With `issuedBefore`, it ends the tokens that were
   * issued before that time. The caller's own token ends too.
   */
  async revokeAll(options: RevokeUntilOptions = {}): Promise<void> {
    const { policies, transaction, users, log, adopts } = this.parts;
    policies.require('issuedAfter');
    const { issuedBefore } = checkedOptions(options, { ...REVOKE_OPTIONS, issuedBefore: true });
    const before = issuedBefore === undefined ? undefined : instant(issuedBefore);
    await transaction.run(
      options,
      function* () {
        if (before === undefined) {
          // A random number, not a counter: after a backup is restored, a counter would give out a number that
          // some tokens already carry.
          yield* log.renewGeneration(newSecret());
          if (adopts) yield* log.raiseCutOff(yield* users.now());
        } else {
          yield* users.notAhead(before, CALLER_AHEAD_MS);
          yield* log.raiseCutOff(before);
        }
        const entry = { kind: 'all', ref: '*', issuedBefore: before } as const;
        return yield* log.append({ ...entry, ...described(options) });
      },
      eventOf({ type: 'all_revoked', issuedBefore }, options),
    );
  }

  /**
   * Gives an account a new random token subject. Every token with the old one is refused; the account and its
   * data stay. Needs `user.subject` mapped to a column that is not the primary key.
   *
   * @returns the new subject, a UUID
   */
  async replaceSubject(userId: string | number, options: RevokeOptions = {}): Promise<string> {
    const { policies, transaction, users, log, sessions } = this.parts;
    policies.require('subject');
    checkedOptions(options, REVOKE_OPTIONS);
    const id = users.idOf(userId);
    const next = randomUUID();
    await transaction.run(
      options,
      function* () {
        const subject = yield* users.lock(id);
        yield* users.setSubject(id, next);
        if (sessions !== undefined) yield* sessions.endOf(id, described(options));
        const entry = { kind: 'subject', ref: subject, code: 'token_superseded' } as const;
        return yield* log.append({ ...entry, ...described(options) });
      },
      eventOf({ type: 'subject_replaced', userId: id }, options),
    );
    return next;
  }

  private async verified(
    token: string,
  ): Promise<{ jti: string; until: number; subject: string } | undefined> {
    // Expired ones too: this process's clock may be ahead of another one that still accepts the token.
    const outcome = await this.parts.verifier.verify(token, 'ignored');
    if (!(outcome instanceof Refusal)) {
      const { jti, exp, sub } = outcome.claims;
      return { jti, until: exp * 1000, subject: sub };
    }
    // With derived keys, these codes mean that no process can accept the signature any more.
    if (outcome.code === 'account_deleted' || outcome.code === 'token_superseded') return undefined;
    throw new InvalidTokenError(
      'token: it is not a token of this application. Nothing was revoked.',
    );
  }
}

function eventOf(
  event: Omit<Revoked, 'at' | 'actor' | 'reason'>,
  options: RevokeOptions,
): () => Revoked {
  return () => ({ ...event, at: new Date(), ...described(options) });
}
