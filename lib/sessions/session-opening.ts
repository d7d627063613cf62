import type { PresentState } from '../decision/auth-state.js';
import { SessionLimitException } from '../errors/auth.exceptions.js';
import { cut, type RevocationLog } from '../log/revocation-log.js';
import type { Work } from '../database/database.js';
import { endSessions } from './ending.js';
import type { ClaimTypes, ClaimValues, NamedClaims } from '../tokens/custom-claims.js';
import type { LiveSessions } from './live-sessions.js';
import { hashOf, newRefreshToken, type RefreshToken } from './refresh-token.js';
import type { SessionRow } from './session-row.js';
import type { SessionSettings } from './session-settings.js';
import type { SessionTable } from './session-table.js';
import type { SignInStamps } from './sign-in-stamps.js';

/** The device that somebody signs in on, as far as it is known, and what the application says of it. */
export interface SignInContext {
  /** What the user calls it. */
  readonly device?: string | undefined;
  readonly ip?: string | undefined;
  readonly userAgent?: string | undefined;
  /** Claims of the application's own, by the names that `jwt.claims` declares. */
  readonly claims?: ClaimValues<ClaimTypes>;
}

/** A session that was just made. */
export interface OpenedSession {
  readonly row: SessionRow;
  readonly refresh: RefreshToken;
  /** Those that it took the place of. */
  readonly ended: readonly SessionRow[];
}

/** Why those have ended. */
export const REPLACED = 'replaced by a newer sign-in';

/** Makes the session of a sign-in, and keeps their number within what the options allow. */
export class SessionOpening {
  constructor(
    private readonly table: SessionTable,
    private readonly live: LiveSessions,
    private readonly stamps: SignInStamps,
    private readonly log: Pick<RevocationLog, 'append'>,
    private readonly settings: SessionSettings,
  ) {}

  /** Whether a user's sign-ins must come one after the other, so that none is left out of the count. */
  get counts(): boolean {
    return this.settings.limit.kind !== 'unlimited';
  }

  /** When a session that begins in this state ends if it is not used; no access token of it lives longer. */
  end({ now }: PresentState): number {
    return now + Math.min(this.settings.idleMs, this.settings.maxMs);
  }

  /** In the transaction that read the state, and that holds the account's lock where it `counts`. */
  *open(
    state: PresentState,
    sid: string,
    context: SignInContext,
    carried: NamedClaims,
  ): Work<OpenedSession> {
    const { now, subject, deployment } = state;
    const refresh = newRefreshToken(sid, deployment.stampKey);
    const row: SessionRow = {
      id: sid,
      userId: subject.id,
      subject: subject.subject,
      stamps: this.stamps.of(state, carried),
      createdAt: now,
      lastSeenAt: now,
      idleExpiresAt: this.end(state),
      expiresAt: now + this.settings.maxMs,
      ip: cut(context.ip),
      userAgent: cut(context.userAgent),
      device: cut(context.device),
      endedAt: null,
      tokenHash: hashOf(refresh),
      previousHash: null,
      successor: null,
      rotatedAt: null,
      retryUntil: null,
    };
    const { table, log } = this;
    const replaced = this.counts ? this.replaced(row, yield* this.live.of(row.userId)) : [];
    const ended: SessionRow[] = [];
    for (const { id } of replaced) {
      ended.push(...(yield* table.lockOpen({ by: 'id', value: id })));
    }
    yield* endSessions({ table, log }, ended, { reason: REPLACED });
    yield* table.insert(row);
    return { row, refresh, ended };
  }

  private replaced(row: SessionRow, others: readonly SessionRow[]): readonly SessionRow[] {
    const { limit } = this.settings;
    switch (limit.kind) {
      case 'unlimited':
        return [];
      case 'newest':
        return others.slice(limit.count - 1);
      case 'device':
        // Without a label nobody can tell which device it is.
        return others.filter(({ device }) => device !== null && device === row.device);
      case 'refuse':
        if (others.length >= limit.count) throw new SessionLimitException();
        return [];
    }
  }
}
