import { AuthEvents } from 'nestjs-revocable-jwt';
import type { DataSource } from 'typeorm';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { AuditEvent } from '../../sample-app/audit/audit-event.entity.js';
import { AuditTrail } from '../../sample-app/audit/audit-trail.js';
import { CreateApplication1764000000000 } from '../../sample-app/database/migrations/1764000000000-create-application.js';
import { Transactions } from '../../sample-app/database/transactions.js';
import { createTestDatabase, type TestDatabase } from '../support/databases.js';

let database: TestDatabase;
let dataSource: DataSource;
let events: AuthEvents;
let trail: AuditTrail;
beforeEach(async () => {
  database = await createTestDatabase('sqlite');
  const migrations = [CreateApplication1764000000000];
  dataSource = await database.connect({ entities: [AuditEvent], migrations });
  await dataSource.runMigrations();
  events = new AuthEvents();
  trail = new AuditTrail(events, dataSource, new Transactions(dataSource));
  trail.onApplicationBootstrap();
});
afterEach(() => database.drop());

it('what was told before the question is in the answer, newest first', async () => {
  const userIds = Array.from({ length: 30 }, (_, index) => `user-${index}`);
  for (const userId of userIds) trail.note({ type: 'registered', userId });
  const newest = await trail.newest({ limit: 100 });
  expect(newest.map(({ userId }) => userId)).toEqual(userIds.toReversed());
  expect(await trail.newest({ limit: 1, userId: 'user-7' })).toMatchObject([{ userId: 'user-7' }]);
});

it('what was told last is written before the application is gone', async () => {
  trail.note({ type: 'registered', userId: 'last' });
  await trail.onApplicationShutdown();
  expect(await dataSource.manager.find(AuditEvent)).toMatchObject([{ userId: 'last' }]);
});

it('a client that goes on with a dead token leaves one line, and one more when the reason changes', async () => {
  const refused = {
    type: 'token_refused',
    at: new Date(),
    subject: 's',
    sessionId: 'i',
    tokenId: 't',
  } as const;
  for (let request = 0; request < 3; request++) events.emit({ ...refused, code: 'token_revoked' });
  events.emit({ ...refused, code: 'account_disabled' });
  events.emit({ ...refused, code: 'token_revoked', tokenId: 'u' });
  const lines = await trail.newest({ limit: 100 });
  expect(lines.map(({ detail }) => `${detail?.['code']} ${detail?.['tokenId']}`)).toEqual([
    'token_revoked u',
    'account_disabled t',
    'token_revoked t',
  ]);
});
