import type { AuthDatabase } from '../database/database.js';
import { PeriodicCleaner } from '../database/periodic-cleaner.js';
import type { RevocationLog } from './revocation-log.js';

/** SQLite works a batch off in one turn of the event loop. */
const BATCH = 200;

/** Deletes rows of the log that nobody can need any more. Whoever finds another one at it leaves it to that one. */
export class LogCleaner extends PeriodicCleaner {
  constructor(
    database: AuthDatabase,
    private readonly log: RevocationLog,
  ) {
    super(database, 'RevocationLog', 'Expired rows');
  }

  protected override remove(): Promise<number> {
    const { log } = this;
    return this.untilDone(function* () {
      const { deleted, more } = yield* log.purge(BATCH);
      return { done: deleted, full: more };
    });
  }
}
