/** `npm run test:races` runs the full numbers, `npm test` a tenth of a tenth; `RACES` says another share. */
const SHARE = Number(process.env['RACES'] ?? 0.01);

/** So many of a full number. */
export function runsOf(full: number): number {
  return Math.max(2, Math.round(full * SHARE));
}

/** Seeds of the delays; printed with the name of each suite. */
export const SEED = Number(process.env['RACES_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
