import { Inject, Injectable } from '@nestjs/common';
import { RevocationService } from 'nestjs-revocable-jwt';
import { DataSource, type EntityManager } from 'typeorm';
import { AuditTrail } from '../audit/audit-trail.js';
import { Transactions } from '../database/transactions.js';
import { notFound } from '../http/refusals.js';
import { Accounts, refusingDuplicates } from '../users/accounts.js';
import { Passwords } from '../users/passwords.js';
import { User } from '../users/user.entity.js';
import type { ResetSubjectRequest, UserChange, UsersQuery } from './admin.requests.js';

/** What an admin can do to accounts. One transaction has the change, its revocation and its line in the audit trail. */
@Injectable()
export class UserAdministration {
  constructor(
    @Inject(DataSource) private readonly dataSource: DataSource,
    @Inject(Transactions) private readonly transactions: Transactions,
    @Inject(Accounts) private readonly accounts: Accounts,
    @Inject(Passwords) private readonly passwords: Passwords,
    @Inject(RevocationService) private readonly revocations: RevocationService,
    @Inject(AuditTrail) private readonly trail: AuditTrail,
  ) {}

  /** The users whose e-mail or name contains `q`. */
  search({ q = '', limit, offset }: UsersQuery): Promise<[User[], number]> {
    const pattern = `%${q.toLowerCase().replaceAll(/[!%_]/g, '!$&')}%`;
    return this.dataSource.manager
      .createQueryBuilder(User, 'user')
      .where("user.email LIKE :pattern ESCAPE '!'", { pattern })
      .orWhere("LOWER(user.name) LIKE :pattern ESCAPE '!'", { pattern })
      .orderBy('user.email')
      .take(limit)
      .skip(offset)
      .getManyAndCount();
  }

  change(id: string, { reason, ...change }: UserChange, actor: string): Promise<User> {
    return this.transactions.run(async (manager) => {
      const columns = columnsOf(change);
      if (Object.keys(columns).length > 0) await manager.update(User, { id }, columns);
      const user = await this.existing(manager, id);
      const mayAct = user.status === 'active' && user.suspendedUntil === null;
      const shutOut = !mayAct && 'suspendedUntil' in columns;
      // Without this, current tokens would be valid again when the account is enabled again.
      if (shutOut) await this.revocations.revokeUser(id, { manager, actor, reason });
      const line = { type: 'account_changed', userId: id, actorId: actor, reason };
      await this.trail.record(manager, { ...line, detail: { ...change } });
      return this.existing(manager, id);
    });
  }

  /** The account's articles stay, without an author. Its tokens are refused, because the account is gone. */
  remove(id: string, actor: string): Promise<void> {
    return this.transactions.run(async (manager) => {
      const { affected } = await manager.delete(User, { id });
      if (affected === 0) throw notFound('user');
      await this.trail.record(manager, { type: 'account_deleted', userId: id, actorId: actor });
    });
  }

  /** For an account that was taken over: sets a new password, and a new subject that is in no token. */
  async resetSubject(id: string, request: ResetSubjectRequest, actor: string): Promise<User> {
    const { email, newPassword } = request;
    const passwordHash = await this.passwords.hash(newPassword);
    const columns = { passwordHash, ...(email === undefined ? {} : { email }) };
    return refusingDuplicates(
      this.transactions.run(async (manager) => {
        await manager.update(User, { id }, columns);
        await this.revocations.replaceSubject(id, { manager, actor, reason: 'account reset' });
        return this.existing(manager, id);
      }),
    );
  }

  private async existing(manager: EntityManager, id: string): Promise<User> {
    const user = await this.accounts.byId(id, manager);
    if (user === null) throw notFound('user');
    return user;
  }
}

type Columns = Partial<Pick<User, 'status' | 'roles' | 'suspendedUntil'>>;

/** A new status clears the end of a suspension, unless the change sets one. */
function columnsOf({ status, roles, suspendedUntil }: UserChange): Columns {
  const until = suspendedUntil === undefined && status !== undefined ? null : suspendedUntil;
  return {
    ...(status === undefined ? {} : { status }),
    ...(roles === undefined ? {} : { roles: [...new Set(roles)] }),
    ...(until === undefined ? {} : { suspendedUntil: until === null ? null : new Date(until) }),
  };
}
