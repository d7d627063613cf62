import { LRUCache } from 'lru-cache';
import type {
  SessionEnded,
  SessionRefreshed,
  SessionStarted,
  TokenIssued,
} from '../events/auth-event.js';
import type { AuthEvents } from '../events/auth-events.js';
import { type ClientInfo, differencesOf } from './client-info.js';
import type { RefreshOutcome, Refused, Reused } from './refresh-outcome.js';
import { hashOf, type RefreshToken, type TokenPair } from './refresh-token.js';
import type { SessionRow } from './session-row.js';

/** How many refused refresh tokens are remembered. */
const REMEMBERED = 10_000;

/** Reports refreshes to the audit stream. */
export class SessionReport {
  private readonly reported = new LRUCache<string, string>({ max: REMEMBERED });

  constructor(private readonly events: AuthEvents) {}

  /** The alarm. It is true even if the session's end was not committed. */
  reused({ row, replay, differs }: Reused, client: ClientInfo): void {
    this.events.emit({ type: 'refresh_reused', ...of(row), ...client, replay, differs });
  }

  /** How a refresh ended; after a replay, that the session has ended. */
  refreshed(outcome: RefreshOutcome, token: RefreshToken, client: ClientInfo): void {
    if (outcome.kind === 'refused') {
      this.refused(outcome, token, client);
      return;
    }
    const { row, differs } = outcome;
    if (outcome.kind === 'reused') {
      this.events.emit(endedEvent(row, 'refresh_reused', undefined));
      return;
    }
    const type = outcome.kind === 'rotated' ? 'session_refreshed' : 'refresh_retried';
    this.events.emit({ type, ...of(row), ...client, differs });
    const { tokenId, expiresAt } = outcome.token;
    this.events.emit({ type: 'token_issued', ...of(row), tokenId, expiresAt, renewed: true });
  }

  /** Once for each token and code: a client that repeats itself must not fill the audit trail. */
  private refused({ row, refusal }: Refused, token: RefreshToken, client: ClientInfo): void {
    // An invented token belongs to nobody, and anybody can invent any number of them.
    if (row === undefined) return;
    const { code } = refusal;
    const hash = hashOf(token);
    if (this.reported.get(hash) === code) return;
    this.reported.set(hash, code);
    this.events.emit({ type: 'refresh_refused', ...of(row), ...client, code });
  }
}

export function startedEvent(row: SessionRow): SessionStarted {
  const { device, ip, userAgent } = row;
  const expiresAt = new Date(row.expiresAt);
  return { type: 'session_started', ...of(row), device, ip, userAgent, expiresAt };
}

export function endedEvent(
  row: SessionRow,
  reason: string | undefined,
  actor: string | undefined,
): SessionEnded {
  return { type: 'session_ended', ...of(row), reason, actor };
}

/** The events for a session that goes on with new credentials. */
export function reissuedEvents(
  row: SessionRow,
  { tokenId, expiresAt }: TokenPair,
  client: ClientInfo,
): readonly (SessionRefreshed | TokenIssued)[] {
  const differs = differencesOf(row, client);
  return [
    { type: 'session_reissued', ...of(row), ...client, differs },
    { type: 'token_issued', ...of(row), tokenId, expiresAt, renewed: true },
  ];
}

function of({ userId, subject, id }: SessionRow) {
  return { at: new Date(), userId, subject, sessionId: id };
}
