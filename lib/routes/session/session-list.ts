import type { SessionInfo } from '../../sessions/session-list.js';

/** A session in the list that a route returns. */
export interface ListedSession extends Omit<SessionInfo, 'userId' | 'endsAt'> {
  /** Whether the request was made with a token of this session. */
  readonly current: boolean;
}

export function listed(
  { id, device, ip, userAgent, createdAt, lastSeenAt, expiresAt }: SessionInfo,
  currentId: string,
): ListedSession {
  const current = id === currentId;
  return { id, device, ip, userAgent, createdAt, lastSeenAt, expiresAt, current };
}
