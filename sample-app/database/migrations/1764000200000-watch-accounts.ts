import { createAuthMigration } from 'nestjs-revocable-jwt';
import { WATCHED } from '../../auth/watched.js';

/**
 * Triggers that log each change that counts, for tracked freshness. They are made in any case, so that
 * switching between the modes takes a restart and nothing else.
 */
export class WatchAccounts1764000200000 extends createAuthMigration({
  name: 'WatchAccounts1764000200000',
  watch: { options: WATCHED },
  tables: false,
}) {}
