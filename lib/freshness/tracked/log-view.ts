import type { LogPage, LogRow } from '../../log/log-page.js';
import { Overlay } from './overlay.js';
import { StateCache } from './state-cache.js';
import { GRACE_MS } from '../../decision/time-margins.js';

/** Limits of what a process keeps in memory. */
export interface ViewLimits {
  /** Entries of the overlay beyond which memory is given up and coverage rises. */
  readonly maxEntries: number;
  /** Rows read in a row of full pages beyond which the reader jumps to the head; not at its start. */
  readonly maxBacklog: number;
  /** What is kept of reads at the most; what is dropped is read again. */
  readonly maxCachedStates: number;
}

/** What the reader does after a page. */
export type AfterPage =
  /** The log is known up to the beginning of this read. */
  | 'complete'
  /** The page was full; there is more to read before anything is known. */
  | 'more';

/**
 * What one process knows of the log: where it reads on, what changed, and since when it knows.
 *
 * Pure: pages come in, answers go out. Coverage is the one variable that decides whether a token may
 * speak for itself. It only rises, and whatever goes wrong (rows purged before they were read, a log
 * that went back, memory given up) raises it to an instant from which on everything is known again.
 */
export class LogView {
  readonly overlay = new Overlay();
  readonly stateCache: StateCache;
  private cursor = 0;
  private cursorId: string | undefined;
  private covered = 0;
  private backlog = 0;
  private caughtUp = false;
  /** Ids of rows that were applied without a number, and have not come back with one. */
  private readonly unnumbered = new Set<string>();
  private latest: LogPage | undefined;
  private rewound = false;

  constructor(private readonly limits: ViewLimits) {
    this.stateCache = new StateCache(this.overlay, limits.maxCachedStates);
  }

  /** The number of the last row that was read; the next page begins with that row. */
  get position(): number {
    return this.cursor;
  }

  /** Tokens issued before this instant (milliseconds of the database's clock) are read, not believed. */
  get coverage(): number {
    return this.covered;
  }

  /** The last page that was taken in; `undefined` before the first. */
  get page(): LogPage | undefined {
    return this.latest;
  }

  /**
   * Whether rows that this process had read are gone, since the last call. One that had not read so far
   * cannot tell: to it the log looks as if they had never been.
   */
  takeRewind(): boolean {
    const { rewound } = this;
    this.rewound = false;
    return rewound;
  }

  /**
   * Takes in a page that was read from `position`.
   *
   * @throws Error when the page is no evidence: it is a replica's, or nothing watches the tables
   */
  take(page: LogPage): AfterPage {
    if (page.isReplica) throw new Error('The log was read from a replica, which may be behind.');
    if (page.watchingSince === null) throw new Error('No triggers watch the tables of this realm.');
    // Somebody noticed that changes were written of which no row tells: what was read may be from before.
    if (page.watchingSince !== this.latest?.watchingSince) this.stateCache.clear();
    this.latest = page;
    // Rows that were purged before this process read them, and changes from before the triggers.
    this.cover(Math.max(page.purgedThrough, page.watchingSince));
    const wentBack = this.wentBack(page);
    // Where nothing was read yet, it is not this process that could tell.
    this.rewound ||= wentBack && this.cursor > 0;
    // Of a flood (one UPDATE of a million rows) only a part is here, and in no order: the same part may
    // come again until it is numbered. The head is where to go on from, once all have their numbers.
    if (page.isFlooded || wentBack) {
      this.jump(page);
      return 'complete';
    }
    // Rows without a number are applied at once: they are visible, so they are in force; that nobody
    // has numbered them yet must not delay that. When they come back with one, they say nothing new.
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
      this.cursor = last.seq;
      this.cursorId = last.id;
    }
    this.overlay.sweep(page.now);
    // Those without a number are the same in each page until they have one.
    this.backlog = page.full ? this.backlog + page.numbered.length : 0;
    const { maxEntries, maxBacklog } = this.limits;
    // At its start nobody waits for it, and what it reads spares reads later.
    const patience = this.caughtUp ? maxBacklog : Math.max(maxBacklog, maxEntries);
    if (this.overlay.size > maxEntries || this.backlog > patience) this.jump(page);
    else if (page.full) return 'more';
    this.caughtUp = true;
    return 'complete';
  }

  private apply(row: LogRow, page: LogPage): void {
    // What it stands for was committed before it was seen, and tokens from later were issued on that: one
    // from long ago, which a process that starts finds in the log, says nothing of them.
    if (row.kind === 'resync') this.forgetUntil(row.seenAt ?? page.now);
    else this.overlay.apply(row, page.now + page.maxTokenLife + GRACE_MS);
  }

  /**
   * Whether the log is not the one that was read before: after a failover, a restored backup or a
   * TRUNCATE the row at the cursor is gone or another one, those after it are not the next, or the head
   * lies behind the cursor.
   */
  private wentBack(page: LogPage): boolean {
    // The row at the head is never purged, and the first process puts one there: where it is missing,
    // others may be missing too.
    if (page.headRow === null) return true;
    // Numbers have no gaps but where rows were purged, which takes longer than a reader ever lags that
    // serves: somebody deleted them. One that starts finds what purging left.
    if (this.caughtUp && page.numbered.some(({ seq }, index) => seq !== this.cursor + 1 + index)) {
      return true;
    }
    if (this.cursor === 0) return false;
    return page.head < this.cursor || page.anchor === null || page.anchor.id !== this.cursorId;
  }

  /**
   * Whether a row that was seen without a number is neither among those nor among those with one. A page that
   * is not full has all of both: numbers are given beyond the head, and so beyond the cursor.
   */
  private hasLost({ full, unnumbered }: LogPage): boolean {
    return !full && this.unnumbered.size > unnumbered.length;
  }

  /**
   * Gives up what is remembered and goes on from the head. Sound, because everything that this read
   * could see lies before `now`, and tokens from before `now` are read from here on.
   */
  private jump(page: LogPage): void {
    this.forgetUntil(page.now);
    this.cursor = page.headRow?.seq ?? 0;
    this.cursorId = page.headRow?.id;
    this.backlog = 0;
  }

  /** Believes no token issued before this instant: a change to it may have gone unseen. */
  forgetUntil(instant: number): void {
    this.overlay.clear();
    this.stateCache.clear();
    // Whatever comes back is applied again, which is always right.
    this.unnumbered.clear();
    this.cover(instant);
  }

  private cover(instant: number): void {
    this.covered = Math.max(this.covered, instant);
  }
}
