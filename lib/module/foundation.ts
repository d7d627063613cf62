import type { DiscoveryService, HttpAdapterHost } from '@nestjs/core';
import type { DataSource } from 'typeorm';
import { adapterOf } from '../database/adapters.js';
import { authTables } from '../database/tables.js';
import { declaredStamps } from '../decision/stamps.js';
import { AuthEvents } from '../events/auth-events.js';
import { openFreshness } from '../freshness/open-freshness.js';
import { StateQuery } from '../freshness/state-query.js';
import { StrictReader } from '../freshness/strict.reader.js';
import { RevocationLog } from '../log/revocation-log.js';
import { channelName } from '../freshness/wake-up/channel-name.js';
import { watchPlan } from '../log/triggers/watch-plan.js';
import type { AuthModuleOptions } from '../options/auth.options.js';
import { type Settings, settingsOf } from '../options/settings.js';
import { metadataIdentifiers } from '../routes/metadata/identifiers.js';
import type { EndpointPaths } from '../routes/metadata/metadata.service.js';
import { SessionTable } from '../sessions/session-table.js';
import { applicationMeter, AuthMetrics } from '../telemetry/auth-metrics.js';
import { KeyRefresh } from '../tokens/keys/key-refresh.js';
import { KeyRing } from '../tokens/keys/key-ring.js';
import { TokenIssuer } from '../tokens/token-issuer.js';
import { TokenVerifier } from '../tokens/token-verifier.js';
import { VerifiedTokenCache } from '../tokens/verified-token-cache.js';
import type { RefreshPaths } from '../transport/token-cookies.js';
import { UserTable } from '../users/user-table.js';
import { checkDatabase, firstKeys } from './boot-checks.js';
import type { ServedRoutes } from './optional-routes.js';
import type { Shutdown } from './shutdown.js';

export interface Setup {
  readonly realm: string;
  readonly options: AuthModuleOptions;
  readonly dataSource: DataSource;
  readonly host: HttpAdapterHost;
  readonly discovery: DiscoveryService;
  /** Where browsers see the library's routes that take refresh tokens; asked for once the application listens. */
  readonly refreshPaths: () => RefreshPaths | undefined;
  /** `undefined`: no metadata is served. */
  readonly metadata: ServedRoutes['metadata'];
  /** Where clients see the endpoints; asked for once the application listens. */
  readonly endpoints: () => EndpointPaths;
}

/**
 * What the services are built on: storage, freshness, tokens. Each step gets everything that the steps before it
 * made.
 *
 * @param shutdown notes how each step is undone
 * @throws AuthConfigurationError the options or the database cannot be used
 */
export async function layFoundation(setup: Setup, shutdown: Shutdown) {
  const settings = settingsOf(setup.options, setup.dataSource);
  const identifiers =
    setup.metadata &&
    metadataIdentifiers(setup.metadata.options, settings.tokens, setup.metadata.paths);
  // Before anything is opened: keys that cannot be loaded stop the start.
  const ring = new KeyRing(await firstKeys(settings.tokens.keys));
  const base = { ...setup, settings, identifiers, ring, shutdown };
  const stored = { ...base, ...(await openStorage(base)) };
  const fresh = { ...stored, ...(await makeFreshness(stored)) };
  return { ...fresh, ...makeTokens(fresh) };
}
export type Foundation = Awaited<ReturnType<typeof layFoundation>>;

type Base = Setup & {
  readonly settings: Settings;
  readonly ring: KeyRing;
  readonly shutdown: Shutdown;
};

async function openStorage({ realm, dataSource, settings, shutdown }: Base) {
  const { user, timeoutMs, transactions } = settings;
  const database = adapterOf(dataSource).open(dataSource, timeoutMs, transactions);
  shutdown.add(() => database.close());
  const tables = authTables(dataSource, database.dialect);
  const query = new StateQuery({
    dataSource,
    dialect: database.dialect,
    realm,
    user,
    watched: settings.watched,
    roles: settings.roleReader,
    permissions: settings.permissions,
    tables,
    hasSessions: settings.sessions !== undefined,
  });
  const log = new RevocationLog({ dialect: database.dialect, tables, realm });
  const sessionTable = new SessionTable(database, tables, realm);
  const stored = { database, tables, query, log, sessionTable };
  await checkDatabase(dataSource, stored, settings);
  return { ...stored, users: new UserTable(database.dialect, user) };
}
type Stored = Base & Awaited<ReturnType<typeof openStorage>>;

async function makeFreshness(on: Stored) {
  const { realm, dataSource, settings, database, tables, shutdown } = on;
  const { policies, user, timeoutMs } = settings;
  const events = new AuthEvents();
  shutdown.add(() => events.complete());
  const meter = await applicationMeter();
  const metrics = meter && new AuthMetrics(meter, realm);
  const strictReader = new StrictReader(database, on.query, timeoutMs);
  const context = { policies, subjects: user.subjects };
  const freshness = await openFreshness(settings.freshness, {
    realm,
    dataSource,
    database,
    tables,
    reader: metrics?.counting(strictReader) ?? strictReader,
    context,
    rules: {
      policySet: settings.policySet,
      generations: policies.some(({ stamps }) => stamps?.['gen'] !== undefined),
    },
    plan: () => watchPlan(settings, dataSource, { realm, channel: channelName(realm) }),
    timeoutMs,
  });
  shutdown.add(() => freshness.stop());
  return { events, metrics, freshness, context };
}
type Fresh = Stored & Awaited<ReturnType<typeof makeFreshness>>;

function makeTokens({ realm, settings, ring, events, freshness }: Fresh) {
  const { policies, policySet, user, tokens, timeoutMs } = settings;
  const refresh = new KeyRefresh({
    ring,
    source: tokens.keys,
    events,
    everyMs: tokens.reloadKeysMs,
    timeoutMs,
  });
  const verifier = new TokenVerifier({
    ring,
    refresh,
    rules: { ...tokens, realm, policySet, stamps: declaredStamps(policies) },
    deriveKeyFrom: tokens.deriveKeyFrom,
    reader: freshness.reader,
    policies,
    subjects: user.subjects,
    cache: tokens.verifiedTokens && new VerifiedTokenCache(tokens.verifiedTokens, ring),
  });
  const { access: cookie } = settings.cookies;
  const issuer = new TokenIssuer({ ring, settings: tokens, policies, realm, policySet, cookie });
  return { refresh, verifier, issuer };
}
