import { createHash } from 'node:crypto';
import type { DataSource } from 'typeorm';
import type { TrackedSettings } from './freshness.settings.js';
import type { AuthDatabase } from '../database/database.js';
import { adapterOf } from '../database/adapters.js';
import { openOwnDatabase } from '../database/open-database.js';
import type { AuthTables } from '../database/tables.js';
import { wakeUpChannel } from '../log/triggers/channel.js';
import { coverage } from '../log/triggers/coverage.js';
import type { WatchPlan } from '../database/triggers/watch-plan.js';
import type { AuthStateReader } from '../decision/auth-state-reader.js';
import { type DecisionContext, StrictDecider } from './decider.js';
import type { Freshness } from './freshness.js';
import type { FreshnessSettings } from './freshness.settings.js';
import { StoredLog } from '../log/stored-log.js';
import { ProcessTable } from './processes/process-table.js';
import { StrictFreshness } from './strict.freshness.js';
import { CurrentReader } from './tracked/current.reader.js';
import { PendingRevocations } from './tracked/pending-revocations.js';
import { Lease } from './tracked/lease.js';
import { LogView } from './tracked/log-view.js';
import type { ResolutionRules } from './tracked/resolve-from-memory.js';
import { TrackedDecider } from './tracked/tracked.decider.js';
import { TrackedFreshness } from './tracked/tracked.freshness.js';
import { TriggerWatch } from './tracked/trigger-watch.js';
import { InProcessWakeUp } from './wake-up/in-process.wake-up.js';
import { LinkedWakeUp } from './wake-up/linked.wake-up.js';
import { redisWakeUp } from './wake-up/redis.wake-up.js';
import { POLLING, type WakeUp } from './wake-up/wake-up.js';

/** Rows behind which a process that serves rather reads what it needs than all that it missed. */
const MAX_BACKLOG = 20_000;
/** A reading takes some hundred bytes, several times what an entry of the overlay takes. */
const CHANGES_PER_READING = 2;

/** What freshness of either kind is made of. */
export interface FreshnessParts {
  readonly realm: string;
  readonly dataSource: DataSource;
  readonly database: AuthDatabase;
  readonly tables: AuthTables;
  readonly reader: AuthStateReader;
  readonly context: DecisionContext;
  readonly rules: ResolutionRules;
  /** What must be watched for memory to follow. */
  readonly plan: () => WatchPlan;
  /** How long one statement may take, in milliseconds. */
  readonly timeoutMs: number;
}

/** Puts the chosen kind of freshness together; nothing is started. */
export async function openFreshness(
  settings: FreshnessSettings,
  parts: FreshnessParts,
): Promise<Freshness> {
  const { database, tables, realm, context, reader } = parts;
  if (settings.mode === 'strict') {
    const strict = new StrictDecider(context, reader);
    return new StrictFreshness(
      strict,
      reader,
      new ProcessTable({ database, tables, realm, maxStalenessMs: 0 }),
    );
  }
  const plan = parts.plan();
  const own = await openOwnDatabase(parts.dataSource, { timeoutMs: parts.timeoutMs });
  try {
    return await openTracked(settings, { ...parts, database: own }, plan);
  } catch (error) {
    await own.close();
    throw error;
  }
}

async function openTracked(
  settings: TrackedSettings,
  parts: FreshnessParts,
  plan: WatchPlan,
): Promise<Freshness> {
  const { dataSource, database, tables, realm, rules, context, reader } = parts;
  const { maxStalenessMs, maxChanges } = settings;
  await adapterOf(dataSource).refuseStalePrimaries?.(database);
  const processes = new ProcessTable({ database, tables, realm, maxStalenessMs });
  const memory = {
    view: new LogView({
      maxEntries: maxChanges,
      maxBacklog: MAX_BACKLOG,
      maxCachedStates: Math.ceil(maxChanges / CHANGES_PER_READING),
    }),
    lease: new Lease(maxStalenessMs),
    pending: new PendingRevocations(),
  };
  const log = new StoredLog({ database, tables, realm, process: processes.id });
  const current = new CurrentReader(memory, reader, parts.timeoutMs);
  const strict = new StrictDecider(context, current);
  return new TrackedFreshness({
    decider: new TrackedDecider(memory, rules, context, strict),
    strict,
    reader: current,
    memory,
    log,
    triggers: new TriggerWatch(
      () => coverage(database, dataSource, plan),
      () => log.recordGap(),
    ),
    processes,
    wakeUp: await wakeUpOf(settings, parts),
    maxStalenessMs,
    close: () => database.close(),
  });
}

async function wakeUpOf(
  { wakeUp }: TrackedSettings,
  { dataSource, database, tables, realm }: FreshnessParts,
): Promise<WakeUp> {
  if (wakeUp === 'poll') return POLLING;
  if (wakeUp === 'auto') {
    const link = adapterOf(dataSource).wakeUpLink?.(dataSource, wakeUpChannel(realm), database);
    return link === undefined ? new InProcessWakeUp(dataSource) : new LinkedWakeUp(link);
  }
  const [state] = await database.read({
    sql: `SELECT stamp_key FROM ${tables.state} WHERE realm = ${database.dialect.placeholder(1)}`,
    params: [realm],
  });
  // Deployments that share a Redis must not wake each other. Nobody need think of a name: this key is
  // random, and the same in every process of one deployment.
  const deployment = createHash('sha256').update(String(state?.['stamp_key'])).digest('hex');
  return redisWakeUp(wakeUp.redis, `${wakeUpChannel(realm)}:${deployment.slice(0, 16)}`);
}
