import { cut } from '../log/revocation-log.js';
import type { SessionRow } from './session-row.js';

/** Where a client is, as far as it is known; for the list of sessions and the audit stream. */
export interface SessionContext {
  readonly ip?: string | undefined;
  readonly userAgent?: string | undefined;
}

/** Whence a refresh comes; for the list of sessions and the audit stream, and decides nothing. */
export interface ClientInfo {
  readonly ip: string | null;
  readonly userAgent: string | null;
}

/** What of the client is other than at the last use of the session. */
export type Difference = 'ip' | 'userAgent';

/** What differs, as far as both are known. */
export function differencesOf(
  row: SessionRow,
  { ip, userAgent }: ClientInfo,
): readonly Difference[] {
  return [
    ...(ip !== null && ip !== row.ip ? (['ip'] as const) : []),
    ...(userAgent !== null && userAgent !== row.userAgent ? (['userAgent'] as const) : []),
  ];
}

/** As it fits into the row. */
export function clientInfoOf({ ip, userAgent }: SessionContext): ClientInfo {
  return { ip: cut(ip), userAgent: cut(userAgent) };
}
