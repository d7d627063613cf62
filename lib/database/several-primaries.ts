import { AuthConfigurationError } from '../errors/auth.errors.js';
import type { AuthDatabase } from './database.js';

const SETTINGS = [
  'wsrep_on',
  'wsrep_sync_wait',
  'group_replication_single_primary_mode',
  'group_replication_consistency',
];
/** Group Replication: what makes a member apply what others have committed before it answers a read. */
const CAUSAL = new Set(['BEFORE', 'AFTER', 'BEFORE_AND_AFTER']);

/**
 * Refuses MySQL and MariaDB clusters with several primaries (Galera, Group Replication) that answer
 * reads before they have applied what was committed elsewhere: a read of the log would prove nothing.
 *
 * @throws AuthConfigurationError with the setting that makes reads causal
 */
export async function refuseStalePrimaries(database: AuthDatabase): Promise<void> {
  if (database.dialect.name !== 'mysql') return;
  // As the session has them. SHOW knows no error for a setting that this server does not have.
  const names = SETTINGS.map((name) => `'${name}'`).join(', ');
  const rows = await database.read({
    sql: `SHOW SESSION VARIABLES WHERE Variable_name IN (${names})`,
    params: [],
  });
  const remedy = remedyFor(
    new Map(rows.map((row) => [String(row['Variable_name']), String(row['Value'])])),
  );
  if (remedy !== undefined) {
    throw new AuthConfigurationError([
      `freshness.mode: this server is one of several primaries and may answer before it knows what another has committed; ${remedy}, or use strict freshness and one primary.`,
    ]);
  }
}

/** What to change on a server with these settings; `undefined` where its reads are current. */
export function remedyFor(settings: ReadonlyMap<string, string>): string | undefined {
  // Bit 1 stands for reads.
  const isGalera = settings.get('wsrep_on') === 'ON';
  if (isGalera && (Number(settings.get('wsrep_sync_wait')) & 1) === 0) {
    return 'set wsrep_sync_wait = 1 for its sessions';
  }
  if (settings.get('group_replication_single_primary_mode') !== 'OFF') return undefined;
  return CAUSAL.has(settings.get('group_replication_consistency') ?? '')
    ? undefined
    : "set group_replication_consistency = 'BEFORE'";
}
