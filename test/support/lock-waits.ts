import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource } from 'typeorm';

const WAITING = {
  postgres: `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
  mariadb:
    'SELECT 1 FROM information_schema.innodb_trx t JOIN information_schema.processlist p' +
    ` ON p.id = t.trx_mysql_thread_id WHERE t.trx_state = 'LOCK WAIT' AND p.db = DATABASE()`,
} as const;

/** InnoDB keeps what it shows until nobody has asked for 100 ms. To ask again and again would show the past for ever. */
const INNODB_CACHE_MS = 150;

/** Whether a session of this database waits for a lock of another one, as the server itself sees it. */
export async function hasLockWait(
  dataSource: DataSource,
  kind: keyof typeof WAITING,
): Promise<boolean> {
  if (kind === 'mariadb') await sleep(INNODB_CACHE_MS);
  const rows: unknown[] = await dataSource.query(WAITING[kind]);
  return rows.length > 0;
}
