import { NotConfiguredError } from '../errors/revocation.errors.js';
import type { EntityManager } from 'typeorm';
import type { Work } from '../database/database.js';
import { withTimeout } from '../database/with-timeout.js';
import type { Principal } from '../decision/principal.js';
import { Refusal } from '../decision/refusal.js';
import { AuthenticationRefusedException } from '../errors/auth.exceptions.js';
import { orUnavailable } from '../errors/or-unavailable.js';
import { checkedOptions, REVOKE_OPTIONS, type RevokeOptions } from '../log/revoke-options.js';
import { clientInfoOf, type SessionContext } from './client-info.js';
import { endSessions, lockToEnd } from './ending.js';
import { instantOf, managerOf, sessionIdOf, signInOf, textsOf } from './session-arguments.js';
import { readWork } from './read-work.js';
import { RefreshGate } from './refresh-gate.js';
import { hasValidTag, pairOf, parseRefreshToken, type TokenPair } from './refresh-token.js';
import { reissue, type Reissued } from './reissue.js';
import { infoOf, liveSessions, type SessionInfo } from './session-list.js';
import { notBehindCaller } from './not-behind-caller.js';
import type { SessionParts } from './session-parts.js';
import { endedEvent, reissuedEvents } from './session-report.js';
import { endOf, isOpen, type SessionRow } from './session-row.js';
import type { Which } from './session-table.js';

/** No person has more sessions. */
const MOST_LISTED = 1_000;

/**
 * Sessions: refreshing, listing and ending them.
 *
 * A method that ends sessions in a caller's transaction throws when that transaction does not see one of them,
 * and ends none: an InvalidArgumentError, or on SQLite an AuthUnavailableException.
 */
export class SessionService {
  private readonly given: (SessionParts & { readonly gate: RefreshGate }) | undefined;

  /** @param parts `undefined`: the options have no `sessions` */
  constructor(parts: SessionParts | undefined) {
    this.given = parts && { ...parts, gate: new RefreshGate(parts) };
  }

  /**
   * Trades a refresh token for a new pair. It makes the same decision as a request, on the stamps of the
   * sign-in. All uses within the leeway get the same successor, however many come at once.
   *
   * @throws AuthenticationRefusedException (401) `token_malformed`, `token_invalid`, `session_ended`,
   * `refresh_reused`, or the refusal of the decision; nothing was rotated
   * @throws AuthUnavailableException (503) the database does not answer; the token stays valid, or a retry
   * within the leeway is answered
   */
  async refresh(refreshToken: string, context: SessionContext = {}): Promise<TokenPair> {
    const token = parseRefreshToken(refreshToken);
    if (token === undefined) {
      const message = 'The refresh token is not from this application.';
      throw new AuthenticationRefusedException(new Refusal('token_malformed', message));
    }
    const { gate, propagation, report } = this.parts;
    const client = clientInfoOf(context);
    const outcome = await gate.enter(token, client);
    // The session has ended: at once in this process, in the others as soon as after a logout.
    if (outcome.kind === 'reused') await propagation.committed();
    report.refreshed(outcome, token, client);
    switch (outcome.kind) {
      case 'refused':
        throw new AuthenticationRefusedException(outcome.refusal);
      case 'reused':
        throw new AuthenticationRefusedException(new Refusal('refresh_reused'));
      case 'rotated':
      case 'retried':
        return pairOf(outcome.token, outcome.refresh, outcome.idleExpiresAt);
    }
  }

  /**
   * Chooses one of several refresh tokens: the newest that `refresh()` would accept. If it would accept none, one
   * that it refuses. Changes nothing.
   *
   * @param tokens at most a few: each costs two queries
   * @throws AuthenticationRefusedException (401) `token_malformed`: it would accept tokens of several accounts
   * @throws AuthUnavailableException (503) the database does not answer
   */
  async oneOf(tokens: readonly string[]): Promise<string> {
    const given = textsOf(tokens);
    const chosen = await this.parts.gate.choose(given);
    if (chosen !== 'ambiguous') return chosen?.text ?? given[0] ?? '';
    const message = 'The request carries refresh tokens of several accounts. Sign in again.';
    throw new AuthenticationRefusedException(new Refusal('token_malformed', message));
  }

  /** The user's sessions that a refresh would accept now, the newest first; at most 1000 of them. */
  async list(userId: string | number): Promise<SessionInfo[]> {
    const { parts } = this;
    const id = parts.users.idOf(userId);
    const rows = await readWork(parts, liveSessions(parts, id));
    return rows.slice(0, MOST_LISTED).map(infoOf);
  }

  /** @throws UnknownUserError: no account has this id */
  async requireUser(userId: string | number): Promise<void> {
    const { parts } = this;
    await readWork(parts, parts.users.require(parts.users.idOf(userId)));
  }

  /**
   * Ends a session: its refresh token, and through the revocation log its access tokens.
   *
   * @param options `userId`: only if it is this user's. If it is given, it must be an id
   * @returns whether there was such a session that had not ended
   */
  async end(
    sessionId: string,
    options: RevokeOptions & { readonly userId?: string | number } = {},
  ): Promise<boolean> {
    const { users } = this.parts;
    const known = { ...REVOKE_OPTIONS, userId: true } as const;
    const { userId: given, ...rest } = checkedOptions(options, known);
    // `userId: undefined` must not end the session of some other user.
    const userId = 'userId' in options ? users.idOf(given) : undefined;
    const only = (row: SessionRow) => userId === undefined || row.userId === userId;
    const which: Which = { by: 'id', value: sessionIdOf(sessionId), only };
    return (await this.endThose(rest, (lock) => lock(which))) > 0;
  }

