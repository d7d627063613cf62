/**
 * How long tests wait for what must come and has no promised bound, in milliseconds: it ends what hangs, and a
 * machine may have ten times as much to do. `expect.poll` waits as long by itself.
 */
export const WAIT_LIMIT_MS = 60_000;
