import type { EntityManager } from 'typeorm';
import type { Principal } from '../decision/principal.js';
import { Refusal } from '../decision/refusal.js';
import { RevocationError } from '../errors/auth.errors.js';
import {
  AuthenticationRefusedException,
  AuthException,
  AuthUnavailableException,
} from '../errors/auth.exceptions.js';
import type { Reach } from '../freshness/freshness.js';
import { cut, type LogEntry, type RevocationLog } from '../revocation/revocation-log.js';
import type { RevocationStore } from '../revocation/revocation-store.js';
import type { RevokeOptions } from '../revocation/revoke-options.js';
import type { UserTable } from '../revocation/user-table.js';
import type { AuthDatabase, Statement, Work } from '../schema/database.js';
import { drive } from '../schema/drive.js';
import { within } from '../schema/within.js';
import type { RefreshTokens } from '../tokens/refresh-tokens.js';
import type { LiveSessions } from './live-sessions.js';
import { isMarked, parseRefreshToken, type RefreshToken } from './refresh-token.js';
import type { Restamping } from './restamping.js';
import type { Refreshed, Rotation, Whence } from './rotation.js';
import { infoOf, type SessionInfo } from './session-info.js';
import { endedEvent, type SessionReport } from './session-report.js';
import type { SessionRow } from './session-row.js';
import type { SessionSettings } from './session-settings.js';
import type { SessionTable } from './session-table.js';
import { pairOf, type TokenPair } from './token-pair.js';
import { Turnstile } from './turnstile.js';

/** Where a client is, as far as it is known; for the list of sessions and the audit stream. */
export interface SessionContext {
  readonly ip?: string | undefined;
  readonly userAgent?: string | undefined;
}

/** What the service is made of. */
export interface SessionParts {
  readonly database: AuthDatabase;
  readonly table: SessionTable;
  readonly live: LiveSessions;
  readonly rotation: Rotation;
  readonly restamping: Restamping;
  readonly users: UserTable;
  readonly log: RevocationLog;
  readonly store: RevocationStore;
  readonly reach: Reach;
  readonly report: SessionReport;
  readonly settings: SessionSettings;
  readonly timeoutMs: number;
}

