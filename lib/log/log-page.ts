import type { DeploymentState } from '../decision/auth-state.js';
import type { DecisionCode } from '../decision/refusal.js';

/** A row of the revocation log, as a reader sees it. */
export interface LogRow {
  readonly id: string;
  /** Its place in the order of visibility; `null` until somebody who saw it has numbered it. */
  readonly seq: number | null;
  readonly kind: 'subject' | 'session' | 'token' | 'key' | 'all' | 'resync';
  /** The `sub`, `sid`, `jti` or `kid`; `'*'` for all. */
  readonly ref: string;
  /** The refusal that the row itself enforces; `null`: it tells of a change made elsewhere. */
  readonly code: DecisionCode | null;
  /**
   * When it was numbered, in milliseconds of the database's clock: whatever it tells of was committed by
   * then. `null` while it has no number, and where this version does not know what it tells.
   */
  readonly seenAt: number | null;
}

/** A numbered row as a mark in the log. */
export interface LogAnchor {
  readonly seq: number;
  readonly id: string;
}

/** What one read of the log gave: one statement, one instant. */
export interface LogPage {
  /** The instant of the read, in milliseconds of the database's clock: not before what it saw. */
  readonly now: number;
  /** When the statement began, by the same clock: what was committed before it, it saw. */
  readonly startedAt: number;
  /** The highest number given so far. */
  readonly head: number;
  /** The row with that number, for a reader that jumps there; `null` while nothing is numbered. */
  readonly headRow: LogAnchor | null;
  /** Of the rows that were purged, the instant at which the last was first seen. */
  readonly purgedThrough: number;
  /** Since when triggers watch the tables; `null`: they do not. */
  readonly watchingSince: number | null;
  /** The longest life of a token of this deployment, in milliseconds. */
  readonly maxTokenLife: number;
  readonly deployment: DeploymentState;
  /** Whether the server that answered only follows another one. */
  readonly isReplica: boolean;
  /** Whether this process is among those that are waited for. */
  readonly isRegistered: boolean;
  /** The number of the last question to the processes, how far they have read; `null`: nobody asked. */
  readonly askedAt: number | null;
  /** The row that stands at the reader's cursor now; `null` when none does. */
  readonly anchor: LogAnchor | null;
  /** Rows after the cursor, in order. */
  readonly numbered: readonly LogRow[];
  /** Rows that are visible and have no number yet. */
  readonly unnumbered: readonly LogRow[];
  /** Whether there are more without a number than these. */
  readonly isFlooded: boolean;
  /** Whether the page was cut at its limit, so that more rows are visible than it has. */
  readonly full: boolean;
}
