import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import type { DiscoveryService, HttpAdapterHost } from '@nestjs/core';
import type { DataSource } from 'typeorm';
import type { AuthModuleOptions } from './auth.options.js';
import { AuthService } from './auth.service.js';
import { policySetOf } from './decision/policy-set.js';
import { AuthConfigurationError, KeyRingError } from './errors/auth.errors.js';
import { AuthEvents } from './events/auth-events.js';
import { RequestObserver } from './events/request-observer.js';
import { StrictDecider } from './freshness/decider.js';
import { FreshnessMonitor } from './freshness/freshness-monitor.js';
import { openFreshness } from './freshness/open-freshness.js';
import { StateQuery } from './freshness/state-query.js';
import { StrictReader } from './freshness/strict.reader.js';
import { requireKeys } from './options/keys/key-source.js';
import { type Settings, settingsOf } from './options/settings.js';
import { JwtStrategy } from './passport/jwt.strategy.js';
import { type Registration, strategies } from './passport/strategy-registry.js';
import { AfterCommit } from './revocation/after-commit.js';
import { LogCleaner } from './revocation/log-cleaner.js';
import { RevocationLog } from './revocation/revocation-log.js';
import { RevocationService } from './revocation/revocation.service.js';
import { RevocationStore } from './revocation/revocation-store.js';
import { StaleSaves } from './revocation/stale-saves.js';
import { Techniques } from './revocation/techniques.js';
import { UserTable } from './revocation/user-table.js';
import { OAuthClients } from './routes/oauth/clients.js';
import { IntrospectionEndpoint } from './routes/oauth/introspection-endpoint.js';
import { OAuthEndpoints } from './routes/oauth/oauth-endpoints.js';
import { RevocationEndpoint } from './routes/oauth/revocation-endpoint.js';
import type { AuthDatabase } from './schema/database.js';
import { openAuthDatabase } from './schema/open-database.js';
import { planOf } from './schema/migration/auth-triggers.js';
import { newSecret } from './schema/random.js';
import { authTables } from './schema/tables.js';
import { assembleSessions } from './sessions/assemble.js';
import { SessionCleaner } from './sessions/session-cleaner.js';
import { SessionReport } from './sessions/session-report.js';
import { SessionTable } from './sessions/session-table.js';
import type { SessionService } from './sessions/session.service.js';
import { AuthMetrics } from './telemetry/auth-metrics.js';
import { applicationMeter } from './telemetry/meter.js';
import { AccessTokens } from './tokens/access-tokens.js';
import type { KeyMaterial, KeySource } from './tokens/keys/key-material.js';
import { KeyRefresh } from './tokens/keys/key-refresh.js';
import { KeyRing } from './tokens/keys/key-ring.js';
import { WithdrawnKeys } from './tokens/keys/withdrawn-keys.js';
import { KeyService } from './tokens/keys/key.service.js';
import { RequestAuthenticator } from './tokens/request-authenticator.js';
import { SignIn } from './tokens/sign-in.js';
import { TokenIssuer } from './tokens/token-issuer.js';
import { TokenVerifier } from './tokens/token-verifier.js';

/** What a runtime is started with. */
export interface RuntimeParts {
  readonly name: string;
  readonly options: AuthModuleOptions;
  readonly dataSource: DataSource;
  readonly host: HttpAdapterHost;
  readonly discovery: DiscoveryService;
}

/** One running instance of the module: its parts, put together, and what must be undone at the end. */
export class AuthRuntime implements OnApplicationBootstrap, OnApplicationShutdown {
  private constructor(
    readonly settings: Settings,
    readonly events: AuthEvents,
    readonly freshness: FreshnessMonitor,
    readonly authenticator: RequestAuthenticator,
    readonly auth: AuthService,
    readonly revocation: RevocationService,
    readonly keys: KeyService,
    readonly sessions: SessionService,
    readonly oauth: OAuthEndpoints,
    readonly strategy: JwtStrategy,
    private readonly registration: Registration,
    private readonly discovery: DiscoveryService,
    private readonly stop: () => Promise<void>,
  ) {}

