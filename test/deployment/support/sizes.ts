/** `npm run test:deployment:long` runs the full numbers, `npm run test:deployment` a short form. */
export const isFull = process.env['DEPLOYMENT_FULL'] === 'true';

/** One of two sizes: that of the full run, or that of the short one. */
export function sized(full: number, short: number): number {
  return isFull ? full : short;
}

/**
 * The bound of tracked freshness that a check runs with; `undefined` with
 * `DEPLOYMENT_FRESHNESS=strict`, under which every promise but that of no queries must hold too,
 * with no bound at all.
 */
export function bound(milliseconds: number): number | undefined {
  return process.env['DEPLOYMENT_FRESHNESS'] === 'strict' ? undefined : milliseconds;
}