/** Sessions: refreshing, listing and ending them. */
export class SessionService implements RefreshTokens {
  private readonly turnstile = new Turnstile();

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
    const whence = whenceOf(context);
    const outcome = await this.redeem(token, whence);
    // In this process at once; in the others as soon as it would be for a logout.
    if (outcome.kind === 'reused') await this.parts.reach.committed();
    this.parts.report.refreshed(outcome, token, whence);
    if (outcome.kind === 'refused') throw new AuthenticationRefusedException(outcome.refusal);
    if (outcome.kind === 'reused') {
      throw new AuthenticationRefusedException(new Refusal('refresh_reused'));
    }
    return pairOf(outcome.token, outcome.refresh, outcome.idleExpiresAt);
  }

  /** The sessions of a user that a refresh would accept now, the newest first. */
  async list(userId: string | number): Promise<SessionInfo[]> {
    const id = this.parts.users.idOf(userId);
    const rows = await this.read(() => this.parts.live.of(id));
    return rows.map(infoOf);
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
    const ended = await this.endThose(options, function* (table) {
      const row = yield* table.lock(sessionId);
      const theirs = row !== undefined && (userId === undefined || row.userId === userId);
      return theirs ? [row] : [];
    });
    return ended > 0;
  }

  /**
   * Ends the session of a refresh token, whichever of its tokens it is. For the revocation endpoint.
   *
   * @returns whether it is a refresh token of ours, also of a session that has ended already
   */
  async endSessionOf(refreshToken: string, options: RevokeOptions = {}): Promise<boolean> {
    const token = parseRefreshToken(refreshToken);
    if (this.given === undefined || token === undefined) return false;
    let isOurs = false;
    await this.endThose(options, function* (table) {
      const markKey = yield* table.markKey();
      // A session's id alone, which is in access tokens and logs, must not be enough to end it.
      isOurs = markKey !== undefined && isMarked(token, markKey);
      const row = isOurs ? yield* table.lock(token.sessionId) : undefined;
      return row === undefined ? [] : [row];
    });
    return isOurs;
  }

  /** Ends every session of the user but this one; gives how many. */
  endOthers(
    { userId, sessionId }: Pick<Principal, 'userId' | 'sessionId'>,
    options: RevokeOptions = {},
  ): Promise<number> {
    return this.endThose(options, function* (table) {
      const rows = yield* table.openOf(userId);
      return rows.filter(({ id }) => id !== sessionId);
    });
  }

  /** Ends every session of the user; gives how many. */
  endAll(userId: string | number, options: RevokeOptions = {}): Promise<number> {
    const id = this.parts.users.idOf(userId);
    return this.endThose(options, (table) => table.openOf(id));
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
    const { database, restamping, timeoutMs } = this.parts;
    const work = () => restamping.restamp(userId, sessionId, whenceOf(context));
    const outcome = await orUnavailable(() =>
      manager?.queryRunner?.isTransactionActive
        ? database.join(manager, work)
        : within(timeoutMs, database.transact(work)),
    );
    if (outcome instanceof Refusal) throw new AuthenticationRefusedException(outcome);
    return outcome;
  }

  /**
   * Notes that a session is in use, at most once in each interval. For whoever renews its tokens.
   *
   * @param now the instant, by the database's clock
   * @returns its absolute end in seconds; `undefined` when it has ended
   */
  async touch(sessionId: string, now: number): Promise<number | undefined> {
    const { database, table, settings, timeoutMs } = this.parts;
    const work = () => table.touch(sessionId, now, settings);
    const row = await orUnavailable(() => within(timeoutMs, database.transact(work)));
    return row === undefined ? undefined : Math.floor(row.expiresAt / 1000);
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

  private redeem(token: RefreshToken, whence: Whence): Promise<Refreshed> {
    const { database, rotation, timeoutMs } = this.parts;
    const deadline = performance.now() + timeoutMs;
    return orUnavailable(() =>
      this.turnstile.pass(token.sessionId, () => {
        const left = deadline - performance.now();
        // Whoever asked has given up, and would get nothing of it.
        if (left <= 0) throw new Error('The database did not answer in time.');
        return within(
          left,
          database.transact(() => rotation.redeem(token, whence)),
        );
      }),
    );
  }

  /** Ends what the work finds, of that what is open, each with a row of the log. */
  private async endThose(
    options: RevokeOptions,
    find: (table: SessionTable) => Work<readonly SessionRow[]>,
  ): Promise<number> {
    const { table, log, store } = this.parts;
    const { reason, actor } = options;
    let ended: readonly SessionRow[] = [];
    await store.carryOut(
      options,
      function* () {
        const found: SessionRow[] = [];
        const entries: LogEntry[] = [];
        for (const row of yield* find(table)) {
          if (!(yield* table.end(row.id, { reason, actor }))) continue;
          const denial = { kind: 'session', ref: row.id, code: 'session_ended' } as const;
          entries.push(yield* log.append({ ...denial, reason, actor }));
          found.push(row);
        }
        ended = found;
        return entries;
      },
      () => ended.map((row) => endedEvent(row, reason, actor)),
    );
    return ended.length;
  }

  private read<T>(work: () => Work<T>): Promise<T> {
    const { database, timeoutMs } = this.parts;
    const one = async (statement: Statement) => {
      const rows = await database.read(statement);
      return { rows, affected: rows.length };
    };
    return orUnavailable(() => within(timeoutMs, drive(work(), one)));
  }
}

async function orUnavailable<T>(action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (cause) {
    if (cause instanceof AuthException || cause instanceof RevocationError) throw cause;
    throw new AuthUnavailableException(cause);
  }
}

function whenceOf({ ip, userAgent }: SessionContext): Whence {
  return { ip: cut(ip), userAgent: cut(userAgent) };
}
