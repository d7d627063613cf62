import { cut } from '../log/revocation-log.js';
import type { SessionRow } from './session-row.js';

/**
 * What the application knows about a client, for the list of sessions and the audit stream. No decision depends on
 * it. A value that is not a string counts as missing.
 */
export interface SessionContext {
  readonly ip?: string | undefined;
  readonly userAgent?: string | undefined;
}

/** The same, as the session's row stores it. */
export type ClientInfo = Pick<SessionRow, 'ip' | 'userAgent'>;

/** What changed since the session was last used. */
export type Difference = 'ip' | 'userAgent';

/** What changed, as far as both values are known. */
export function differencesOf(
  row: SessionRow,
  { ip, userAgent }: ClientInfo,
): readonly Difference[] {
  return [
    ...(ip !== null && ip !== row.ip ? (['ip'] as const) : []),
    ...(userAgent !== null && userAgent !== row.userAgent ? (['userAgent'] as const) : []),
  ];
}

/** Cut to the width of the columns. */
export function clientInfoOf(context: SessionContext): ClientInfo {
  const { ip, userAgent }: SessionContext = Object(context);
  return { ip: cut(ip), userAgent: cut(userAgent) };
}
