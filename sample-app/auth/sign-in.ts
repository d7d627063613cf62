import { Inject, Injectable } from '@nestjs/common';
import {
  AuthenticationRefusedException,
  AuthService,
  type IssuedToken,
  type Principal,
} from 'nestjs-revocable-jwt';
import { AuditTrail } from '../audit/audit-trail.js';
import { invalidCredentials, wrongCurrentPassword } from '../http/refusals.js';
import { Accounts } from '../users/accounts.js';
import { Passwords } from '../users/passwords.js';
import type { User } from '../users/user.entity.js';
import { LoginLimits } from './login-limits.js';

/** Trades a password for an access token. */
@Injectable()
export class SignIn {
  constructor(
    @Inject(Accounts) private readonly accounts: Accounts,
    @Inject(Passwords) private readonly passwords: Passwords,
    @Inject(LoginLimits) private readonly limits: LoginLimits,
    @Inject(AuthService) private readonly auth: AuthService,
    @Inject(AuditTrail) private readonly trail: AuditTrail,
  ) {}

  /**
   * An unknown e-mail, a wrong password and an account that may not sign in are answered alike,
   * and after the same work.
   *
   * @throws AppRefusal 401 `invalid_credentials`, 429 `too_many_attempts`
   */
  async withPassword(email: string, password: string, address: string): Promise<IssuedToken> {
    await this.limits.admit(email, address);
    const user = await this.accounts.withPassword({ email });
    if (!(await this.passwords.verify(password, user?.passwordHash)) || user === null) {
      const reason = user === null ? 'unknown_user' : 'wrong_password';
      this.auth.signInFailed({ userId: user?.id, reason });
      throw invalidCredentials();
    }
    const token = await this.issue(user);
    await this.limits.forgive(email, address);
    await this.accounts.signedIn(user.id, new Date());
    return token;
  }

  /**
   * A new password, and a new sign-in with it. Every token from before dies by itself: each is bound
   * to the hash that it was issued under.
   */
  async changePassword(
    principal: Principal,
    passwords: { readonly current: string; readonly next: string },
    address: string,
  ): Promise<IssuedToken> {
    const user = await this.accounts.withPassword({ id: principal.userId });
    if (user === null) throw wrongCurrentPassword();
    // Who holds a stolen token may guess no more often than who holds none.
    await this.limits.admit(user.email, address);
    if (!(await this.passwords.verify(passwords.current, user.passwordHash))) {
      throw wrongCurrentPassword();
    }
    const passwordHash = await this.passwords.hash(passwords.next);
    if (!(await this.accounts.replacePassword(user.id, user.passwordHash, passwordHash))) {
      throw wrongCurrentPassword();
    }
    this.trail.note({ type: 'password_changed', userId: user.id, actorId: user.id });
    await this.limits.forgive(user.email, address);
    return this.issue(Object.assign(user, { passwordHash }));
  }

  /** What the library refuses, such as a disabled account, must look like a wrong password. */
  private async issue(user: User): Promise<IssuedToken> {
    try {
      return await this.auth.signIn(user);
    } catch (error) {
      throw error instanceof AuthenticationRefusedException ? invalidCredentials() : error;
    }
  }
}
