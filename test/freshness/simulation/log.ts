/** The tables of the revocation log as the rules describe them, with what can befall them. */
import type { LogMark, LogPage, LogRow } from '../../../lib/freshness/log/log-page.js';
import { GRACE_MS } from '../../../lib/freshness/log/log-table.js';

/** A row, and what a reader is not shown of it. */
interface StoredRow extends Omit<LogRow, 'seq'> {
  seq: number | null;
  sequencedAt: number;
  readonly expiresAt: number;
}

/** A row that is to be written. */
export type NewRow = Pick<LogRow, 'kind' | 'ref' | 'code' | 'issuedBefore'>;

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
      sequencedAt: 0,
      expiresAt,
    }));
  }

  commit(rows: readonly StoredRow[]): void {
    this.rows.push(...rows);
  }

  /** Committed rows that deny something. */
  get denying(): readonly LogRow[] {
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
    if (unnumbered.length > 0 && this.head > 0 && this.at(this.head) === null) {
      this.purgedThrough = clock;
    }
    for (const row of unnumbered) {
      row.seq = ++this.head;
      row.sequencedAt = clock;
    }
    return true;
  }

  /** Puts a row at the head, where there is none. */
  mend(clock: number, expiresAt: number): true {
    if (this.rows.some(({ seq }) => seq !== null && seq >= this.head)) return true;
    const [row] = this.written(
      [{ kind: 'resync', ref: '*', code: null, issuedBefore: null }],
      expiresAt,
    );
    if (row !== undefined) this.rows.push({ ...row, seq: ++this.head, sequencedAt: clock });
    return true;
  }

  purge(clock: number, maxTokenLife: number): void {
    const cutOff = clock - maxTokenLife - GRACE_MS;
    const young = new Set(
      this.rows.flatMap(({ seq, sequencedAt }) => (sequencedAt >= cutOff ? [seq] : [])),
    );
    const goes = ({ seq, sequencedAt, expiresAt }: StoredRow) =>
      seq !== null &&
      seq < this.head &&
      sequencedAt < cutOff &&
      expiresAt < clock &&
      !young.has(seq + 1);
    for (const row of this.rows.filter(goes)) {
      this.purgedThrough = Math.max(this.purgedThrough, row.sequencedAt);
    }
    this.rows = this.rows.filter((row) => !goes(row));
  }

  /**
   * Somebody empties the table by hand, which no trigger tells of. Readers find out by the row at the
   * head; before the first one has been numbered there is none, and what nobody has seen is lost.
   */
  empty(): void {
    if (this.head > 0) this.rows = [];
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

  private at(seq: number): LogMark | null {
    const row = this.rows.find((candidate) => candidate.seq === seq);
    return row === undefined || row.seq === null ? null : { seq: row.seq, id: row.id };
  }
}
