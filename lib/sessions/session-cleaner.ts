import { chunks } from '../log/log-table.js';
import type { AuthDatabase, Work } from '../database/database.js';
import { type Batch, PeriodicCleaner } from '../database/periodic-cleaner.js';
import type { SessionTable } from './session-table.js';
import type { SessionSettings } from './session.settings.js';

/** The most rows of one batch. */
const BATCH = 500;

/** Deletes sessions that ended long ago, and forgets sealed refresh tokens whose leeway is over. */
export class SessionCleaner extends PeriodicCleaner {
  constructor(
    database: AuthDatabase,
    private readonly table: SessionTable,
    private readonly settings: Pick<SessionSettings, 'retentionMs'>,
  ) {
    super(database, 'Sessions', 'Ended sessions');
  }

  protected override async remove(): Promise<number> {
    await this.untilDone(() => this.forget());
    return this.untilDone(() => this.removeEnded());
  }

  private *removeEnded(): Work<Batch> {
    const ids = yield* this.table.endedBefore(this.settings.retentionMs, BATCH);
    let done = 0;
    for (const chunk of chunks(ids, this.database.dialect.keysPerDelete)) {
      done += yield* this.table.remove(chunk);
    }
    // If another process deletes the same rows, that process goes on.
    return { done, full: ids.length === BATCH && done > 0 };
  }

  private *forget(): Work<Batch> {
    const ids = yield* this.table.stillSealed(BATCH);
    let done = 0;
    for (const id of ids) done += yield* this.table.forgetSealed(id);
    return { done, full: ids.length === BATCH && done > 0 };
  }
}
