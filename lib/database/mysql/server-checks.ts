import { AuthConfigurationError } from '../../errors/auth.errors.js';
import type { AuthDatabase } from '../database.js';

/** READ UNCOMMITTED: a decision could be made on a change that is rolled back later. */
export async function refuseUncommittedReads(database: AuthDatabase): Promise<void> {
  // The name depends on server and version.
  const levels = await settings(database, ['transaction_isolation', 'tx_isolation']);
  if (![...levels.values()].includes('READ-UNCOMMITTED')) return;
  throw new AuthConfigurationError([
    'dataSource: its sessions read uncommitted changes (READ UNCOMMITTED). Set transaction_isolation to READ-COMMITTED or REPEATABLE-READ for them.',
  ]);
}

/** Checks Galera and Group Replication. */
export async function refuseStalePrimaries(database: AuthDatabase): Promise<void> {
  const remedy = remedyFor(
    await settings(database, [
      'wsrep_on',
      'wsrep_sync_wait',
      'group_replication_single_primary_mode',
      'group_replication_consistency',
    ]),
  );
  if (remedy === undefined) return;
  throw new AuthConfigurationError([
    `freshness.mode: this server is one of several primaries and may answer before it knows what another one has committed. ${remedy}, or use strict freshness and one primary.`,
  ]);
}

/** With these, a member of Group Replication applies what others have committed before it answers a read. */
const CAUSAL = new Set(['BEFORE', 'AFTER', 'BEFORE_AND_AFTER']);

/** What to change on a server with these settings; `undefined`: its reads are current. */
export function remedyFor(session: ReadonlyMap<string, string>): string | undefined {
  // Bit 1 stands for reads.
  const isGalera = session.get('wsrep_on') === 'ON';
  if (isGalera && (Number(session.get('wsrep_sync_wait')) & 1) === 0) {
    return 'Set wsrep_sync_wait = 1 for its sessions';
  }
  if (session.get('group_replication_single_primary_mode') !== 'OFF') return undefined;
  return CAUSAL.has(session.get('group_replication_consistency') ?? '')
    ? undefined
    : "Set group_replication_consistency = 'BEFORE'";
}

/** The settings of the session. SHOW does not fail for a setting that this server does not have. */
async function settings(
  database: AuthDatabase,
  names: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const rows = await database.read({
    sql: `SHOW SESSION VARIABLES WHERE Variable_name IN (${names.map((name) => `'${name}'`).join(', ')})`,
    params: [],
  });
  return new Map(rows.map((row) => [String(row['Variable_name']), String(row['Value'])]));
}
