import type { DiscoveryService, HttpAdapterHost } from '@nestjs/core';
import type { DataSource } from 'typeorm';
import { AuthService } from '../auth/auth.service.js';
import { KeyService } from '../auth/key.service.js';
import { RequestAuthenticator } from '../auth/request-authenticator.js';
import { RequestObserver } from '../auth/request-observer.js';
import { SignIn } from '../auth/sign-in.js';
import { WithdrawnKeys } from '../auth/withdrawn-keys.js';
import { openAuthDatabase } from '../database/open-database.js';
import { authTables } from '../database/tables.js';
import { declaredStamps } from '../decision/stamps.js';
import { AuthEvents } from '../events/auth-events.js';
import { FreshnessMonitor } from '../freshness/freshness.js';
import { openFreshness } from '../freshness/open-freshness.js';
import { StateQuery } from '../freshness/state-query.js';
import { StrictReader } from '../freshness/strict.reader.js';
import { AuthHealthIndicator } from '../health/auth-health.indicator.js';
import { RenewalInterceptor } from '../interceptors/renewal.interceptor.js';
import { AfterCommit } from '../log/after-commit.js';
import { LogCleaner } from '../log/purging.js';
import { RevocationLog } from '../log/revocation-log.js';
import { RevocationTransaction } from '../log/revocation-transaction.js';
import { planOf } from '../migration/auth-triggers.js';
import type { AuthModuleOptions } from '../options/auth.options.js';
import { type Settings, settingsOf } from '../options/settings.js';
import { JwtStrategy } from '../passport/jwt.strategy.js';
import { type Registration, strategies } from '../passport/strategy-registry.js';
import { ActivePolicies } from '../revocation/active-policies.js';
import { RevocationService } from '../revocation/revocation.service.js';
import { OAuthClients } from '../routes/oauth/clients.js';
import { OAuthService } from '../routes/oauth/oauth.service.js';
import { LogoutService } from '../routes/session/logout.service.js';
import { RefreshTransport } from '../routes/session/refresh-transport.js';
import { SessionCleaner } from '../sessions/session-cleaner.js';
import { SessionOpening } from '../sessions/session-opening.js';
import type { SessionParts } from '../sessions/session-parts.js';
import { SessionReport } from '../sessions/session-report.js';
import { SessionService } from '../sessions/session.service.js';
import { SessionTable } from '../sessions/session-table.js';
import { SignInStamps } from '../sessions/sign-in-stamps.js';
import { AuthMetrics } from '../telemetry/auth-metrics.js';
import { applicationMeter } from '../telemetry/meter.js';
import { KeyRefresh } from '../tokens/keys/key-refresh.js';
import { KeyRing } from '../tokens/keys/key-ring.js';
import { requireKeys } from '../tokens/keys/key-source.js';
import { TokenIssuer } from '../tokens/token-issuer.js';
import { TokenVerifier } from '../tokens/token-verifier.js';
import { VerifiedTokenCache } from '../tokens/verified-token-cache.js';
import { TokenCookies } from '../transport/token-cookies.js';
import { TokenSource } from '../transport/token-source.js';
import { StaleSaves } from '../users/stale-saves.js';
import { UserTable } from '../users/user-table.js';
import { checkDatabase, firstKeys } from './boot-checks.js';
import type { Shutdown } from './shutdown.js';

/** What one AuthModule is started with. */
export interface Setup {
  readonly realm: string;
  readonly options: AuthModuleOptions;
  readonly dataSource: DataSource;
  readonly host: HttpAdapterHost;
  readonly discovery: DiscoveryService;
  /** Where browsers see the library's refresh route; asked for once the application listens. */
  readonly refreshPath: () => string;
}

/**
 * Puts one AuthModule together, top-down: storage, freshness, tokens, services, and then the work in the
 * background. Each step is given all that the steps before it made.
 *
 * @param shutdown is told how to undo each step, also when a later one fails
 */
export async function wire(setup: Setup, shutdown: Shutdown) {
  const settings = settingsOf(setup.options, setup.dataSource);
  // Before anything is opened: keys that cannot be loaded stop the boot.
  const ring = new KeyRing(await firstKeys(settings.tokens.keys));
  const base = { ...setup, settings, ring, shutdown };
  const stored = { ...base, ...(await openStorage(base)) };
  const fresh = { ...stored, ...(await makeFreshness(stored)) };
  const ready = { ...fresh, ...makeTokens(fresh) };
  const services = makeServices(ready);
  await startWork(ready, services);
  return { settings, services };
}

type Base = Setup & {
  readonly settings: Settings;
  readonly ring: KeyRing;
  readonly shutdown: Shutdown;
};

async function openStorage({ realm, dataSource, settings, shutdown }: Base) {
  const { user, timeoutMs } = settings;
  const database = openAuthDatabase(dataSource, { timeoutMs });
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
  });
  const log = new RevocationLog({ dialect: database.dialect, tables, realm });
  const sessionTable = new SessionTable(database, tables, realm);
  const stored = { database, tables, query, log, sessionTable };
  await checkDatabase(dataSource, stored, settings);
  return { ...stored, users: new UserTable(database.dialect, user) };
}
type Stored = Base & Awaited<ReturnType<typeof openStorage>>;

