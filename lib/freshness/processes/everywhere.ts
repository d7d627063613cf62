import { setTimeout as sleep } from 'node:timers/promises';
import { AuthUnavailableException } from '../../errors/auth.exceptions.js';
import { CLOCK_STEP_MS } from '../../decision/time-margins.js';
import type { Behind, Processes } from './process-table.js';

/** Pauses between two looks at who has answered, in milliseconds. */
const FIRST_PAUSE = 2;
const LONGEST_PAUSE = 50;
/** Beyond a process's own bound, for clocks that do not run at the same rate, and for the last decision. */
const MARGIN_MS = 100;
const MARGIN_SHARE = 0.01;

/** What waiting is done by. */
export interface Timing {
  /** Milliseconds that only rise. */
  now(): number;
  sleep(ms: number): Promise<void>;
}

const REAL_TIME: Timing = { now: () => performance.now(), sleep: (ms) => sleep(ms) };

/**
 * Resolves when what was committed before the call is in force in every process of the deployment.
 *
 * A process that has answered the question knows of it. One that has not cannot be
 * trusting anything older than its own `maxStaleness`: the lease runs from the beginning of a read,
 * and one that began after the commit has seen it. So the wait ends with the last answer, or with the
 * longest bound of those that owe one, counted from after the commit by this process's own clock.
 *
 * @param hint tells the processes that there is something to read
 * @throws AuthUnavailableException when the processes cannot be listed; what was committed stays so
 */
export async function everywhere(
  processes: Pick<Processes, 'ask' | 'behind' | 'giveUp'>,
  hint: () => void,
  timing = REAL_TIME,
): Promise<void> {
  const began = timing.now();
  try {
    const asked = await processes.ask();
    hint();
    for (let pause = FIRST_PAUSE; ; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
      // oxlint-disable-next-line no-await-in-loop
      const behind = await processes.behind(asked);
      const elapsed = timing.now() - began;
      const remaining = behind.filter((process) => mayTrust(process, elapsed));
      if (remaining.length === 0) {
        forgetSilent(processes, behind, asked);
        return;
      }
      // oxlint-disable-next-line no-await-in-loop
      await timing.sleep(pause);
    }
  } catch (cause) {
    throw new AuthUnavailableException(cause);
  }
}

/** Who did not answer at all is not waited for the next time. If that cannot be noted, it is. */
function forgetSilent(
  processes: Pick<Processes, 'giveUp'>,
  behind: readonly Behind[],
  asked: number,
): void {
  const silent = behind.filter(({ leftForMs }) => leftForMs === undefined);
  if (silent.length === 0) return;
  processes
    .giveUp(
      silent.map(({ id }) => id),
      asked,
    )
    .catch(() => undefined);
}

/**
 * Whether the process may still accept on what it read before: not once its bound has passed since
 * the commit, nor once it has passed since it was given up, for from then on no read renews its trust.
 */
function mayTrust({ maxStalenessMs, leftForMs = 0 }: Behind, elapsed: number): boolean {
  const bound = maxStalenessMs * (1 + MARGIN_SHARE) + MARGIN_MS;
  // How long ago that was is told by the database's clock, which may have been set meanwhile.
  return elapsed < bound && leftForMs < bound + CLOCK_STEP_MS;
}