  /**
   * Validates the options, opens the database, and reads it once as every request will.
   *
   * @throws AuthConfigurationError the application must not start
   */
  static async start(parts: RuntimeParts): Promise<AuthRuntime> {
    const { options, dataSource } = parts;
    const settings = settingsOf(options, dataSource);
    // Before anything is opened: keys that cannot be had stop the boot.
    const ring = new KeyRing(await firstKeys(settings.tokens.keys));
    const database = openAuthDatabase(dataSource, { timeoutMs: settings.timeoutMs });
    try {
      return await AuthRuntime.startOn(database, ring, settings, parts);
    } catch (error) {
      await database.close();
      throw error;
    }
  }

  private static async startOn(
    database: AuthDatabase,
    ring: KeyRing,
    settings: Settings,
    { name, options, dataSource, host, discovery }: RuntimeParts,
  ): Promise<AuthRuntime> {
    const { tokens: tokenSettings, user, policies } = settings;
    const tables = authTables(dataSource, database.dialect);
    const query = new StateQuery(dataSource, database.dialect, {
      realm: name,
      user,
      watched: settings.watched,
      roles: settings.roleReader,
      permissions: settings.permissions,
      tables,
    });
    const log = new RevocationLog(database, tables, name);
    const sessionTable = new SessionTable(database, tables, name);
    await prepare(database, log, query, settings);
    if (settings.sessions !== undefined) await probe(database, sessionTable);

    const events = new AuthEvents();
    const meter = await applicationMeter();
    const metrics = meter && new AuthMetrics(meter, name);
    const uncounted = new StrictReader(database, query, settings.timeoutMs);
    const reader = metrics?.counting(uncounted) ?? uncounted;
    const policySet = policySetOf(policies, {
      ...user.columns,
      roles: options.user.roles,
      permissions: options.user.permissions,
    });
    const verifier = new TokenVerifier(ring, {
      ...tokenSettings,
      realm: name,
      policySet,
      stamps: policies.flatMap(({ stamps }) => stamps ?? []),
    });
    const refresh = new KeyRefresh(ring, tokenSettings.keys, events);
    const issuer = new TokenIssuer(ring, tokenSettings, policies, name, policySet);
    const tokens = new AccessTokens(
      verifier,
      refresh,
      reader,
      policies,
      tokenSettings,
      user.subjects,
    );
    const judging = { policies, subjects: user.subjects };
    const freshness = await openFreshness(settings.freshness, {
      realm: name,
      dataSource,
      database,
      tables,
      reader,
      judging,
      rules: {
        policySet,
        generations: policies.some(({ stamps }) => stamps?.includes('gen')),
      },
      plan: () => planOf(dataSource, { options, name }),
      timeoutMs: settings.timeoutMs,
    });
    const authenticator = new RequestAuthenticator({
      name,
      settings: tokenSettings,
      tokens,
      decider: freshness.decider,
      strict: new StrictDecider(judging, reader),
      judging,
      roles: settings.roles,
      observer: new RequestObserver(events, metrics && ((outcome) => metrics.decided(outcome))),
    });
    const users = new UserTable(database.dialect, user);
    const afterCommit = new AfterCommit();
    const { reach } = freshness;
    const store = new RevocationStore(database, afterCommit, events, settings.timeoutMs, reach);
    const report = new SessionReport(events);
    const sessions = assembleSessions({
      database,
      settings,
      realm: name,
      policySet,
      query,
      table: sessionTable,
      users,
      issuer,
      log,
      store,
      reach,
      report,
    });
    const signIn = new SignIn(settings, reader, database, query, users, issuer, sessions.opening);
    const auth = new AuthService(
      signIn,
      authenticator,
      issuer,
      reader,
      tokenSettings.renewal,
      events,
      report,
      settings.sessions && sessions.service,
    );
    const revocation = new RevocationService(
      store,
      log,
      users,
      tokens,
      new Techniques(policies, user.subject !== user.id && !user.subject.isPrimary),
      reach,
      settings.sessions && sessionTable,
    );
    const keys = new KeyService({
      ring,
      refresh,
      log,
      store,
      withdrawn: new WithdrawnKeys(database, { tables, realm: name }, settings.timeoutMs),
      usable: (list) => requireKeys(list, tokenSettings.deriveKeyFrom.length > 0),
    });
    const oauth = new OAuthEndpoints(
      new OAuthClients(settings.oauthClients),
      new RevocationEndpoint(revocation, sessions.service),
      new IntrospectionEndpoint(authenticator, tokenSettings),
    );
    const strategy = new JwtStrategy({ settings: tokenSettings, tokens, authenticator });

    const registration: Registration = { name, host, strategy };
    try {
      await freshness.start();
      strategies.add(registration);
    } catch (error) {
      await freshness.stop();
      throw error;
    }
    const subscribers = [afterCommit, new StaleSaves(user)];
    dataSource.subscribers.push(...subscribers);
    const cleaner = new LogCleaner(database, log);
    cleaner.start();
    const sessionCleaner =
      settings.sessions && new SessionCleaner(database, sessionTable, settings.sessions);
    sessionCleaner?.start();
    const monitor = new FreshnessMonitor(freshness);
    metrics?.observe(monitor);
    const stop = async () => {
      metrics?.stop();
      cleaner.stop();
      sessionCleaner?.stop();
      strategies.remove(registration);
      for (const subscriber of subscribers) {
        const at = dataSource.subscribers.indexOf(subscriber);
        if (at >= 0) dataSource.subscribers.splice(at, 1);
      }
      events.complete();
      await freshness.stop();
      await database.close();
    };
    return new AuthRuntime(
      settings,
      events,
      monitor,
      authenticator,
      auth,
      revocation,
      keys,
      sessions.service,
      oauth,
      strategy,
      registration,
      discovery,
      stop,
    );
  }

