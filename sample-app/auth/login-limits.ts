import { createHash } from 'node:crypto';
import {
  Inject,
  Injectable,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { AuthService } from 'nestjs-revocable-jwt';
import { type RateLimiterAbstract, RateLimiterRes } from 'rate-limiter-flexible';
import { DataSource } from 'typeorm';
import { ENVIRONMENT } from '../config/environment.module.js';
import type { Environment } from '../config/environment.js';
import { onceFree } from '../database/once-free.js';
import { tooManyAttempts } from '../http/refusals.js';
import { type AttemptStore, attemptStore } from './attempt-store.js';

const SECONDS = 15 * 60;

/** Limits attempts to guess a password, per e-mail address and per network address. */
@Injectable()
export class LoginLimits implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly store: AttemptStore;
  private readonly perEmail: RateLimiterAbstract;
  private readonly perAddress: RateLimiterAbstract;

  constructor(
    @Inject(ENVIRONMENT) { loginLimit }: Pick<Environment, 'loginLimit'>,
    @Inject(DataSource) dataSource: DataSource,
    @Inject(AuthService) private readonly auth: Pick<AuthService, 'signInFailed'>,
  ) {
    this.store = attemptStore(dataSource);
    const limit = (keyPrefix: string, points: number) =>
      this.store.limiter({ keyPrefix, points, duration: SECONDS });
    this.perEmail = limit('email', loginLimit.perEmail);
    this.perAddress = limit('address', loginLimit.perAddress);
  }

  /** Once at each start is enough: expired counts have no effect, they only take up space. */
  async onApplicationBootstrap(): Promise<void> {
    await onceFree(() => this.store.forgetExpired());
  }

  onApplicationShutdown(): void {
    this.store.close();
  }

  /**
   * Counts an attempt, before the password is hashed. So attempts at the same moment cannot exceed the limit
   * while one of them is being hashed.
   *
   * @throws AppRefusal 429 `too_many_attempts`
   */
  async admit(email: string, address: string): Promise<void> {
    // The address first: if it has no attempts left, it cannot use up those of an account.
    await this.consume(this.perAddress, address);
    await this.consume(this.perEmail, digest(email));
  }

  /** Removes the count of this attempt, because the password was right. */
  async forgive(email: string, address: string): Promise<void> {
    await onceFree(() => this.perEmail.delete(digest(email)));
    await onceFree(() => this.perAddress.reward(address, 1));
  }

  private async consume(limiter: RateLimiterAbstract, key: string): Promise<void> {
    try {
      await onceFree(() => limiter.consume(key));
    } catch (outcome) {
      if (!(outcome instanceof RateLimiterRes)) throw outcome;
      // Only for the first attempt over the limit. Otherwise every guess would add a line to the audit trail.
      if (outcome.consumedPoints === limiter.points + 1) {
        this.auth.signInFailed({ reason: 'rate_limited' });
      }
      throw tooManyAttempts(outcome.msBeforeNext);
    }
  }
}

/** With a digest, keys contain no readable e-mail address, and all have one length. */
function digest(email: string): string {
  return createHash('sha256').update(email).digest('hex');
}
