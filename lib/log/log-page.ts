import type { DeploymentState } from '../decision/auth-state.js';
import { DECISION_CODES, type DecisionCode } from '../decision/refusal.js';

/** What a row may concern; `resync`: a change in other tables, which may concern any token. */
export const LOG_KINDS = ['subject', 'session', 'token', 'key', 'all', 'resync'] as const;

export interface LogRow {
  readonly id: string;
  /** Its number in the order in which rows became visible; `null` until a process that saw it numbers it. */
  readonly seq: number | null;
  readonly kind: (typeof LOG_KINDS)[number];
  /** The `sub`, `sid`, `jti` or `kid`; `'*'` for all. */
  readonly ref: string;
  /** The refusal that the row itself enforces; `null` when it only reports a change in another table. */
  readonly code: DecisionCode | null;
  /**
   * When it was numbered, in milliseconds of the database's clock. What it reports was committed by then.
   * `null` while it has no number, and for a kind that this version does not know.
   */
  readonly seenAt: number | null;
}

/** Identifies a numbered row. If the same number has another id, it is another log. */
export interface LogAnchor {
  readonly seq: number;
  readonly id: string;
}

/** The result of one read of the log: one statement, one instant. */
export interface LogPage {
  /** The instant of the read, in milliseconds of the database's clock: not earlier than what it saw. */
  readonly now: number;
  /** When the statement began, by the same clock. It saw everything that was committed before. */
  readonly startedAt: number;
  /** The highest number given so far. */
  readonly head: number;
  /** The row with the highest number, for a reader that jumps there; `null`: there is none. */
  readonly headRow: LogAnchor | null;
  /** When the last of the purged rows was numbered. */
  readonly purgedThrough: number;
  /** Since when triggers watch the tables; `null` when they do not. */
  readonly watchingSince: number | null;
  /** The longest token life of this deployment, in milliseconds. */
  readonly maxTokenLife: number;
  readonly deployment: DeploymentState;
  readonly isReplica: boolean;
  /** Whether this process is registered, so that others wait for it. */
  readonly isRegistered: boolean;
  /** The number of the last question to the processes, which asks how far they have read; `null` when there is none. */
  readonly askedAt: number | null;
  /** The row at the reader's cursor; `null` when there is none. */
  readonly anchor: LogAnchor | null;
  /** Rows after the cursor, in order. */
  readonly numbered: readonly LogRow[];
  /** Rows that are visible and have no number yet. */
  readonly unnumbered: readonly LogRow[];
  /** Whether there are more rows without a number than those in `unnumbered`. */
  readonly isFlooded: boolean;
  /** Whether more rows are visible than the page holds. */
  readonly full: boolean;
}

/** A code that this version does not know still denies: a newer process of the deployment wrote it. */
export function denialCodeOf(code: unknown): DecisionCode {
  return DECISION_CODES.find((known) => known === code) ?? 'token_revoked';
}
