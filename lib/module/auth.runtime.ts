import type { OnApplicationBootstrap, OnApplicationShutdown, OnModuleInit } from '@nestjs/common';
import { AuthConfigurationError } from '../errors/auth.errors.js';
import { LogCleaner } from '../log/purging.js';
import type { Settings } from '../options/settings.js';
import { type Registration, strategies } from '../passport/strategy-registry.js';
import { SessionCleaner } from '../sessions/session-cleaner.js';
import { linkReplies } from '../transport/http-response.js';
import { StaleSaves } from '../users/stale-saves.js';
import { type Foundation, layFoundation, type Setup } from './foundation.js';
import { makeServices, type Services } from './services.js';
import { Shutdown } from './shutdown.js';

/** One running AuthModule: the services that it gives, and what ends with it. */
export class AuthRuntime implements OnModuleInit, OnApplicationBootstrap, OnApplicationShutdown {
  private constructor(
    private readonly foundation: Foundation,
    readonly services: Services,
  ) {}

  /**
   * Puts one AuthModule together, top-down: storage, freshness and tokens, then the services, then the work in
   * the background. A start that fails undoes what it has done.
   *
   * @throws AuthConfigurationError the application must not start
   */
  static async start(setup: Setup): Promise<AuthRuntime> {
    const shutdown = new Shutdown();
    try {
      const foundation = await layFoundation(setup, shutdown);
      const services = makeServices(foundation);
      await startWork(foundation, services);
      return new AuthRuntime(foundation, services);
    } catch (error) {
      await shutdown.run();
      throw error;
    }
  }

  get settings(): Settings {
    return this.foundation.settings;
  }

  /** By now the adapter is known, also in tests, and it does not listen yet. */
  onModuleInit(): void {
    linkReplies(this.foundation.host);
  }

  /** By now every passport strategy of the application has registered. */
  onApplicationBootstrap(): void {
    const { realm, discovery } = this.foundation;
    const rival = strategies.rivalOf(realm);
    if (rival === undefined) return;
    const isProvided = () =>
      discovery.getProviders().some(({ instance }) => instance === rival.strategy);
    // A strategy that this library replaced may belong to another application of the process.
    if (!rival.took && !isProvided()) return;
    throw new AuthConfigurationError([
      `realm: another passport strategy is registered as "${realm}", so AuthGuard('${realm}') might not check revocation. Remove that strategy, or give one of the two another name.`,
    ]);
  }

  /** After the HTTP server has closed: requests in flight have their answers. */
  async onApplicationShutdown(): Promise<void> {
    await this.foundation.shutdown.run();
  }
}

/** Starts what runs beside the requests, and what other code calls: passport and TypeORM. */
async function startWork(
  on: Foundation,
  { strategy, monitor, afterCommit }: Services,
): Promise<void> {
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
