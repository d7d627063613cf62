/** The tables of the revocation log as the rules describe them, with what can befall them. */
import type { Denial } from '../../../lib/decision/auth-state.js';
import type { LogAnchor, LogPage, LogRow } from '../../../lib/log/log-page.js';
import { GRACE_MS } from '../../../lib/decision/time-margins.js';

/** A row, and what a reader is not shown of it. */
interface StoredRow extends Omit<LogRow, 'seq' | 'seenAt'>, Pick<Denial, 'issuedBefore'> {
  seq: number | null;
  seenAt: number | null;
  readonly expiresAt: number;
}

/** A row that is to be written. */
export type NewRow = Pick<StoredRow, 'kind' | 'ref' | 'code' | 'issuedBefore'>;

/** What one read sees of the log alone. */
export type LogPart = Pick<
  LogPage,
  'head' | 'headRow' | 'purgedThrough' | 'anchor' | 'numbered' | 'unnumbered' | 'isFlooded' | 'full'
>;

export interface LogBackup {
  readonly rows: readonly StoredRow[];
  readonly head: number;
  readonly purgedThrough: number;
}

export class ModelLog {
  private ids = 0;
  private rows: StoredRow[] = [];
  private head = 0;
  private purgedThrough = 0;

  /** Rows as a transaction has written and not committed them. */
  written(rows: readonly NewRow[], expiresAt: number): readonly StoredRow[] {
    return rows.map((row) => ({
      ...row,
      id: `row-${++this.ids}`,
      seq: null,
      seenAt: null,
      expiresAt,
    }));
  }

  commit(rows: readonly StoredRow[]): void {
    this.rows.push(...rows);
  }

  /** Committed rows that deny something. */
  get denying(): readonly StoredRow[] {
    return this.rows.filter(({ code }) => code !== null);
  }

  page(cursor: number, limit: number): LogPart {
    const numbered = this.rows
      .filter(({ seq }) => seq !== null && seq > cursor)
      .sort((a, b) => Number(a.seq) - Number(b.seq));
    const unnumbered = this.rows.filter(({ seq }) => seq === null);
    return {
      head: this.head,
      headRow: this.at(this.head),
      purgedThrough: this.purgedThrough,
      anchor: this.at(cursor),
      // As they were: rows get their numbers later.
      numbered: numbered.slice(0, limit).map((row) => ({ ...row })),
      unnumbered: unnumbered.slice(0, limit).map((row) => ({ ...row })),
      isFlooded: unnumbered.length > limit,
      full: numbered.length > limit || unnumbered.length > limit,
    };
  }

  /** Numbers exactly these rows, those that still have none; and notes when the log was emptied. */
  number(ids: readonly string[], clock: number): true {
    const unnumbered = this.rows.filter(({ id, seq }) => seq === null && ids.includes(id));
    if (unnumbered.length === 0) return true;
    const { top } = this;
    if (top !== this.head) this.purgedThrough = clock;
    this.head = Math.max(this.head, top);
    for (const row of unnumbered) {
      row.seq = ++this.head;
      row.seenAt = clock;
    }
    return true;
  }

  /** Puts a row at the head, where there is none; moves the head to the last row. */
  repair(clock: number, expiresAt: number): true {
    const { top } = this;
    if (top > this.head) {
      this.head = top;
      this.purgedThrough = clock;
    }
    if (top > 0 && top === this.head) return true;
    const [row] = this.written(
      [{ kind: 'resync', ref: '*', code: null, issuedBefore: null }],
      expiresAt,
    );
    if (row !== undefined) this.rows.push({ ...row, seq: ++this.head, seenAt: clock });
    return true;
  }

  purge(clock: number, maxTokenLife: number): void {
    const cutOff = clock - maxTokenLife - GRACE_MS;
    const young = new Set(
      this.rows.flatMap(({ seq, seenAt }) => (seenAt !== null && seenAt >= cutOff ? [seq] : [])),
    );
    const goes = ({ seq, seenAt, expiresAt }: StoredRow) =>
      seq !== null &&
      seq < this.head &&
      seenAt !== null &&
      seenAt < cutOff &&
      expiresAt < clock &&
      !young.has(seq + 1);
    for (const row of this.rows.filter(goes)) {
      this.purgedThrough = Math.max(this.purgedThrough, row.seenAt ?? 0);
    }
    this.rows = this.rows.filter((row) => !goes(row));
  }

  /**
   * Somebody deletes by hand, which no trigger tells of: the rows with the highest numbers, and those that
   * have none. Readers find out by the row at the head, which is always among them.
   */
  lose(rows: number): void {
    this.rows = this.rows.filter(({ seq }) => seq !== null && seq <= this.head - rows);
  }

  /** Somebody puts back an older head by hand, and the rows stay. */
  setBack(by: number): void {
    this.head = Math.max(0, this.head - by);
  }

  backup(): LogBackup {
    const { head, purgedThrough } = this;
    return { rows: this.rows.map((row) => ({ ...row })), head, purgedThrough };
  }

  restore({ rows, head, purgedThrough }: LogBackup): void {
    this.rows = rows.map((row) => ({ ...row }));
    this.head = head;
    this.purgedThrough = purgedThrough;
  }

  /** The highest number that a row has; 0: none has one. */
  get top(): number {
    return Math.max(0, ...this.rows.map(({ seq }) => seq ?? 0));
  }

  private at(seq: number): LogAnchor | null {
    const row = this.rows.find((candidate) => candidate.seq === seq);
    return row === undefined || row.seq === null ? null : { seq: row.seq, id: row.id };
  }
}
