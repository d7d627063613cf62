import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { isDuplicate } from '../database/duplicate.js';
import { Transactions } from '../database/transactions.js';
import { emailTaken } from '../http/refusals.js';
import { Passwords } from './passwords.js';
import { type Role, User } from './user.entity.js';

export interface NewAccount {
  readonly email: string;
  readonly password: string;
  readonly name?: string;
  readonly roles: readonly Role[];
}

/** Finds and creates accounts. */
@Injectable()
export class Accounts {
  constructor(
    @Inject(DataSource) private readonly dataSource: DataSource,
    @Inject(Transactions) private readonly transactions: Transactions,
    @Inject(Passwords) private readonly passwords: Passwords,
  ) {}

  byId(id: string, manager: EntityManager = this.dataSource.manager): Promise<User | null> {
    return manager.findOneBy(User, { id });
  }

  /** The account with its password hash, which other reads leave out. */
  withPassword(where: { id: string } | { email: string }): Promise<User | null> {
    return this.dataSource.manager
      .createQueryBuilder(User, 'user')
      .addSelect('user.passwordHash')
      .where(where)
      .getOne();
  }

  /** An account that is not stored yet. */
  async draft({ email, password, name, roles }: NewAccount): Promise<User> {
    const passwordHash = await this.passwords.hash(password);
    return Object.assign(new User(), {
      id: randomUUID(),
      email,
      name: name ?? null,
      passwordHash,
      roles: [...roles],
      status: 'active' as const,
      suspendedUntil: null,
      tokenVersion: 0,
      subject: randomUUID(),
      lastLoginAt: null,
      createdAt: new Date(),
    });
  }

  /** @throws AppRefusal 409 `email_taken` */
  async register(account: NewAccount): Promise<User> {
    const user = await this.draft(account);
    await refusingDuplicates(this.transactions.run((manager) => manager.insert(User, user)));
    return user;
  }

  /** Stores the time of the sign-in. */
  async signedIn(id: string, at: Date): Promise<void> {
    await this.transactions.run((manager) => manager.update(User, { id }, { lastLoginAt: at }));
  }
}

/** Turns the error of the unique constraint into the refusal `email_taken`. */
export async function refusingDuplicates<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw isDuplicate(error) ? emailTaken() : error;
  }
}
