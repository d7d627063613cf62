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

/** How often a password may be guessed, per e-mail address and per network address. */
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

  /** At each start is often enough: what is over counts no more, it only takes room. */
  async onApplicationBootstrap(): Promise<void> {
    await onceFree(() => this.store.forgetExpired());
  }

  onApplicationShutdown(): void {
    this.store.close();
  }

  /**
   * Counts an attempt. Before the password is hashed: attempts made at the same moment are counted
   * one by one, and none slips through while another is being hashed.
   *
   * @throws AppRefusal 429 `too_many_attempts`
   */
  async admit(email: string, address: string): Promise<void> {
    // The address first: one that has used its attempts up cannot use up an account's as well.
    await this.consume(this.perAddress, address);
    await this.consume(this.perEmail, digest(email));
  }

  /** Takes the count of this attempt back: the password was right. */
  async forgive(email: string, address: string): Promise<void> {
    await onceFree(() => this.perEmail.delete(digest(email)));
    await onceFree(() => this.perAddress.reward(address, 1));
  }

  private async consume(limiter: RateLimiterAbstract, key: string): Promise<void> {
    try {
      await onceFree(() => limiter.consume(key));
    } catch (outcome) {
      if (!(outcome instanceof RateLimiterRes)) throw outcome;
      // Once for each run of attempts, or the audit trail would grow with every guess.
      if (outcome.consumedPoints === limiter.points + 1) {
        this.auth.signInFailed({ reason: 'rate_limited' });
      }
      throw tooManyAttempts(outcome.msBeforeNext);
    }
  }
}

/** Keys keep no e-mail address in the clear, and all have one length. */
function digest(email: string): string {
  return createHash('sha256').update(email).digest('hex');
}
