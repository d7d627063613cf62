import type { AuthStateReader } from '../decision/auth-state-reader.js';
import type { Decider } from './decider.js';
import type { Propagation } from '../log/propagation.js';
import type { Freshness } from './freshness.js';
import type { FreshnessStatus } from './freshness-status.js';
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

/** Strict freshness: nothing is remembered, so nothing needs to be told or waited for here. */
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
      // Other processes of the deployment may be tracked.
      everywhere: async () => {
        await everywhere(processes, () => undefined);
        // Where all are strict, nobody else would take away those who asked and died.
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
