/** What stops the start: a database that does not have what every decision will read. */
import { AUTH_ENTITIES, AuthConfigurationError } from 'nestjs-revocable-jwt';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startAuthApp } from '../support/auth-app.js';
import {
  createTestDatabase,
  describeOnDatabases,
  type TestDatabase,
} from '../support/databases.js';
import { Person } from '../support/person.entity.js';

describeOnDatabases((kind) => {
  let database: TestDatabase;
  let dataSource: DataSource;
  beforeAll(async () => {
    database = await createTestDatabase(kind);
    dataSource = await database.connect({
      entities: [Person, ...AUTH_ENTITIES],
      synchronize: true,
    });
  });
  afterAll(() => database.drop());

  it.each([
    ['auth_state', undefined],
    ['auth_revocation', undefined],
    ['person', undefined],
    ['person', 'token_version'],
    ['person', 'roles'],
    ['auth_revocation', 'issued_before'],
    ['auth_state', 'stamp_key'],
  ])('without %s %s it does not start, and names the remedy', async (table, column) => {
    const renamed = (from: string, to: string) =>
      column === undefined
        ? `ALTER TABLE ${from} RENAME TO ${to}`
        : `ALTER TABLE ${table} RENAME COLUMN ${from} TO ${to}`;
    const missing = column ?? table;
    await dataSource.query(renamed(missing, 'elsewhere'));
    const error: unknown = await startAuthApp({ database, synchronize: false }).catch(
      (reason: unknown) => reason,
    );
    await dataSource.query(renamed('elsewhere', missing));
    expect(error).toBeInstanceOf(AuthConfigurationError);
    expect(String(error)).toMatch(/createAuthMigration\(\)/);
    expect(String(error)).toContain('AUTH_ENTITIES');
    expect(String(error)).toContain(missing);
  });

  it('with all of it, it starts, and a second time on the same tables', async () => {
    const first = await startAuthApp({ database, synchronize: false });
    const { accessToken } = await first.auth.signIn(await first.addPerson());
    await first.close();
    const second = await startAuthApp({ database, synchronize: false, jwt: first.options.jwt });
    expect(await second.whoami(accessToken)).toMatchObject({ status: 200 });
    await second.close();
  });
});
