import { AuthEvents } from 'nestjs-revocable-jwt';
import type { DataSource } from 'typeorm';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { AuditEvent } from '../../sample-app/audit/audit-event.entity.js';
import { AuditTrail } from '../../sample-app/audit/audit-trail.js';
import { readEnvironment } from '../../sample-app/config/environment.js';
import { openDatabase } from '../../sample-app/database/open-database.js';
import { Transactions } from '../../sample-app/database/transactions.js';
import { Accounts } from '../../sample-app/users/accounts.js';
import { Passwords } from '../../sample-app/users/passwords.js';
import { User } from '../../sample-app/users/user.entity.js';
import { createTestDatabase, type TestDatabase } from '../support/databases.js';

let database: TestDatabase;
let dataSource: DataSource;
let accounts: Accounts;
let events: AuthEvents;
let trail: AuditTrail;
beforeEach(async () => {
  database = await createTestDatabase('sqlite');
  dataSource = await openDatabase(readEnvironment({ DATABASE_URL: database.url }));
  events = new AuthEvents();
  const transactions = new Transactions(dataSource);
  accounts = new Accounts(dataSource, transactions, new Passwords());
  trail = new AuditTrail(events, dataSource, transactions);
  trail.onApplicationBootstrap();
});
afterEach(async () => {
  await dataSource.destroy();
  await database.drop();
});

it('what happened before the query is in the answer, newest first', async () => {
  const userIds = Array.from({ length: 30 }, (_, index) => `user-${index}`);
  for (const userId of userIds) trail.note({ type: 'registered', userId });
  const newest = await trail.newest({ limit: 100 });
  expect(newest.map(({ userId }) => userId)).toEqual(userIds.toReversed());
  expect(await trail.newest({ limit: 1, userId: 'user-7' })).toMatchObject([{ userId: 'user-7' }]);
});

it('the last events are written before the application ends', async () => {
  trail.note({ type: 'registered', userId: 'last' });
  await trail.onApplicationShutdown();
  expect(await dataSource.manager.find(AuditEvent)).toMatchObject([{ userId: 'last' }]);
});

it('a refused token is noted with the account that it was for', async () => {
  const subject = 'a-subject';
  const account = { email: 'a@example.com', password: 'x', roles: [] };
  const user = { ...(await accounts.draft(account)), subject };
  await dataSource.manager.insert(User, user);
  const refused = { type: 'token_refused', at: new Date(), sessionId: 'i', tokenId: 't' } as const;
  events.emit({ ...refused, subject, code: 'token_revoked' });
  events.emit({ ...refused, subject: 'gone', code: 'account_deleted' });
  const detail = { tokenId: 't' };
  expect(await trail.newest({ limit: 2 })).toMatchObject([
    { userId: null, sessionId: 'i', detail: { ...detail, code: 'account_deleted' } },
    { userId: user.id, sessionId: 'i', detail: { ...detail, code: 'token_revoked' } },
  ]);
});
