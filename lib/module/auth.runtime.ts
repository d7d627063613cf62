import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import type { DiscoveryService, HttpAdapterHost } from '@nestjs/core';
import type { DataSource } from 'typeorm';
import { assembleServices, type Services } from './services.js';
import { openStorage } from './storage.js';
import { assembleTokens, firstRing, policySetName } from './tokens.js';
import type { AuthModuleOptions } from '../options/auth.options.js';
import { AuthConfigurationError } from '../errors/auth.errors.js';
import { AuthEvents } from '../events/auth-events.js';
import { FreshnessMonitor } from '../freshness/freshness-monitor.js';
import { openFreshness } from '../freshness/open-freshness.js';
import { StrictReader } from '../freshness/strict.reader.js';
import { type Settings, settingsOf } from '../options/settings.js';
import { type Registration, strategies } from '../passport/strategy-registry.js';
import { AfterCommit } from '../log/after-commit.js';
import { LogCleaner } from '../log/log-cleaner.js';
import { StaleSaves } from '../users/stale-saves.js';
import type { AuthDatabase } from '../database/database.js';
import { openAuthDatabase } from '../database/open-database.js';
import { planOf } from '../migration/auth-triggers.js';
import { SessionCleaner } from '../sessions/session-cleaner.js';
import { AuthMetrics } from '../telemetry/auth-metrics.js';
import { applicationMeter } from '../telemetry/meter.js';
import type { KeyRing } from '../tokens/keys/key-ring.js';

/** What a runtime is started with. */
export interface RuntimeParts {
  readonly realm: string;
  readonly options: AuthModuleOptions;
  readonly dataSource: DataSource;
  readonly host: HttpAdapterHost;
  readonly discovery: DiscoveryService;
  /** Where browsers see the library's refresh route; asked for once the application listens. */
  readonly refreshPath: () => string;
}

/** One running instance of the module: its services, and what must be undone at the end. */
export class AuthRuntime implements OnApplicationBootstrap, OnApplicationShutdown {
  private constructor(
    readonly settings: Settings,
    readonly events: AuthEvents,
    readonly freshness: FreshnessMonitor,
    readonly services: Services,
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
    const ring = await firstRing(settings.tokens.keys);
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
    { realm, options, dataSource, host, discovery, refreshPath }: RuntimeParts,
  ): Promise<AuthRuntime> {
    const { policies, user, timeoutMs } = settings;
    const storage = await openStorage(realm, dataSource, database, settings);
    const events = new AuthEvents();
    const meter = await applicationMeter();
    const metrics = meter && new AuthMetrics(meter, realm);
    const uncounted = new StrictReader(database, storage.query, timeoutMs);
    const reader = metrics?.counting(uncounted) ?? uncounted;
    const policySet = policySetName(settings, options);
    const freshness = await openFreshness(settings.freshness, {
      realm,
      dataSource,
      database,
      tables: storage.tables,
      reader,
      context: { policies, subjects: user.subjects },
      rules: {
        policySet,
        generations: policies.some(({ stamps }) => stamps?.['gen'] !== undefined),
      },
      plan: () => planOf(dataSource, { options, realm }),
      timeoutMs,
    });
    const tokens = assembleTokens(settings, {
      realm,
      policySet,
      ring,
      reader: freshness.reader,
      events,
    });
    const afterCommit = new AfterCommit();
    const services = assembleServices({
      settings,
      storage,
      tokens,
      freshness,
      events,
      metrics,
      afterCommit,
      refreshPath,
    });

    const registration: Registration = { realm, host, strategy: services.strategy };
    try {
      await freshness.start();
      strategies.add(registration);
    } catch (error) {
      await freshness.stop();
      throw error;
    }
    const subscribers = [afterCommit, new StaleSaves(user)];
    dataSource.subscribers.push(...subscribers);
    const background = [
      tokens.refresh,
      new LogCleaner(database, storage.log),
      ...(settings.sessions
        ? [new SessionCleaner(database, storage.sessionTable, settings.sessions)]
        : []),
    ];
    for (const work of background) work.start();
    const monitor = new FreshnessMonitor(freshness);
    metrics?.observe(monitor);
    const stop = async () => {
      metrics?.stop();
      for (const work of background) work.stop();
      strategies.remove(registration);
      for (const subscriber of subscribers) {
        const at = dataSource.subscribers.indexOf(subscriber);
        if (at >= 0) dataSource.subscribers.splice(at, 1);
      }
      events.complete();
      await freshness.stop();
      await database.close();
    };
    return new AuthRuntime(settings, events, monitor, services, registration, discovery, stop);
  }

  /** By now every strategy of the application has registered. */
  onApplicationBootstrap(): void {
    const { realm } = this.registration;
    const rival = strategies.rivalOf(realm);
    // One that this library took the realm from may belong to another application of the process.
    if (rival === undefined || !(rival.took || this.provides(rival.strategy))) return;
    throw new AuthConfigurationError([
      `realm: another passport strategy is registered as "${realm}", so that AuthGuard('${realm}') might not check revocation; remove it, or give one of them another realm.`,
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
