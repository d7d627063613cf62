import { setTimeout as sleep } from 'node:timers/promises';
import { AuthUnavailableException } from '../../errors/auth.exceptions.js';
import { CLOCK_RATE_SHARE, CLOCK_STEP_MS, LAST_DECISION_MS } from '../../decision/time-margins.js';
import type { Behind, Processes } from './process-table.js';

/** Pauses between two checks of who has answered, in milliseconds. */
const FIRST_PAUSE = 2;
const LONGEST_PAUSE = 50;

/** The clock and the timer; tests replace them. */
export interface Timing {
  /** Milliseconds that never go back. */
  now(): number;
  sleep(ms: number): Promise<void>;
}

const REAL_TIME: Timing = { now: () => performance.now(), sleep: (ms) => sleep(ms) };

/**
 * Resolves when everything that was committed before the call is in force in every process of the
 * deployment.
 *
 * A process that has answered the question knows all of it. A process that has not answered trusts nothing older
 * than its own `maxStaleness`: its lease runs from the beginning of a read, and a read that began after the commit
 * has seen the change. So the wait ends with the last answer. If answers are missing, it ends with the longest bound
 * of those processes, counted from this call by this process's own clock.
 *
 * @param hint tells the processes that there is something to read
 * @throws AuthUnavailableException when the processes cannot be listed; what was committed stays committed
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

/** The next call does not wait for processes that did not answer, unless this write fails. */
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
 * Whether the process may still accept tokens on older memory. It stops when its bound has passed since the commit,
 * or since it was given up: after that, no read renews its trust.
 */
function mayTrust({ maxStalenessMs, leftForMs = 0 }: Behind, elapsed: number): boolean {
  const bound = maxStalenessMs * (1 + CLOCK_RATE_SHARE) + LAST_DECISION_MS;
  // The time since it was given up is measured by the database's clock, which may have been set meanwhile.
  return elapsed < bound && leftForMs < bound + CLOCK_STEP_MS;
}
