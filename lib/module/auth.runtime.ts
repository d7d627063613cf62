import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { AuthConfigurationError } from '../errors/auth.errors.js';
import type { Settings } from '../options/settings.js';
import { strategies } from '../passport/strategy-registry.js';
import { Shutdown } from './shutdown.js';
import { type Services, type Setup, wire } from './wiring.js';

/** One running AuthModule: the services that it gives, and what ends with it. */
export class AuthRuntime implements OnApplicationBootstrap, OnApplicationShutdown {
  private constructor(
    readonly settings: Settings,
    readonly services: Services,
    private readonly setup: Setup,
    private readonly shutdown: Shutdown,
  ) {}

  /** @throws AuthConfigurationError the application must not start */
  static async start(setup: Setup): Promise<AuthRuntime> {
    const shutdown = new Shutdown();
    try {
      const { settings, services } = await wire(setup, shutdown);
      return new AuthRuntime(settings, services, setup, shutdown);
    } catch (error) {
      await shutdown.run();
      throw error;
    }
  }

  /** By now every passport strategy of the application has registered. */
  onApplicationBootstrap(): void {
    const { realm, discovery } = this.setup;
    const rival = strategies.rivalOf(realm);
    if (rival === undefined) return;
    const isProvided = () =>
      discovery.getProviders().some(({ instance }) => instance === rival.strategy);
    // One that this library took the realm from may belong to another application of the process.
    if (!rival.took && !isProvided()) return;
    throw new AuthConfigurationError([
      `realm: another passport strategy is registered as "${realm}", so AuthGuard('${realm}') might not check revocation. Remove that strategy, or give one of the two another name.`,
    ]);
  }

  /** After the HTTP server has closed: requests in flight have their answers. */
  async onApplicationShutdown(): Promise<void> {
    await this.shutdown.run();
  }
}
