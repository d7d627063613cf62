import type { EntityManager } from 'typeorm';
import type { Principal } from '../decision/principal.js';
import { Refusal } from '../decision/refusal.js';
import { AuthenticationRefusedException } from '../errors/auth.exceptions.js';
import { orUnavailable } from '../errors/or-unavailable.js';
import type { Propagation } from '../log/propagation.js';
import type { RevocationLog } from '../log/revocation-log.js';
import type { RevocationTransaction } from '../log/revocation-transaction.js';
import type { RevokeOptions } from '../log/revoke-options.js';
import type { UserTable } from '../users/user-table.js';
import type { AuthDatabase, Work } from '../database/database.js';
import { withTimeout } from '../database/with-timeout.js';
import { endSessions, lockToEnd } from './ending.js';
import type { LiveSessions } from './live-sessions.js';
import { readWork } from './read-work.js';
import type { RefreshGate } from './refresh-gate.js';
import { hasValidTag, parseRefreshToken } from './refresh-token.js';
import type { Reissued, Reissue } from './reissue.js';
import { infoOf, type SessionInfo } from './session-info.js';
import { endedEvent, restampedEvents, type SessionReport } from './session-report.js';
import type { SessionRow } from './session-row.js';
import type { SessionSettings } from './session-settings.js';
import type { SessionTable, Which } from './session-table.js';
import { pairOf, type TokenPair } from './token-pair.js';
import { type SessionContext, clientInfoOf } from './client-info.js';

/** What the service is made of. */
export interface SessionParts {
  readonly database: AuthDatabase;
  readonly table: SessionTable;
  readonly live: LiveSessions;
  readonly redeeming: RefreshGate;
  readonly restamping: Reissue;
  readonly users: UserTable;
  readonly log: RevocationLog;
  readonly store: RevocationTransaction;
  readonly reach: Propagation;
  readonly report: SessionReport;
  readonly settings: SessionSettings;
  readonly timeoutMs: number;
}

/** Who has more sessions is no person. */
const MOST_LISTED = 1_000;

/**
 * Sessions: refreshing, listing and ending them.
 *
 * Whatever ends sessions in a caller's transaction throws where that does not see one of them, and ends none:
 * a RevocationError `invalid_argument`, or on SQLite an AuthUnavailableException.
 */
export class SessionService {
  /** @param given `undefined`: the options have no sessions */
  constructor(private readonly given: SessionParts | undefined) {}

  /**
   * Trades a refresh token for a new pair. Asks the same decision as a request, on what the sign-in
   * was stamped with. Of any number of uses at once, all within the leeway get the same successor.
   *
   * @throws AuthenticationRefusedException (401) `token_malformed`, `token_invalid`, `session_ended`,
   * `refresh_reused`, or what the decision refuses with; nothing was rotated
   * @throws AuthUnavailableException (503) it cannot be known now; the token still counts, or a retry
   * within the leeway is answered
   */
  async refresh(refreshToken: string, context: SessionContext = {}): Promise<TokenPair> {
    const token = parseRefreshToken(refreshToken);
    if (token === undefined) {
      const message = 'The refresh token is not one of this application.';
      throw new AuthenticationRefusedException(new Refusal('token_malformed', message));
    }
    const whence = clientInfoOf(context);
    const outcome = await this.parts.redeeming.redeem(token, whence);
    // In this process at once; in the others as soon as it would be for a logout.
    if (outcome.kind === 'reused') await this.parts.reach.committed();
    this.parts.report.refreshed(outcome, token, whence);
    if (outcome.kind === 'refused') throw new AuthenticationRefusedException(outcome.refusal);
    if (outcome.kind === 'reused') {
      throw new AuthenticationRefusedException(new Refusal('refresh_reused'));
    }
    return pairOf(outcome.token, outcome.refresh, outcome.idleExpiresAt);
  }

  /** The sessions of a user that a refresh would accept now, the newest first; at most 1000 of them. */
  async list(userId: string | number): Promise<SessionInfo[]> {
    const id = this.parts.users.idOf(userId);
    const rows = await readWork(this.parts, this.parts.live.of(id));
    return rows.slice(0, MOST_LISTED).map(infoOf);
  }

  /** @throws RevocationError `unknown_user` when no account has that id */
  async requireUser(userId: string | number): Promise<void> {
    const { users } = this.parts;
    const id = users.idOf(userId);
    await readWork(this.parts, users.require(id));
  }

