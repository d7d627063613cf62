/**
 * The margins of time that the safety arguments rest on. They are in one file because they depend on each
 * other. A denial must outlive every token that it concerns, whatever tolerance a process verifies tokens
 * with, and even when a clock is stepped a little meanwhile.
 */

/** The largest `clockTolerance` that the options allow, in milliseconds. */
export const LONGEST_TOLERANCE_MS = 300_000;

/**
 * How long a denial is kept after the tokens that it concerns have expired, in milliseconds. A verifier
 * accepts a token until `exp` plus its tolerance, so the grace is the largest tolerance. A process whose
 * clock is late refuses such a token too: `judge()` compares the same instant with the database's clock.
 *
 * @alias
 */
export const GRACE_MS = LONGEST_TOLERANCE_MS;

/**
 * How far the database's clock may go back between two statements, in milliseconds: it is slewed, or
 * stepped a little. Where the order of two statements matters, their instants must differ by more.
 */
export const CLOCK_STEP_MS = 1_000;

/**
 * How far `issuedBefore` may be ahead of the database's clock, in milliseconds: the caller's clock may be
 * ahead. A time in the future would end sign-ins that have not happened yet.
 */
export const CALLER_AHEAD_MS = 300_000;

/**
 * How far ahead `iat` and `auth_time` may be, whatever the tolerance. They come from the database's clock
 * and are compared with this process's, and the clocks of two machines never agree to the second.
 */
export const ISSUED_AHEAD_SECONDS = 30;

/** How much faster one process's clock may run than another's, as a share, while one waits out the other's bound. */
export const CLOCK_RATE_SHARE = 0.01;

/** How long a decision that began within the bound may still take after it, in milliseconds. */
export const LAST_DECISION_MS = 100;
