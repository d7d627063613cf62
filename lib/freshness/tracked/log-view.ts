import { AuthDatabaseError, ReplicaError } from '../../errors/database.errors.js';
import { GRACE_MS } from '../../decision/time-margins.js';
import type { LogPage, LogRow } from '../../log/log-page.js';
import { Overlay } from './overlay.js';
import { StateCache } from './state-cache.js';

export interface ViewLimits {
  /** With more entries in the overlay, memory is cleared and coverage rises. */
  readonly maxEntries: number;
  /** With more rows in consecutive full pages, the reader jumps to the head; not while it starts. */
  readonly maxBacklog: number;
  /** The most states that are cached; what is dropped is read again. */
  readonly maxCachedStates: number;
}

/**
 * What one process knows of the log: its position in it, what changed, and since when it knows.
 *
 * It does no I/O: it gets pages, and answers questions. Coverage is an instant. The claims of a token that was
 * issued before it may not be the current state, so the state is read. Coverage only rises. When something goes
 * wrong (rows were purged before they were read, a log rewind, memory was cleared), it rises to an instant after
 * which everything is known.
 */
export class LogView {
  readonly overlay = new Overlay();
  readonly stateCache: StateCache;
  /** The number of the last row that was read; the next page begins with that row. */
  position = 0;
  private cursorId: string | undefined;
  /** For tokens issued before this instant (milliseconds of the database's clock), state is read. It only rises. */
  coverage = 0;
  private backlog = 0;
  private caughtUp = false;
  /** Ids of rows that were applied without a number, and have not come back with one. */
  private readonly unnumbered = new Set<string>();
  /** The last page that was applied; `undefined` before the first. */
  page: LogPage | undefined;
  private rewound = false;

  constructor(private readonly limits: ViewLimits) {
    this.stateCache = new StateCache(this.overlay, limits.maxCachedStates);
  }

  /**
   * Whether a log rewind was found since the last call: rows that this process had read are gone. A process that
   * had read nothing cannot know: it sees a log in which they never existed.
   */
  takeRewind(): boolean {
    const { rewound } = this;
    this.rewound = false;
    return rewound;
  }

  /**
   * Applies a page that was read from `position`. `'complete'`: the log is known up to the beginning of this
   * read. `'more'`: the page was full, and more must be read before.
   *
   * @throws AuthDatabaseError when the page proves nothing: a replica gave it, or no triggers watch the tables
   */
  take(page: LogPage): 'complete' | 'more' {
    if (page.isReplica) throw new ReplicaError();
    if (page.watchingSince === null) {
      throw new AuthDatabaseError(
        'unwatched',
        'No triggers watch the tables of this realm. Run the migration of createAuthMigration() with `watch`.',
      );
    }
    // Another process found that changes were written without a row in the log, so cached state may be old.
    if (page.watchingSince !== this.page?.watchingSince) this.stateCache.clear();
    this.page = page;
    // Memory does not cover rows that were purged unread, nor changes from before the triggers.
    this.cover(Math.max(page.purgedThrough, page.watchingSince));
    const isRewound = this.isRewound(page);
    // A process that has read nothing so far cannot tell; see takeRewind().
    this.rewound ||= isRewound && this.position > 0;
    // A flood is, for example, one UPDATE of a million rows. The page has only some of them, in no order. Until
    // they are numbered, the same rows may come again. Reading goes on from the head when all of them have numbers.
    if (page.isFlooded || isRewound) {
      this.jump(page);
      return 'complete';
    }
    // Rows without a number are visible, so they are in force, and are applied at once. When they come back with a
    // number, they are not new.
    for (const row of page.numbered) if (!this.unnumbered.delete(row.id)) this.apply(row, page);
    for (const row of page.unnumbered) {
      if (this.unnumbered.has(row.id)) continue;
      this.apply(row, page);
      this.unnumbered.add(row.id);
    }
    if (this.hasLost(page)) {
      this.rewound = true;
      this.jump(page);
      return 'complete';
    }
    const last = page.numbered.at(-1);
    if (last !== undefined && last.seq !== null) {
      this.position = last.seq;
      this.cursorId = last.id;
    }
    this.overlay.sweep(page.now);
    // Only numbered rows count: those without a number are in every page until they get one.
    this.backlog = page.full ? this.backlog + page.numbered.length : 0;
    const { maxEntries, maxBacklog } = this.limits;
    // While it starts, no request waits for it, and what it reads now saves reads later.
    const limit = this.caughtUp ? maxBacklog : Math.max(maxBacklog, maxEntries);
    if (this.overlay.size > maxEntries || this.backlog > limit) this.jump(page);
    else if (page.full) return 'more';
    this.caughtUp = true;
    return 'complete';
  }

  private apply(row: LogRow, page: LogPage): void {
    // The change behind a `resync` row was committed before the row was numbered, and tokens issued after
    // that are based on it. So an old row, which a process finds when it starts, does not concern them.
    if (row.kind === 'resync') this.forgetUntil(row.seenAt ?? page.now);
    else this.overlay.apply(row, page.now + page.maxTokenLife + GRACE_MS);
  }

  /**
   * Whether this is not the log that was read before. After a failover, a restored backup or a TRUNCATE,
   * the row at the cursor is missing or another one, the rows after it do not follow it, or the head is
   * behind the cursor.
   */
  private isRewound(page: LogPage): boolean {
    // The first process writes a row at the head, and the row at the head is never purged. If it is missing, other
    // rows may be missing too.
    if (page.headRow === null) return true;
    // Numbers have gaps only after a purge, and rows stay longer than a serving reader ever lags. So a gap means
    // that somebody deleted rows. For a starting reader, a gap may be a purge.
    if (
      this.caughtUp &&
      page.numbered.some(({ seq }, index) => seq !== this.position + 1 + index)
    ) {
      return true;
    }
    if (this.position === 0) return false;
    return page.head < this.position || page.anchor === null || page.anchor.id !== this.cursorId;
  }

  /**
   * Whether a row that was seen without a number is now missing from both lists of the page. A page that is not
   * full has all rows of both lists: new numbers are beyond the head, and so beyond the cursor.
   */
  private hasLost({ full, unnumbered }: LogPage): boolean {
    return !full && this.unnumbered.size > unnumbered.length;
  }

  /**
   * Clears memory and goes on from the head. This is safe: everything that this read could see was committed before
   * `now`, and the state is now read for every token from before `now`.
   */
  private jump(page: LogPage): void {
    this.forgetUntil(page.now);
    this.position = page.headRow?.seq ?? 0;
    this.cursorId = page.headRow?.id;
    this.backlog = 0;
  }

  /** Trusts no token issued before this instant: this process may not know all changes. */
  forgetUntil(instant: number): void {
    this.overlay.clear();
    this.stateCache.clear();
    // Rows that come back are applied again, which does no harm.
    this.unnumbered.clear();
    this.cover(instant);
  }

  private cover(instant: number): void {
    this.coverage = Math.max(this.coverage, instant);
  }
}
