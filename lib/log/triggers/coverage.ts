import type { DataSource } from 'typeorm';
import type { AuthDatabase } from '../../database/database.js';
import { dialectOf } from '../../database/dialect-of.js';
import type { Dialect } from '../../database/dialect.js';
import type {
  InstalledTrigger,
  ReadCatalog,
  TriggerDialect,
} from '../../database/triggers/catalog.js';
import { isCovered } from '../../database/triggers/marker.js';
import { mysqlCatalog } from '../../database/mysql/triggers/catalog.js';
import { postgresCatalog } from '../../database/postgres/triggers/catalog.js';
import { sqliteCatalog } from '../../database/sqlite/triggers/catalog.js';
import type { Trigger } from '../../database/triggers/trigger.js';
import type { WatchPlan } from '../../database/triggers/watch-plan.js';

const DIALECTS: Readonly<Record<Dialect['name'], TriggerDialect>> = {
  postgres: postgresCatalog,
  mysql: mysqlCatalog,
  sqlite: sqliteCatalog,
};

/** The part that the DataSource's database plays. */
export function triggerDialect(dataSource: DataSource): TriggerDialect {
  return DIALECTS[dialectOf(dataSource).name];
}

/** What a look at the triggers shows. */
export interface Coverage {
  /** What the plan needs watched and nothing watches: one text each, with the fix. */
  readonly problems: readonly string[];
  /** Another text once a trigger was made anew, or switched off and on again, since an earlier look. */
  readonly made: string;
}

/**
 * Whether the log tells everything that the plan needs. Triggers that watch more cover it, so that older
 * processes go on during a rollout. Reads the catalog alone, and can be asked again at any time.
 */
export async function coverage(
  database: AuthDatabase,
  dataSource: DataSource,
  plan: WatchPlan,
): Promise<Coverage> {
  const read: ReadCatalog = (sql, params) => database.read({ sql, params });
  const dialect = triggerDialect(dataSource);
  const needed = await dialect.needed(plan, read);
  const installed = await dialect.installed(needed, read);
  return {
    problems: distinct(
      needed.flatMap((trigger) => problem(trigger, installed, dialectOf(dataSource)) ?? []),
    ),
    made: installed
      .map(({ table, name, made }) => JSON.stringify([table, name, made]))
      .sort()
      .join(),
  };
}

/** Whether a trigger is there as it should be. */
export function isInstalled(trigger: Trigger, installed: readonly InstalledTrigger[]): boolean {
  return installed.some(
    ({ name, table, fault }) =>
      name === trigger.name && fault === undefined && samePath(table, trigger.table),
  );
}

function problem(
  { table, event, marker, refused }: Trigger,
  installed: readonly InstalledTrigger[],
  { name: database }: Dialect,
): string | undefined {
  if (refused !== undefined) return refused;
  const own = installed.filter((other) => samePath(other.table, table));
  const covering = own.filter((other) => isCovered(other.marker, marker));
  if (covering.some(({ fault }) => fault === undefined)) return undefined;
  const where = `"${table.join('.')}" (${event})`;
  const [broken] = covering;
  if (broken !== undefined) {
    return `${where}: the trigger ${broken.name} ${broken.fault}; ${FIX}`;
  }
  const lesser = own.find(
    (other) => other.marker.realm === marker.realm && other.marker.same === marker.same,
  );
  if (lesser !== undefined) {
    const missing = marker.covers.filter((name) => !lesser.marker.covers.includes(name));
    return `${where}: no trigger watches ${missing.join(', ')}; ${FIX}`;
  }
  // There it takes the right to make triggers to see them, or to see their code.
  const grant =
    database === 'mysql'
      ? ' If it is there, grant TRIGGER on the table, without which it, or its code, is not shown.'
      : '';
  return `${where}: there is no trigger for the realm "${marker.realm}"; ${FIX}${grant}`;
}

const FIX =
  'run a migration made by createAuthMigration({ watch: { options } }) with the options of this process, or the SQL that `npx nestjs-revocable-jwt triggers` prints.';

/** What is wrong with a table is said of each of its triggers. */
function distinct(problems: readonly string[]): string[] {
  return [...new Set(problems)];
}

function samePath(a: readonly string[], b: readonly string[]): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
