import { LRUCache } from 'lru-cache';
import type { SessionEnded, SessionRefreshed, TokenIssued } from '../events/auth-event.js';
import type { AuthEvents } from '../events/auth-events.js';
import { hashOf, type RefreshToken } from './refresh-token.js';
import type { Reissued } from './reissue.js';
import type { Refreshed, Reused } from './rotation.js';
import type { SessionRow } from './session-row.js';
import { differencesOf, type ClientInfo } from './client-info.js';

/** Refused refresh tokens of which it is remembered what was told. */
const REMEMBERED = 10_000;

/** Tells the audit stream what became of sessions, once it is committed; the alarm of a replay in any case. */
export class SessionReport {
  private readonly told = new LRUCache<string, string>({ max: REMEMBERED });

  constructor(private readonly events: AuthEvents) {}

  started(row: SessionRow): void {
    const { device, ip, userAgent } = row;
    const expiresAt = new Date(row.expiresAt);
    this.events.emit({ type: 'session_started', ...of(row), device, ip, userAgent, expiresAt });
  }

  /** The alarm, which is true whether the session's end was committed or not. */
  reused({ row, replay, differs }: Reused, whence: ClientInfo): void {
    this.events.emit({ type: 'refresh_reused', ...of(row), ...whence, replay, differs });
  }

  /** What became of a refresh; of a replay, that the session has ended. */
  refreshed(outcome: Refreshed, token: RefreshToken, whence: ClientInfo): void {
    const { row } = outcome;
    // A text that somebody made up is nobody's, and would be told as often as it is sent.
    if (row === undefined) return;
    const about = { ...of(row), ...whence };
    if (outcome.kind === 'refused') {
      this.refused(outcome.refusal.code, about, token);
      return;
    }
    if (outcome.kind === 'reused') {
      this.events.emit(endedEvent(row, 'refresh_reused', undefined));
      return;
    }
    const { differs } = outcome;
    const type = outcome.kind === 'rotated' ? 'session_refreshed' : 'refresh_retried';
    this.events.emit({ type, ...about, differs });
    const { tokenId, expiresAt } = outcome.token;
    this.events.emit({ type: 'token_issued', ...of(row), tokenId, expiresAt, renewed: true });
  }

  /** Once for each token and code: a client that repeats itself must not fill the audit trail. */
  private refused(
    code: Extract<Refreshed, { kind: 'refused' }>['refusal']['code'],
    about: ReturnType<typeof of> & ClientInfo,
    token: RefreshToken,
  ): void {
    const hash = hashOf(token);
    if (this.told.get(hash) === code) return;
    this.told.set(hash, code);
    this.events.emit({ type: 'refresh_refused', ...about, code });
  }
}

/** What is told of a session that was ended. */
export function endedEvent(
  row: SessionRow,
  reason: string | undefined,
  actor: string | undefined,
): SessionEnded {
  return { type: 'session_ended', ...of(row), reason, actor };
}

/** What is told of a session that goes on with new credentials. */
export function restampedEvents(
  { row, pair }: Reissued,
  whence: ClientInfo,
): readonly (SessionRefreshed | TokenIssued)[] {
  const { tokenId, expiresAt } = pair;
  const differs = differencesOf(row, whence);
  return [
    { type: 'session_restamped', ...of(row), ...whence, differs },
    { type: 'token_issued', ...of(row), tokenId, expiresAt, renewed: true },
  ];
}

function of({ userId, subject, id }: SessionRow) {
  return { at: new Date(), userId, subject, sessionId: id };
}