  /**
   * Ends the session of a refresh token, also of one that was used already. For the revocation endpoint.
   *
   * @returns whether it is a refresh token of this application, even if its session has ended already
   */
  async endSessionOf(refreshToken: string, options: RevokeOptions = {}): Promise<boolean> {
    const token = parseRefreshToken(refreshToken);
    if (this.given === undefined || token === undefined) return false;
    const { table, gate } = this.given;
    // An invented token costs no transaction.
    if (!(await gate.mayBeValid(token))) return false;
    let isValid = false;
    await this.endThose(options, function* (lock) {
      const key = yield* table.tagKey();
      // Session ids are in access tokens and logs: an id alone must not end a session.
      isValid = key !== undefined && hasValidTag(token, key);
      return isValid ? yield* lock({ by: 'id', value: token.sessionId }) : [];
    });
    return isValid;
  }

  /** Ends every session of the user except this one. @returns how many */
  async endOthers(
    current: Pick<Principal, 'userId' | 'sessionId'>,
    options: RevokeOptions = {},
  ): Promise<number> {
    const { userId, sessionId } = signInOf(current, this.parts.users);
    return this.endThose(options, (lock) =>
      lock({ by: 'userId', value: userId, only: ({ id }) => id !== sessionId }),
    );
  }

  /** Ends every session of the user. @returns how many */
  async endAll(userId: string | number, options: RevokeOptions = {}): Promise<number> {
    const id = this.parts.users.idOf(userId);
    return this.endThose(options, (lock) => lock({ by: 'userId', value: id }));
  }

  /**
   * Keeps a session whose user has just proved who they are and changed what its tokens are bound to. The
   * session gets the stamps of now, `auth_time` is now, and a new pair replaces its tokens.
   *
   * Call it after the change, in the same transaction. A session that ended for another reason, such as a raised
   * version or a disabled account, is still refused.
   *
   * @throws AuthenticationRefusedException the session or the account has ended meanwhile
   */
  async reissue(
    current: Pick<Principal, 'userId' | 'sessionId'>,
    context: SessionContext & { readonly manager?: EntityManager } = {},
  ): Promise<TokenPair> {
    const { parts } = this;
    const signedIn = signInOf(current, parts.users);
    const client = clientInfoOf(context);
    const done: { outcome: Reissued | Refusal } = { outcome: new Refusal('session_ended') };
    await parts.transaction.run(
      managerOf(context),
      function* (joined) {
        done.outcome = yield* reissue(parts, { ...signedIn, client, joined });
        return [];
      },
      () => {
        const { outcome } = done;
        return outcome instanceof Refusal ? [] : reissuedEvents(outcome.row, outcome.pair, client);
      },
    );
    const { outcome } = done;
    if (outcome instanceof Refusal) throw new AuthenticationRefusedException(outcome);
    return outcome.pair;
  }

  /**
   * Notes that a session is in use, at most once in each interval. For code that renews its tokens.
   *
   * @param at the instant by the database's clock, in milliseconds
   * @returns when the session ends if it is not used again, in seconds; `undefined` when it has ended
   */
  async touch(sessionId: string, at: number): Promise<number | undefined> {
    const { database, table, settings, timeoutMs } = this.parts;
    const { idleMs, lastSeenMs } = settings;
    const id = sessionIdOf(sessionId);
    const now = instantOf(at);
    const work = function* (): Work<number | undefined> {
      const row = yield* table.lock(id);
      if (row === undefined || !isOpen(row, now)) return undefined;
      if (now - row.lastSeenAt < lastSeenMs) return endOf(row);
      const idleExpiresAt = Math.min(now + idleMs, row.expiresAt);
      yield* table.update(id, row.tokenHash, { lastSeenAt: now, idleExpiresAt });
      return idleExpiresAt;
    };
    const run = () => withTimeout(timeoutMs, database.transact(work));
    const end = await orUnavailable(() => notBehindCaller(this.parts, id, run));
    return end === undefined ? undefined : Math.floor(end / 1000);
  }

  /** Call it when other code of the library has ended sessions, after the commit. */
  async ended(): Promise<void> {
    await this.parts.propagation.committed();
  }

  /** The service can be injected without `sessions`, so that the error names the option and not a provider. */
  private get parts(): NonNullable<typeof this.given> {
    if (this.given !== undefined) return this.given;
    throw new NotConfiguredError(
      'SessionService needs sessions. Add `sessions: {}` to the options of AuthModule.',
    );
  }

  private async endThose(
    options: RevokeOptions,
    find: (lock: (which: Which) => Work<readonly SessionRow[]>) => Work<readonly SessionRow[]>,
  ): Promise<number> {
    const { parts } = this;
    const { reason, actor } = checkedOptions(options, REVOKE_OPTIONS);
    let ended: readonly SessionRow[] = [];
    await parts.transaction.run(
      options,
      function* (joined) {
        const rows = yield* find((which) => lockToEnd(parts.table, which, joined));
        ended = rows;
        return yield* endSessions(parts, rows, { reason, actor });
      },
      () => ended.map((row) => endedEvent(row, reason, actor)),
    );
    return ended.length;
  }
}
