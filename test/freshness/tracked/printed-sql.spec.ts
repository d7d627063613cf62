/** The SQL that is printed for an administrator of the schema is all that tracked freshness needs. */
import { setTimeout as sleep } from 'node:timers/promises';
import { AUTH_ENTITIES } from 'nestjs-revocable-jwt';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { authTriggersSql } from '../../../lib/migration/auth-triggers.js';
import { authOptions, startAuthApp } from '../../support/auth-app.js';
import {
  createTestDatabase,
  describeOnDatabases,
  type TestDatabase,
} from '../../support/databases.js';
import { Person } from '../../support/person.entity.js';

describeOnDatabases((kind) => {
  const options = authOptions({
    auth: { freshness: { mode: 'tracked', maxStaleness: 500, wakeUp: 'poll' } },
  });
  let database: TestDatabase;
  beforeEach(async () => {
    database = await createTestDatabase(kind);
  });
  afterEach(() => database.drop());

  const connect = () =>
    database.connect({ entities: [Person, ...AUTH_ENTITIES], synchronize: true });
  const start = () =>
    startAuthApp({ database, synchronize: false, auth: options, jwt: options.jwt });

  it('a process that was refused starts after it', async () => {
    const dataSource = await connect();
    await expect(start()).rejects.toThrow('npx nestjs-revocable-jwt triggers');
    const statements = await authTriggersSql(dataSource, { options });
    // Nothing secret, nothing random: it is reviewed, and filed away.
    expect(await authTriggersSql(dataSource, { options })).toEqual(statements);
    // A deployment whose first process comes after it.
    await dataSource.query('DELETE FROM auth_state');
    for (const statement of statements) await dataSource.query(statement);
    const app = await start();
    const { accessToken } = await app.auth.signIn(await app.addPerson());
    expect((await app.whoami(accessToken)).status).toBe(200);
    const rows: { generation: string; stamp_key: string }[] = await dataSource.query(
      'SELECT generation, stamp_key FROM auth_state',
    );
    expect(rows.map((row) => [row.generation.length, row.stamp_key.length])).toEqual([[43, 43]]);
    await app.close();
    const again = await start();
    expect(await dataSource.query('SELECT generation, stamp_key FROM auth_state')).toEqual(rows);
    await again.close();
  });

  it('what changes while it creates triggers again is not missed', async () => {
    const dataSource = await connect();
    const statements = await authTriggersSql(dataSource, { options });
    for (const statement of statements) await dataSource.query(statement);
    const app = await start();
    await sleep(1_100);
    const person = await app.addPerson();
    const { accessToken } = await app.auth.signIn(person);
    expect((await app.whoami(accessToken)).status).toBe(200);
    for (const statement of statements) {
      await dataSource.query(statement);
      if (!/DROP TRIGGER IF EXISTS.*auth_person_update/.test(statement)) continue;
      await dataSource.query(`UPDATE person SET status = 'disabled' WHERE id = ${person.id}`);
    }
    await sleep(600);
    expect(await app.whoami(accessToken)).toMatchObject({
      status: 401,
      body: { code: 'account_disabled' },
    });
    await app.close();
  });
});
