/**
 * The margins of time that the proof behind every promise rests on. They stand together because each
 * of them assumes the others: a denial must outlive the tokens it concerns (grace), whatever tolerance
 * verifies them and however far a clock is stepped meanwhile.
 */

/** The largest `clockTolerance` that validation allows, in milliseconds. */
export const LONGEST_TOLERANCE_MS = 300_000;

/**
 * How long a denial outlives the tokens that it concerns, in milliseconds: the largest tolerance with
 * which any process may still accept one of them.
 */
export const GRACE_MS = LONGEST_TOLERANCE_MS;

/**
 * How far the instants of two statements on the database's clock may be out of order, in
 * milliseconds: a clock that is slewed or stepped a little while a change commits.
 */
export const CLOCK_STEP_MS = 1_000;

/** How far ahead of the database's clock an instant that a caller names as "now" may be, in milliseconds. */
export const CALLER_AHEAD_MS = 300_000;
