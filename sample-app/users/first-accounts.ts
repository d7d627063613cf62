import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { ENVIRONMENT } from '../config/environment.module.js';
import type { Environment } from '../config/environment.js';
import { Transactions } from '../database/transactions.js';
import { Accounts, type NewAccount } from './accounts.js';
import { User } from './user.entity.js';

const DEMO: readonly NewAccount[] = [
  { email: 'editor@example.com', password: 'editor-password', name: 'Edith', roles: ['editor'] },
  { email: 'alice@example.com', password: 'alice-password', name: 'Alice', roles: ['user'] },
];

/** Creates the admin, and the demo users, in a database without accounts. */
@Injectable()
export class FirstAccounts implements OnApplicationBootstrap {
  constructor(
    @Inject(ENVIRONMENT) private readonly environment: Environment,
    @Inject(DataSource) private readonly dataSource: DataSource,
    @Inject(Transactions) private readonly transactions: Transactions,
    @Inject(Accounts) private readonly accounts: Accounts,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    if ((await this.dataSource.manager.count(User)) > 0) return;
    const { admin, seedDemoUsers } = this.environment;
    const wanted: NewAccount[] = [{ ...admin, name: 'Ada', roles: ['admin'] }];
    for (const demo of seedDemoUsers ? DEMO : []) {
      if (demo.email !== admin.email) wanted.push(demo);
    }
    const users = await Promise.all(wanted.map((account) => this.accounts.draft(account)));
    // Several processes may start at once on one database. Only the first one creates accounts. It uses one
    // statement, so it never creates only some of them.
    await this.transactions.run((manager) =>
      manager.createQueryBuilder().insert().into(User).values(users).orIgnore().execute(),
    );
  }
}
