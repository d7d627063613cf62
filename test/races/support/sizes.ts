/** The share of the full numbers that is run: a tenth, or all with `npm run test:races:long`. */
const SHARE = Number(process.env['RACES'] ?? 0.1);

/** So many of a full number. */
export function runsOf(full: number): number {
  return Math.max(2, Math.round(full * SHARE));
}

/** Seeds of the delays; printed with the name of each suite. */
export const SEED = Number(process.env['RACES_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
