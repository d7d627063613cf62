import { createAuthMigration } from 'nestjs-revocable-jwt';
import { WATCHED } from '../../auth/watched.js';

/**
 * Triggers that log each relevant change, for tracked freshness. They are created in both modes, so that only a
 * restart is needed to change the mode.
 */
export class WatchAccounts1764000200000 extends createAuthMigration({
  name: 'WatchAccounts1764000200000',
  watch: { options: WATCHED },
  tables: false,
}) {}
