import { expect, it } from 'vitest';
import { readEnvironment } from '../../sample-app/config/environment.js';
import { openDatabase } from '../../sample-app/database/open-database.js';
import { Transactions } from '../../sample-app/database/transactions.js';
import { Accounts } from '../../sample-app/users/accounts.js';
import { FirstAccounts } from '../../sample-app/users/first-accounts.js';
import { Passwords } from '../../sample-app/users/passwords.js';
import { User } from '../../sample-app/users/user.entity.js';
import { createTestDatabase, describeOnDatabases } from '../support/databases.js';

describeOnDatabases((kind) => {
  it('processes that start at once make the first accounts once', async () => {
    const database = await createTestDatabase(kind);
    const environment = readEnvironment({ DATABASE_URL: database.url });
    const dataSource = await openDatabase(environment);
    const transactions = new Transactions(dataSource);
    const accounts = new Accounts(dataSource, transactions, new Passwords());
    // Each finds no account, and hashes passwords while the others do.
    await Promise.all(
      Array.from({ length: 3 }, () =>
        new FirstAccounts(environment, dataSource, transactions, accounts).onApplicationBootstrap(),
      ),
    );
    const emails = (await dataSource.manager.find(User)).map(({ email }) => email);
    const expected = ['admin@example.com', 'alice@example.com', 'editor@example.com'];
    expect(emails.toSorted()).toEqual(expected);
    await dataSource.destroy();
    await database.drop();
  });
});
