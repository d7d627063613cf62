import type { DataSource } from 'typeorm';
import type { AuthDatabase } from '../../database/database.js';
import { adapterOf } from '../../database/adapters.js';
import {
  type InstalledTrigger,
  type ReadCatalog,
  samePath,
} from '../../database/triggers/catalog.js';
import { isCovered } from '../../database/triggers/marker.js';
import type { Trigger } from '../../database/triggers/trigger.js';
import type { WatchPlan } from '../../database/triggers/watched-tables.js';

export interface Coverage {
  /** What the plan needs and no trigger watches: one text each, with the fix. */
  readonly problems: readonly string[];
  /** A text that changes when a trigger was created again, or switched off and on. */
  readonly made: string;
}

/**
 * Whether the triggers log everything that the plan needs. Triggers may watch more, so older processes go on
 * working during a rollout. It only reads the catalog, and can run again at any time.
 */
export async function coverage(
  database: AuthDatabase,
  dataSource: DataSource,
  plan: WatchPlan,
): Promise<Coverage> {
  const read: ReadCatalog = (sql, params) => database.read({ sql, params });
  const dialect = adapterOf(dataSource).triggers;
  const needed = await dialect.needed(plan, read);
  const installed = await dialect.installed(needed, read);
  return {
    // A problem of a table is the same for each of its triggers.
    problems: [
      ...new Set(
        needed.flatMap((trigger) => problem(trigger, installed, dialect.hiddenHint) ?? []),
      ),
    ],
    made: installed
      .map(({ table, name, made }) => JSON.stringify([table, name, made]))
      .sort()
      .join(),
  };
}

export function isInstalled(trigger: Trigger, installed: readonly InstalledTrigger[]): boolean {
  return installed.some(
    ({ name, table, fault }) =>
      name === trigger.name && fault === undefined && samePath(table, trigger.table),
  );
}

function problem(
  { table, event, marker, refused }: Trigger,
  installed: readonly InstalledTrigger[],
  hiddenHint: string,
): string | undefined {
  if (refused !== undefined) return refused;
  const own = installed.filter((other) => samePath(other.table, table));
  const covering = own.filter((other) => isCovered(other.marker, marker));
  if (covering.some(({ fault }) => fault === undefined)) return undefined;
  const where = `"${table.join('.')}" (${event})`;
  const [broken] = covering;
  if (broken !== undefined) {
    return `${where}: the trigger ${broken.name} ${broken.fault}. ${FIX}`;
  }
  const lesser = own.find(
    (other) => other.marker.realm === marker.realm && other.marker.same === marker.same,
  );
  if (lesser !== undefined) {
    const missing = marker.covers.filter((name) => !lesser.marker.covers.includes(name));
    return `${where}: no trigger watches ${missing.join(', ')}. ${FIX}`;
  }
  return `${where}: there is no trigger for the realm "${marker.realm}". ${FIX}${hiddenHint}`;
}

const FIX =
  'Run a migration made by createAuthMigration({ watch: { options } }) with the options of this process, or the SQL that `npx nestjs-revocable-jwt triggers` prints.';
