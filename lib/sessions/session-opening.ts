import type { EntityManager } from 'typeorm';
import type { Work } from '../database/database.js';
import type { PresentState } from '../decision/auth-state.js';
import { SessionLimitException } from '../errors/auth.exceptions.js';
import { cut } from '../log/revocation-log.js';
import type { ClaimTypes, ClaimValues, NamedClaims } from '../tokens/custom-claims.js';
import type { SessionContext } from './client-info.js';
import { checkSnapshot, endSessions, sessionsBeyondSnapshot } from './ending.js';
import { hashOf, newRefreshToken, type RefreshToken } from './refresh-token.js';
import { liveSessions } from './session-list.js';
import type { SessionParts } from './session-parts.js';
import type { SessionRow } from './session-row.js';

/** The device of a sign-in, as far as the application knows it, and the application's own claims. */
export interface SignInContext extends SessionContext {
  /** What the user calls the device. */
  readonly device?: string | undefined;
  /**
   * Joins the transaction of this manager. Default: the one that is open in the calling code, as in
   * {@link RevokeOptions.manager}.
   */
  readonly manager?: EntityManager;
  /** Claims of the application, by the names that `jwt.claims` declares. */
  readonly claims?: ClaimValues<ClaimTypes>;
}

export interface Opening {
  readonly sid: string;
  readonly context: SignInContext;
  /** The application's own claims. */
  readonly carried: NamedClaims;
  /** Whether the transaction is the caller's, and may see older state than the committed one. */
  readonly joined: boolean;
}

export interface OpenedSession {
  readonly row: SessionRow;
  readonly refresh: RefreshToken;
  /** The sessions that it replaced. */
  readonly ended: readonly SessionRow[];
}

/** The reason in the log and the audit stream when a sign-in ends older sessions. */
export const REPLACED = 'replaced by a newer sign-in';

/** Opens the session of a sign-in, and keeps the number of sessions within the limit. */
export class SessionOpening {
  constructor(private readonly parts: SessionParts) {}

  /** Whether sign-ins of one user must come one after the other, so that the limit counts each of them. */
  get counts(): boolean {
    return this.parts.settings.limit.kind !== 'unlimited';
  }

  /** When a session that begins now ends if it is not used; none of its access tokens lives longer. */
  end({ now }: PresentState): number {
    const { idleMs, maxMs } = this.parts.settings;
    return now + Math.min(idleMs, maxMs);
  }

  /** In the transaction that read the state, and that holds the account's lock if it `counts`. */
  *open(state: PresentState, { sid, context, carried, joined }: Opening): Work<OpenedSession> {
    const { settings, stamps, table } = this.parts;
    const { now, subject, deployment } = state;
    const refresh = newRefreshToken(sid, deployment.key);
    const row: SessionRow = {
      id: sid,
      userId: subject.id,
      subject: subject.subject,
      stamps: stamps.of(state, carried),
      createdAt: now,
      lastSeenAt: now,
      idleExpiresAt: this.end(state),
      expiresAt: now + settings.maxMs,
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
    const replaced = this.counts ? this.replaced(row, yield* this.others(row.userId, joined)) : [];
    const ended: SessionRow[] = [];
    for (const { id } of replaced) {
      ended.push(...(yield* table.lockOpen({ by: 'id', value: id })));
    }
    yield* endSessions(this.parts, ended, { reason: REPLACED });
    yield* table.insert(row);
    return { row, refresh, ended };
  }

  /** The user's other sessions, the newest first. */
  private *others(userId: string, joined: boolean): Work<readonly SessionRow[]> {
    const { table } = this.parts;
    const seen = yield* liveSessions(this.parts, userId);
    if (!joined) return seen;
    const which = { by: 'userId', value: userId } as const;
    // Some databases cannot end a session that the caller's snapshot lacks. There the sign-in fails.
    yield* checkSnapshot(table, which);
    // On the others it counts. No further one is opened now, because the account is locked.
    return [...(yield* sessionsBeyondSnapshot(table, which)), ...seen];
  }

  private replaced(row: SessionRow, others: readonly SessionRow[]): readonly SessionRow[] {
    const { limit } = this.parts.settings;
    switch (limit.kind) {
      case 'unlimited':
        return [];
      case 'newest':
        return others.slice(limit.count - 1);
      case 'device':
        // Sessions without a label may be on any device.
        return others.filter(({ device }) => device !== null && device === row.device);
      case 'refuse':
        if (others.length >= limit.count) throw new SessionLimitException();
        return [];
    }
  }
}