  /**
   * Ends a session: its refresh token, and through the revocation log its access tokens.
   *
   * @param options `userId`: only if it is this user's
   * @returns whether there was such a session, and it had not ended
   */
  async end(
    sessionId: string,
    options: RevokeOptions & { readonly userId?: string | number } = {},
  ): Promise<boolean> {
    const userId = options.userId === undefined ? undefined : String(options.userId);
    const which: Which = {
      by: 'id',
      value: sessionId,
      only: (row) => userId === undefined || row.userId === userId,
    };
    return (await this.endThose(options, (lock) => lock(which))) > 0;
  }

  /**
   * Ends the session of a refresh token, whichever of its tokens it is. For the revocation endpoint.
   *
   * @returns whether it is a refresh token of ours, also of a session that has ended already
   */
  async endSessionOf(refreshToken: string, options: RevokeOptions = {}): Promise<boolean> {
    const token = parseRefreshToken(refreshToken);
    if (this.given === undefined || token === undefined) return false;
    const { table } = this.parts;
    let isOurs = false;
    await this.endThose(options, function* (lock) {
      const markKey = yield* table.markKey();
      // A session's id alone, which is in access tokens and logs, must not be enough to end it.
      isOurs = markKey !== undefined && hasValidTag(token, markKey);
      return isOurs ? yield* lock({ by: 'id', value: token.sessionId }) : [];
    });
    return isOurs;
  }

  /** Ends every session of the user but this one; gives how many. */
  endOthers(
    { userId, sessionId }: Pick<Principal, 'userId' | 'sessionId'>,
    options: RevokeOptions = {},
  ): Promise<number> {
    return this.endThose(options, (lock) =>
      lock({ by: 'userId', value: userId, only: ({ id }) => id !== sessionId }),
    );
  }

  /** Ends every session of the user; gives how many. */
  endAll(userId: string | number, options: RevokeOptions = {}): Promise<number> {
    const id = this.parts.users.idOf(userId);
    return this.endThose(options, (lock) => lock({ by: 'userId', value: id }));
  }

  /**
   * Keeps a session whose user has just proved who they are and changed what its tokens are bound
   * to: the session is stamped anew, `auth_time` is now, and a new pair takes the place of its tokens.
   *
   * Call it in the transaction that changes the user, after the change. What else ends the session,
   * a raised version or a disabled account, is refused as ever.
   *
   * @throws AuthenticationRefusedException the session or the account has ended meanwhile
   */
  async restamp(
    { userId, sessionId }: Pick<Principal, 'userId' | 'sessionId'>,
    { manager, ...context }: SessionContext & { readonly manager?: EntityManager } = {},
  ): Promise<TokenPair> {
    const { restamping, store } = this.parts;
    const whence = clientInfoOf(context);
    const done: { outcome: Reissued | Refusal } = { outcome: new Refusal('session_ended') };
    await store.run(
      manager === undefined ? {} : { manager },
      function* (joined) {
        done.outcome = yield* restamping.restamp(userId, sessionId, whence, joined);
        return [];
      },
      () => (done.outcome instanceof Refusal ? [] : restampedEvents(done.outcome, whence)),
    );
    const { outcome } = done;
    if (outcome instanceof Refusal) throw new AuthenticationRefusedException(outcome);
    return outcome.pair;
  }

  /**
   * Notes that a session is in use, at most once in each interval. For whoever renews its tokens.
   *
   * @param now the instant, by the database's clock
   * @returns in seconds, when it ends if it is not used again; `undefined` when it has ended
   */
  async touch(sessionId: string, now: number): Promise<number | undefined> {
    const { database, table, settings, timeoutMs } = this.parts;
    const work = () => table.touch(sessionId, now, settings);
    const end = await orUnavailable(() => withTimeout(timeoutMs, database.transact(work)));
    return end === undefined ? undefined : Math.floor(end / 1000);
  }

  /** Sessions were ended elsewhere in the library, and that is committed. */
  async ended(): Promise<void> {
    await this.parts.reach.committed();
  }

  /** There to be injected in any case, so that a missing option is told and not a missing provider. */
  private get parts(): SessionParts {
    if (this.given !== undefined) return this.given;
    throw new Error(
      'SessionService needs sessions; add `sessions: {}` to the options of AuthModule.',
    );
  }

  /** Ends what is found, and locked in whosever transaction it is. */
  private async endThose(
    options: RevokeOptions,
    find: (lock: (which: Which) => Work<readonly SessionRow[]>) => Work<readonly SessionRow[]>,
  ): Promise<number> {
    const { table, log, store } = this.parts;
    const { reason, actor } = options;
    let ended: readonly SessionRow[] = [];
    await store.run(
      options,
      function* (joined) {
        const rows = yield* find((which) => lockToEnd(table, which, joined));
        ended = rows;
        return yield* endSessions({ table, log }, rows, { reason, actor });
      },
      () => ended.map((row) => endedEvent(row, reason, actor)),
    );
    return ended.length;
  }
}
