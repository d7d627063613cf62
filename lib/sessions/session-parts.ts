import type { AuthDatabase } from '../database/database.js';
import type { OpenTransaction } from '../database/open-transaction.js';
import type { StateQuery } from '../freshness/state-query.js';
import type { Propagation } from '../log/propagation.js';
import type { RevocationLog } from '../log/revocation-log.js';
import type { RevocationTransaction } from '../log/revocation-transaction.js';
import type { TokenIssuer } from '../tokens/token-issuer.js';
import type { UserTable } from '../users/user-table.js';
import type { SessionReport } from './session-report.js';
import type { SessionTable } from './session-table.js';
import type { SessionSettings } from './session.settings.js';
import type { SignInStamps } from './sign-in-stamps.js';

/** What sessions are built from. Each class of this room is given all of it. */
export interface SessionParts {
  readonly settings: SessionSettings;
  readonly timeoutMs: number;
  readonly database: AuthDatabase;
  readonly table: SessionTable;
  readonly query: StateQuery;
  readonly users: UserTable;
  readonly stamps: SignInStamps;
  readonly issuer: TokenIssuer;
  readonly log: RevocationLog;
  readonly transaction: RevocationTransaction;
  /** Finds the transaction that the caller has open. */
  readonly transactions: OpenTransaction;
  readonly propagation: Propagation;
  readonly report: SessionReport;
}