async function makeFreshness(on: Stored) {
  const { realm, options, dataSource, settings, database, tables, shutdown } = on;
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
    plan: () => planOf(dataSource, { options, realm }),
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
  const issuer = new TokenIssuer({ ring, settings: tokens, policies, realm, policySet });
  return { refresh, verifier, issuer };
}
type Ready = Fresh & ReturnType<typeof makeTokens>;

function makeServices(on: Ready) {
  const { realm, settings, events, metrics, freshness, database, tables, query, log } = on;
  const { issuer, verifier, users, sessionTable, ring, refresh } = on;
  const { policies, user, timeoutMs } = settings;
  const { propagation, reader } = freshness;
  const { from } = settings;
  const { renewal } = settings.tokens;
  const cookies = new TokenCookies(settings.cookies, on.refreshPath);
  const source = new TokenSource(from, cookies.origins);
  const authenticator = new RequestAuthenticator({
    realm,
    source,
    cookies,
    verifier,
    decider: freshness.decider,
    strict: freshness.strict,
    context: on.context,
    roles: settings.roles,
    observer: new RequestObserver(events, metrics && ((outcome) => metrics.decided(outcome))),
  });
  const afterCommit = new AfterCommit();
  const transaction = new RevocationTransaction({
    database,
    afterCommit,
    events,
    timeoutMs,
    propagation,
  });
  const subjectIsReplaceable = user.subject !== user.id && !user.subject.isPrimary;
  const activePolicies = new ActivePolicies(policies, subjectIsReplaceable);
  const revocation = new RevocationService({
    transaction,
    log,
    users,
    verifier,
    policies: activePolicies,
    propagation,
    sessions: settings.sessions && sessionTable,
    adopts: settings.tokens.adoption !== undefined,
  });
  const sessionParts = sessionPartsOf(on, transaction);
  const sessions = new SessionService(sessionParts);
  const signIns = new SignIn({
    user,
    watched: settings.watched,
    policies,
    claims: settings.tokens.claims,
    timeoutMs,
    reader,
    database,
    query,
    users,
    issuer,
    sessions: sessionParts && new SessionOpening(sessionParts),
  });
  const monitor = new FreshnessMonitor(freshness);
  const auth = new AuthService({
    signIns,
    authenticator,
    issuer,
    reader,
    renewal,
    sessions: settings.sessions && sessions,
    events,
  });
  return {
    authenticator,
    revocation,
    sessions,
    events,
    monitor,
    afterCommit,
    health: new AuthHealthIndicator(monitor),
    auth,
    renewal:
      renewal &&
      new RenewalInterceptor({
        auth,
        authenticator,
        renewal,
        from,
        hasSessions: settings.sessions !== undefined,
      }),
    keys: new KeyService({
      ring,
      refresh,
      log,
      transaction,
      withdrawn: new WithdrawnKeys(database, { tables, realm }, timeoutMs),
      usable: (list) => requireKeys(list, settings.tokens.deriveKeyFrom.length > 0),
    }),
    oauth: new OAuthService({
      clients: new OAuthClients(settings.oauthClients),
      authenticator,
      revocation,
      sessions,
      tokens: settings.tokens,
    }),
    logout: new LogoutService({ sessions, revocation, policies: activePolicies }),
    // Tokens travel in bodies too where not every client is a browser.
    refreshTransport: new RefreshTransport({ cookies, bodies: from.header === true }),
    strategy: new JwtStrategy(authenticator),
  };
}
export type Services = ReturnType<typeof makeServices>;

/** `undefined`: the options have no `sessions`. */
function sessionPartsOf(on: Ready, transaction: RevocationTransaction): SessionParts | undefined {
  const { realm, settings, database, query, log, users, issuer, events } = on;
  const { policies, policySet, tokens, timeoutMs } = settings;
  const { deriveKeyFrom, claims: custom } = tokens;
  return (
    settings.sessions && {
      settings: settings.sessions,
      timeoutMs,
      database,
      table: on.sessionTable,
      query,
      users,
      stamps: new SignInStamps({ realm, policies, policySet, deriveKeyFrom, custom }),
      issuer,
      log,
      transaction,
      propagation: on.freshness.propagation,
      report: new SessionReport(events),
    }
  );
}

/** Everything is made; from here on it works by itself. */
async function startWork(on: Ready, { strategy, monitor, afterCommit }: Services): Promise<void> {
  const { realm, host, dataSource, settings, database, freshness, metrics, shutdown } = on;
  await freshness.start();
  const registration: Registration = { realm, host, strategy };
  strategies.add(registration);
  shutdown.add(() => strategies.remove(registration));
  for (const subscriber of [afterCommit, new StaleSaves(settings.user)]) {
    dataSource.subscribers.push(subscriber);
    shutdown.add(() => {
      const at = dataSource.subscribers.indexOf(subscriber);
      if (at >= 0) dataSource.subscribers.splice(at, 1);
    });
  }
  const cleaners = [
    new LogCleaner(database, on.log.table),
    ...(settings.sessions
      ? [new SessionCleaner(database, on.sessionTable, settings.sessions)]
      : []),
  ];
  for (const work of [on.refresh, ...cleaners]) {
    work.start();
    shutdown.add(() => work.stop());
  }
  metrics?.observe(monitor);
  shutdown.add(() => metrics?.stop());
}
