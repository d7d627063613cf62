import type { AuthStateReader } from '../decision/auth-state.js';
import type { Decider } from './decider.js';
import type { Propagation } from '../log/propagation.js';
import type { Freshness, FreshnessStatus } from './freshness.js';
import { everywhere } from './processes/everywhere.js';
import type { ProcessTable } from './processes/process-table.js';

const STATUS: FreshnessStatus = Object.freeze({
  mode: 'strict',
  isTracking: false,
  ageMs: undefined,
  maxStalenessMs: undefined,
  coverage: undefined,
  lastWakeUpAt: undefined,
  overlaySize: 0,
  rowsRead: 0,
  logLag: 0,
  problems: [],
});

/** Strict freshness: this process remembers nothing, so a revocation has nothing to update in it. */
export class StrictFreshness implements Freshness {
  readonly strict: Decider;
  readonly propagation: Propagation;

  constructor(
    readonly decider: Decider,
    readonly reader: AuthStateReader,
    processes: ProcessTable,
  ) {
    this.strict = decider;
    this.propagation = {
      committed: () => Promise.resolve(),
      pending: () => undefined,
      hint: () => undefined,
      // Other processes of the deployment may run in tracked mode.
      everywhere: async () => {
        await everywhere(processes, () => undefined);
        // When all processes are strict, nothing else deletes the rows of processes that asked and died.
        processes.tidy().catch(() => undefined);
      },
    };
  }

  status(): FreshnessStatus {
    return STATUS;
  }

  start(): Promise<void> {
    return Promise.resolve();
  }

  stop(): Promise<void> {
    return Promise.resolve();
  }
}
