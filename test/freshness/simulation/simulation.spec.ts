/**
 * Random histories of a database, its log and several processes, each checked against the promises:
 *
 * - no process accepts what the database refused longer ago than the process's bound;
 * - nor what was refused before a revocation that it told its caller of, or a transaction it held;
 * - nor, once `everywhere` has resolved, what was refused before that was asked;
 * - no process refuses what nobody revoked.
 *
 *     npm run test:simulation                                          100,000 histories
 *     SIMULATION_HISTORIES=1000000 SIMULATION_SEED=123 npm run test:simulation
 *
 * A history that breaks a promise is made as short as it can be and shown. With the seed and the path that
 * are shown (SIMULATION_PATH) it happens again at once.
 */
import { Logger } from '@nestjs/common';
import { array, assert, asyncProperty, nat } from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import { History, type Tally } from './history.js';

const SEED = Number(process.env['SIMULATION_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const HISTORIES = Number(process.env['SIMULATION_HISTORIES'] ?? 3_000);

const TALLIED = ['from memory', 'read', 'everywhere'] as const;

beforeAll(() => Logger.overrideLogger(false));

it(
  `${HISTORIES} histories from seed ${SEED} keep the promises`,
  { timeout: 3_600_000 },
  async () => {
    const path = process.env['SIMULATION_PATH'];
    const total: Tally = { 'from memory': 0, read: 0, everywhere: 0 };
    let played = 0;
    const steps = array(nat(), { minLength: 1, maxLength: 120, size: 'max' });
    const keeps = asyncProperty(steps, async (history) => {
      const { violation, tally } = await play(history);
      for (const kind of TALLIED) total[kind] += tally[kind];
      // What processes left to timers ends with them.
      played++;
      if (played % 100 === 0) await new Promise(setImmediate);
      if (violation !== undefined) throw new Error(violation);
    });
    await assert(keeps, {
      seed: SEED,
      numRuns: HISTORIES,
      unbiased: true,
      // Reports show the message of an error, and not what caused it.
      includeErrorInReport: true,
      ...(path && { path }),
    });
    if (path !== undefined) return;
    // Otherwise the promises would have been kept by trusting nothing.
    expect(total['from memory']).toBeGreaterThan(HISTORIES);
    expect(total.read).toBeGreaterThan(HISTORIES);
    expect(total.everywhere).toBeGreaterThan(HISTORIES / 10);
  },
);

async function play(steps: readonly number[]): Promise<History> {
  const history = new History();
  await history.play(steps);
  return history;
}
