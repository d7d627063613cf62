import { existsSync, readFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';

/** How long a process kept its event loop from others. */
export interface LoopHeld {
  /** The longest turn by the processor's clock, in milliseconds: what this process itself took. */
  readonly byProcessor: number;
  /** The longest delay by the wall's, in milliseconds: on a busy machine, others took a part of it. */
  readonly byWall: number;
}

/** Linux counts the processor's time of each thread; the first one runs the event loop. */
const OF_THREAD = `/proc/self/task/${process.pid}/schedstat`;
const hasThreadTime = existsSync(OF_THREAD);

/** What the event loop's thread has taken of the processor, in milliseconds; elsewhere, the process. */
function processorTime(): number {
  if (hasThreadTime) return Number(readFileSync(OF_THREAD, 'utf8').split(' ')[0]) / 1e6;
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

/** Watches the event loop until the returned function is called. */
export function watchLoop(): () => LoopHeld {
  const delays = monitorEventLoopDelay({ resolution: 5 });
  delays.enable();
  let longest = 0;
  let watching = true;
  let since = processorTime();
  const turn = () => {
    const now = processorTime();
    longest = Math.max(longest, now - since);
    since = now;
    if (watching) setTimeout(turn, 1);
  };
  setTimeout(turn, 1);
  return () => {
    watching = false;
    delays.disable();
    return { byProcessor: Math.round(longest), byWall: Math.round(delays.max / 1e6) };
  };
}
