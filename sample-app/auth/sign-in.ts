import { Inject, Injectable } from '@nestjs/common';
import {
  AuthenticationRefusedException,
  AuthService,
  type IssuedToken,
  type Principal,
  SessionService,
  type SignInContext,
} from 'nestjs-revocable-jwt';
import { AuditTrail } from '../audit/audit-trail.js';
import { Transactions } from '../database/transactions.js';
import type { Caller } from '../http/caller.decorator.js';
import { invalidCredentials, wrongCurrentPassword } from '../http/refusals.js';
import { Accounts } from '../users/accounts.js';
import { Passwords } from '../users/passwords.js';
import { User } from '../users/user.entity.js';
import { LoginLimits } from './login-limits.js';

/** Signs users in with a password. */
@Injectable()
export class SignIn {
  constructor(
    @Inject(Accounts) private readonly accounts: Accounts,
    @Inject(Passwords) private readonly passwords: Passwords,
    @Inject(LoginLimits) private readonly limits: LoginLimits,
    @Inject(Transactions) private readonly transactions: Transactions,
    @Inject(AuthService) private readonly auth: AuthService,
    @Inject(SessionService) private readonly sessions: SessionService,
    @Inject(AuditTrail) private readonly trail: AuditTrail,
  ) {}

  /**
   * An unknown e-mail, a wrong password and an account that may not sign in get the same answer, after the
   * same work.
   *
   * @throws AppRefusal 401 `invalid_credentials`, 429 `too_many_attempts`
   */
  async withPassword(
    email: string,
    password: string,
    context: SignInContext & Caller,
  ): Promise<IssuedToken> {
    await this.limits.admit(email, context.ip);
    const user = await this.accounts.withPassword({ email });
    if (!(await this.passwords.verify(password, user?.passwordHash)) || user === null) {
      const reason = user === null ? 'unknown_user' : 'wrong_password';
      this.auth.signInFailed({ userId: user?.id, reason });
      throw invalidCredentials();
    }
    const token = await this.issue(user, context);
    await this.limits.forgive(email, context.ip);
    await this.accounts.signedIn(user.id, new Date());
    return token;
  }

  /**
   * Sets a new password, and issues new tokens for the caller's session, in one transaction. Every older token
   * is then refused, because it is bound to the old hash.
   */
  async changePassword(
    principal: Principal,
    passwords: { readonly current: string; readonly next: string },
    caller: Caller,
  ): Promise<IssuedToken> {
    const user = await this.accounts.withPassword({ id: principal.userId });
    if (user === null) throw wrongCurrentPassword();
    // The holder of a stolen token must not have more attempts than anybody else.
    await this.limits.admit(user.email, caller.ip);
    if (!(await this.passwords.verify(passwords.current, user.passwordHash))) {
      throw wrongCurrentPassword();
    }
    const passwordHash = await this.passwords.hash(passwords.next);
    const pair = await this.transactions.run(async (manager) => {
      const isSame = { id: user.id, passwordHash: user.passwordHash };
      const { affected } = await manager.update(User, isSame, { passwordHash });
      // Another request has changed the password in the meantime.
      if (affected !== 1) throw wrongCurrentPassword();
      return this.sessions.reissue(principal, { ...caller, manager });
    });
    this.trail.note({ type: 'password_changed', userId: user.id, actorId: user.id });
    await this.limits.forgive(user.email, caller.ip);
    return pair;
  }

  /** A refusal by the library, such as for a disabled account, must look like a wrong password. */
  private async issue(user: User, context: SignInContext): Promise<IssuedToken> {
    try {
      return await this.auth.signIn(user, context);
    } catch (error) {
      throw error instanceof AuthenticationRefusedException ? invalidCredentials() : error;
    }
  }
}
