import { chunks } from '../log/log-table.js';
import type { StateQuery } from '../freshness/state-query.js';
import type { Work } from '../database/database.js';
import type { SessionRow } from './session-row.js';
import type { SessionTable } from './session-table.js';
import type { SignInStamps } from './sign-in-stamps.js';

/**
 * The sessions of a user that a refresh would accept now: by the same decision, so that a list shows
 * none that a raised version or a changed password has ended, and none of an earlier account with
 * the same id.
 */
export class LiveSessions {
  constructor(
    private readonly table: SessionTable,
    private readonly query: StateQuery,
    private readonly stamps: SignInStamps,
    /** The most lookups of one statement. */
    private readonly maxBatch: number,
  ) {}

  /** The newest first. */
  *of(userId: string): Work<readonly SessionRow[]> {
    const live: SessionRow[] = [];
    for (const rows of chunks(yield* this.table.openOf(userId), this.maxBatch)) {
      const lookups = rows.map(({ id, subject }) => ({ sub: subject, sid: id, jti: id }));
      const { rows: found } = yield this.query.statement(lookups);
      const states = this.query.answers(found, lookups);
      for (const [index, row] of rows.entries()) {
        const state = states[index];
        if (state === undefined || state instanceof Error) throw state;
        if (this.stamps.judge(row, state) === undefined) live.push(row);
      }
    }
    return live;
  }
}
