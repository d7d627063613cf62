import type { DataSource } from 'typeorm';
import { adapterOf } from '../database/adapters.js';
import type { WatchPlan } from '../database/triggers/watched-tables.js';
import type { AuthStateReader } from '../decision/auth-state.js';
import type { RealmTables } from '../log/log-table.js';
import { StoredLog } from '../log/stored-log.js';
import { coverage } from '../log/triggers/coverage.js';
import { type DecisionContext, StrictDecider } from './decider.js';
import type { Freshness, FreshnessStatus } from './freshness.js';
import type { FreshnessSettings, TrackedSettings } from './freshness.settings.js';
import { everywhere } from './processes/everywhere.js';
import { ProcessTable } from './processes/process-table.js';
import { CurrentReader } from './tracked/current.reader.js';
import { Lease } from './tracked/lease.js';
import { LogView } from './tracked/log-view.js';
import { PendingRevocations } from './tracked/pending-revocations.js';
import type { ResolutionRules } from './tracked/resolve-from-memory.js';
import { type Memory, TrackedDecider } from './tracked/tracked.decider.js';
import { TrackedFreshness } from './tracked/tracked.freshness.js';
import { TriggerWatch } from './tracked/trigger-watch.js';
import { openWakeUp } from './wake-up/open-wake-up.js';

/** A serving process that is further behind than this many rows clears its memory instead of reading them all. */
const MAX_BACKLOG = 20_000;
/** One cached state for so many entries of the overlay. A state takes some hundred bytes, several times as many. */
const CHANGES_PER_CACHED_STATE = 2;

const STRICT_STATUS: FreshnessStatus = Object.freeze({
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

/** What the freshness of a realm needs. */
interface FreshnessParts extends RealmTables {
  readonly dataSource: DataSource;
  readonly reader: AuthStateReader;
  readonly context: DecisionContext;
  readonly rules: ResolutionRules;
  readonly plan: () => WatchPlan;
  readonly timeoutMs: number;
}

/**
 * Builds the freshness of a realm: strict reads the state for each decision, tracked follows the log in memory.
 * Nothing is started.
 */
export async function openFreshness(
  settings: FreshnessSettings,
  parts: FreshnessParts,
): Promise<Freshness> {
  if (settings.mode === 'strict') return openStrict(parts);
  const plan = parts.plan();
  // On separate connections: a pool that requests share may be busy, and must not delay reads of the log.
  const database = await adapterOf(parts.dataSource).openOwn(parts.dataSource, parts.timeoutMs);
  try {
    return await openTracked(settings, { ...parts, database }, plan);
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** Strict freshness: this process remembers nothing, so a revocation has nothing to update in it. */
function openStrict({ context, reader, database, tables, realm }: FreshnessParts): Freshness {
  const processes = new ProcessTable({ database, tables, realm, maxStalenessMs: 0 });
  const decider = new StrictDecider(context, reader);
  return {
    decider,
    strict: decider,
    reader,
    propagation: {
      committed: () => Promise.resolve(),
      pending: () => undefined,
      hint: () => undefined,
      // Other processes of the deployment may run in tracked mode.
      everywhere: async () => {
        await everywhere(processes, () => undefined);
        // When all processes are strict, nothing else deletes the rows of processes that asked and died.
        processes.tidy().catch(() => undefined);
      },
    },
    status: () => STRICT_STATUS,
    start: () => Promise.resolve(),
    stop: () => Promise.resolve(),
  };
}

async function openTracked(
  settings: TrackedSettings,
  parts: FreshnessParts,
  plan: WatchPlan,
): Promise<Freshness> {
  const { dataSource, database, tables, realm, rules, context } = parts;
  const { maxStalenessMs } = settings;
  await adapterOf(dataSource).refuseStalePrimaries?.(database);

  // What follows the log, in this process and in the others.
  const memory = memoryOf(settings);
  const processes = new ProcessTable({ database, tables, realm, maxStalenessMs });
  const log = new StoredLog({ database, tables, realm, process: processes.id });
  const look = () => coverage(database, dataSource, plan);
  const triggers = new TriggerWatch(look, () => log.recordGap());
  const wakeUp = await openWakeUp(settings.wakeUp, { dataSource, database, tables, realm });

  // What decides: from memory if it has the answer, and otherwise strictly.
  const reader = new CurrentReader(memory, parts.reader, parts.timeoutMs);
  const strict = new StrictDecider(context, reader);
  const decider = new TrackedDecider({ memory, rules, context, strict });

  const close = () => database.close();
  const follower = { memory, log, triggers, processes, wakeUp, maxStalenessMs, close };
  return new TrackedFreshness({ decider, strict, reader, ...follower });
}

function memoryOf({ maxChanges, maxStalenessMs }: TrackedSettings): Memory {
  const view = new LogView({
    maxEntries: maxChanges,
    maxBacklog: MAX_BACKLOG,
    maxCachedStates: Math.ceil(maxChanges / CHANGES_PER_CACHED_STATE),
  });
  return { view, lease: new Lease(maxStalenessMs), pending: new PendingRevocations() };
}
