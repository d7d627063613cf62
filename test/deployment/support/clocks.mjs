/**
 * Loaded into a process before all else, lets its clocks lie as clocks do.
 *
 * - `CLOCKS=suspended`: the monotonic clock leaves out the time in which the process did not run, as
 *   Linux's does while the machine is suspended.
 * - `CLOCKS=set-back`: the wall clock does, as when it is set back by so much meanwhile.
 * - SIGWINCH steps the wall clock by half a minute, forwards and backwards in turn.
 */
/** A process that runs asks for the time more often than this: it reads the log all the time. */
const PAUSE_MS = 1_000;
const STEP_MS = 30_000;

const monotonic = performance.now.bind(performance);
const wall = Date.now;
let last = monotonic();
let paused = 0;
let step = 0;

function look() {
  const now = monotonic();
  if (now - last > PAUSE_MS) paused += now - last;
  last = now;
  return now;
}

const leavesOut = (clock) => (process.env.CLOCKS === clock ? paused : 0);
performance.now = () => look() - leavesOut('suspended');
Date.now = () => {
  look();
  return Math.round(wall() + step - leavesOut('set-back'));
};
process.on('SIGWINCH', () => {
  step = step === 0 ? STEP_MS : 0;
});
// Before the first look at a clock, also while nobody asks.
setInterval(look, PAUSE_MS / 4).unref();
