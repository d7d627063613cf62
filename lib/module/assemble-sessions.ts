import type { Propagation } from '../log/propagation.js';
import type { StateQuery } from '../freshness/state-query.js';
import type { Settings } from '../options/settings.js';
import type { RevocationLog } from '../log/revocation-log.js';
import type { RevocationTransaction } from '../log/revocation-transaction.js';
import type { UserTable } from '../users/user-table.js';
import type { AuthDatabase } from '../database/database.js';
import type { TokenIssuer } from '../tokens/token-issuer.js';
import { LiveSessions } from '../sessions/live-sessions.js';
import { RefreshGate } from '../sessions/refresh-gate.js';
import { Reissue } from '../sessions/reissue.js';
import { Rotation } from '../sessions/rotation.js';
import { SessionOpening } from '../sessions/session-opening.js';
import type { SessionReport } from '../sessions/session-report.js';
import type { SessionTable } from '../sessions/session-table.js';
import { SessionService } from '../sessions/session.service.js';
import { SignInStamps } from '../sessions/sign-in-stamps.js';

/** What sessions are made of, from the rest of the module. */
export interface SessionContextParts {
  readonly database: AuthDatabase;
  readonly settings: Settings;
  readonly realm: string;
  readonly policySet: string;
  readonly query: StateQuery;
  readonly table: SessionTable;
  readonly users: UserTable;
  readonly issuer: TokenIssuer;
  readonly log: RevocationLog;
  readonly store: RevocationTransaction;
  readonly reach: Propagation;
  readonly report: SessionReport;
}

/** The parts of sessions, put together. */
export interface Sessions {
  /** `undefined`: the options have no sessions, and a sign-in leaves none behind. */
  readonly opening: SessionOpening | undefined;
  readonly service: SessionService;
}

export function assembleSessions(parts: SessionContextParts): Sessions {
  const { database, settings, query, table, log } = parts;
  const { policies, tokens, sessions, timeoutMs } = settings;
  if (sessions === undefined) {
    return { opening: undefined, service: new SessionService(undefined) };
  }
  const stamps = new SignInStamps(
    policies,
    tokens.deriveKeyFrom,
    parts.realm,
    parts.policySet,
    tokens.claims,
  );
  const live = new LiveSessions(table, query, stamps, database.dialect.maxBatch);
  const common = { ...parts, stamps, settings: sessions };
  return {
    opening: new SessionOpening(table, live, stamps, log, sessions),
    service: new SessionService({
      ...common,
      live,
      redeeming: new RefreshGate({ ...common, rotation: new Rotation(common), timeoutMs }),
      restamping: new Reissue(common),
      timeoutMs,
    }),
  };
}
