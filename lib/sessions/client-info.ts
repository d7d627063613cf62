import { cut } from '../log/revocation-log.js';
import type { SessionRow } from './session-row.js';

/**
 * Where a client is, as far as the application knows; for the list of sessions and the audit stream. It decides
 * nothing: anything but a text counts as not given.
 */
export interface SessionContext {
  readonly ip?: string | undefined;
  readonly userAgent?: string | undefined;
}

/** The same, as the session's row stores it. It decides nothing. */
export interface ClientInfo {
  readonly ip: string | null;
  readonly userAgent: string | null;
}

/** What changed since the session was last used. */
export type Difference = 'ip' | 'userAgent';

/** What changed, where both values are known. */
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