  /** By now every strategy of the application has registered. */
  onApplicationBootstrap(): void {
    const { name } = this.registration;
    const rival = strategies.rivalOf(name);
    // One that this library took the name from may belong to another application of the process.
    if (rival === undefined || !(rival.took || this.provides(rival.strategy))) return;
    throw new AuthConfigurationError([
      `name: another passport strategy is registered as "${name}", so that AuthGuard('${name}') might not check revocation; remove it, or give one of them another name.`,
    ]);
  }

  private provides(instance: object): boolean {
    return this.discovery.getProviders().some((provider) => provider.instance === instance);
  }

  /** After the HTTP server has closed: requests in flight still had their answers. */
  async onApplicationShutdown(): Promise<void> {
    await this.stop();
  }
}

/** The keys to start with. */
async function firstKeys(source: KeySource): Promise<readonly KeyMaterial[]> {
  if (source.given !== undefined) return source.given;
  try {
    return await source.load();
  } catch (error) {
    if (!(error instanceof KeyRingError)) throw error;
    throw new AuthConfigurationError(error.problems, { cause: error.cause });
  }
}

/** Makes the deployment's row, and runs the statement of every decision once. */
async function prepare(
  database: AuthDatabase,
  log: RevocationLog,
  query: StateQuery,
  { tokens }: Settings,
): Promise<void> {
  const longest = Math.max(tokens.lifeSeconds, tokens.renewal?.maxAgeSeconds ?? 0) * 1000;
  try {
    await database.transact(() => log.prepare(newSecret(), newSecret(), longest));
    query.answers(await database.read(query.statement([])), []);
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : String(cause);
    throw new AuthConfigurationError(
      [
        `database: auth state cannot be read: ${said}. Run the migration that createAuthMigration() makes, and check that the user table has every mapped column.`,
      ],
      { cause },
    );
  }
}

/** Whether the table of sessions is there, with every column. */
async function probe(database: AuthDatabase, table: SessionTable): Promise<void> {
  try {
    await database.read(table.probe());
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : String(cause);
    throw new AuthConfigurationError(
      [
        `sessions: the table auth_session cannot be read: ${said}. Run the migration that createAuthMigration() makes.`,
      ],
      { cause },
    );
  }
}
