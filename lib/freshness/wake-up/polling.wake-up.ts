import type { WakeUp } from './wake-up.js';

/** No hints: the log is read at its interval, and that alone keeps the bound. */
export const POLLING: WakeUp = {
  lastHintAt: undefined,
  start: () => Promise.resolve(),
  hint: () => undefined,
  stop: () => Promise.resolve(),
};
