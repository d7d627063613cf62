import type { DataSource, ObjectLiteral, QueryRunner } from 'typeorm';
import { dataSourceOf } from '../database/data-source-of.js';
import { UNSET } from '../database/tables/log.tables.js';
import { adapterOf } from '../database/adapters.js';
import { literal, type ReadCatalog } from '../database/triggers/catalog.js';
import { channelName } from '../freshness/wake-up/channel-name.js';
import { watchPlan } from '../log/triggers/watch-plan.js';
import { isInstalled } from '../log/triggers/coverage.js';
import type { WatchPlan } from '../database/triggers/watched-tables.js';
import { AuthConfigurationError } from '../errors/auth.errors.js';
import { activePolicies } from '../options/policy.settings.js';
import { type WatchedOptions, watchSource } from '../options/watched.js';
import { userModel } from '../users/user.settings.js';
import { Problems } from '../validation/problems.js';

/** What the triggers watch. */
export interface WatchMigrationOptions<User extends ObjectLiteral = ObjectLiteral> {
  /** The options of the AuthModule: its user, its policies and `jwt.deriveKeyFrom`. */
  readonly options: WatchedOptions<User>;
  /** The realm of the AuthModule. Default `'jwt'`. */
  readonly realm?: string;
  /**
   * PostgreSQL: whether the triggers NOTIFY waiting processes. Default `true`. Set it to `false` if the
   * application uses PREPARE TRANSACTION, which PostgreSQL refuses after a NOTIFY.
   */
  readonly notify?: boolean;
}

/**
 * What the triggers must watch with these options.
 *
 * @throws AuthConfigurationError that lists every problem, each with what to do
 */
export function planOf(
  dataSource: DataSource,
  { options, realm = 'jwt', notify = true }: WatchMigrationOptions,
): WatchPlan {
  const problems = new Problems();
  const user = userModel(problems, dataSource, options.user);
  if (user === undefined) throw new AuthConfigurationError(problems.list);
  const policies = activePolicies(problems, options.policies, user.columns);
  const deriveKeyFrom = options.jwt?.deriveKeyFrom;
  const source = watchSource(problems, dataSource, user, { ...options, policies, deriveKeyFrom });
  if (problems.list.length > 0) throw new AuthConfigurationError(problems.list);
  const channel = notify ? channelName(realm) : undefined;
  return watchPlan(source, dataSource, { realm, channel });
}

/**
 * Creates the triggers that are missing. After that, every change gets into the log. MySQL and MariaDB commit each
 * trigger, so a migration that failed half-way can be run again.
 */
export async function createTriggers(
  runner: QueryRunner,
  watch: WatchMigrationOptions,
): Promise<void> {
  const plan = planOf(dataSourceOf(runner), watch);
  const { needed, installed } = await compare(runner, plan);
  const missing = needed.filter((trigger) => !isInstalled(trigger, installed));
  await execute(
    runner,
    missing.flatMap(({ drop, create }) => [...drop, ...create]),
  );
  // Creating a trigger waits for open writes. So each change that no trigger saw was committed before this statement.
  await execute(runner, watchingSince(dataSourceOf(runner), plan));
}

/** Drops exactly the triggers of this migration. */
export async function dropTriggers(
  runner: QueryRunner,
  watch: WatchMigrationOptions,
): Promise<void> {
  const plan = planOf(dataSourceOf(runner), watch);
  const { needed } = await compare(runner, plan);
  await execute(
    runner,
    needed.flatMap(({ drop }) => drop),
  );
  const { installed } = await compare(runner, plan);
  // Triggers of an older migration have watched all the time, and continue.
  if (installed.some(({ marker }) => marker.realm === plan.realm)) return;
  const { state, realm } = quoted(dataSourceOf(runner), plan);
  await runner.query(`UPDATE ${state} SET watching_since = NULL WHERE realm = ${realm}`);
}

/**
 * The statements with which `createAuthMigration({ watch })` creates its triggers, to review them or to run them in
 * this order. Existing triggers are created again. The last statement records since when they watch. Decisions on
 * older tokens then read the state, because no trigger sees a change between a DROP and its CREATE.
 *
 * It reads the catalog of the initialized DataSource and changes nothing.
 *
 * @throws AuthConfigurationError that lists every option that does not fit the DataSource's entities
 */
export async function authTriggersSql(
  dataSource: DataSource,
  watch: WatchMigrationOptions,
): Promise<string[]> {
  const plan = planOf(dataSource, watch);
  const read: ReadCatalog = (sql, params) => dataSource.query(sql, [...params]);
  const needed = await adapterOf(dataSource).triggers.needed(plan, read);
  return [
    ...needed.flatMap(({ drop, create }) => [...drop, ...create]),
    ...watchingSince(dataSource, plan),
  ];
}

async function compare(runner: QueryRunner, plan: WatchPlan) {
  const read: ReadCatalog = (sql, params) => runner.query(sql, [...params]);
  const dialect = adapterOf(dataSourceOf(runner)).triggers;
  const needed = await dialect.needed(plan, read);
  return { needed, installed: await dialect.installed(needed, read) };
}

/**
 * Records since when the triggers watch. Creates the deployment's row if no process has started yet. The first
 * process fills in its secrets, which do not belong in SQL that is printed and kept.
 */
function watchingSince(dataSource: DataSource, plan: WatchPlan): string[] {
  const { dialect } = adapterOf(dataSource);
  const { state, realm } = quoted(dataSource, plan);
  const columns = ['realm', 'generation', 'stamp_key'];
  return [
    dialect.insertIgnore(state, columns, [realm, literal(UNSET), literal(UNSET)]),
    `UPDATE ${state} SET watching_since = ${dialect.greatest('COALESCE(watching_since, 0)', dialect.clock)} WHERE realm = ${realm}`,
  ];
}

function quoted(dataSource: DataSource, plan: WatchPlan) {
  return { state: adapterOf(dataSource).dialect.quote(...plan.state), realm: literal(plan.realm) };
}

async function execute(runner: QueryRunner, statements: readonly string[]): Promise<void> {
  // One after the other, on one connection.
  // oxlint-disable-next-line no-await-in-loop
  for (const statement of statements) await runner.query(statement);
}
