/** A process whose role has the grants that docs/deployment.md names, and no right to change a schema. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { FreshnessMonitor } from 'nestjs-revocable-jwt';
import type { DataSource } from 'typeorm';
import { type AuthApp, authOptions, startAuthApp } from '../../support/auth-app.js';
import { describeOnDatabases, type TestDatabase } from '../../support/databases.js';
import { Person } from '../../support/person.entity.js';
import { watchedDatabase } from '../../support/watched-database.js';

const OWN = ['auth_revocation', 'auth_state', 'auth_log_head', 'auth_process', 'auth_session'];

describeOnDatabases(
  (kind) => {
    const role = `app_${randomBytes(6).toString('hex')}`;
    const options = authOptions({
      auth: { sessions: {}, freshness: { mode: 'tracked', maxStaleness: 5_000 } },
    });
    let database: TestDatabase;
    let owner: DataSource;
    let app: AuthApp;
    beforeAll(async () => {
      database = await watchedDatabase(kind, options);
      owner = await database.connect({ poolSize: 1 });
      const tables = [...OWN, 'person'];
      const rights = 'SELECT, INSERT, UPDATE, DELETE';
      const grants =
        kind === 'postgres'
          ? [
              `CREATE ROLE ${role} LOGIN`,
              `GRANT ${rights} ON ${tables.join(', ')} TO ${role}`,
              `GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO ${role}`,
              'REVOKE CREATE ON SCHEMA public FROM PUBLIC',
            ]
          : [
              `CREATE USER ${role}`,
              ...tables.map((table) => `GRANT ${rights} ON ${table} TO ${role}`),
              `GRANT TRIGGER ON person TO ${role}`,
              `GRANT TRIGGER ON auth_session TO ${role}`,
            ];
      // oxlint-disable-next-line no-await-in-loop
      for (const grant of grants) await owner.query(grant);
      const url = new URL(database.url);
      url.username = role;
      const type = kind === 'postgres' ? 'postgres' : 'mysql';
      app = await startAuthApp({
        database: { ...database, options: { type, url: url.href, poolSize: 3 } },
        synchronize: false,
        auth: options,
        jwt: options.jwt,
        user: options.user,
      });
    });
    afterAll(async () => {
      await app.close();
      if (kind === 'postgres') await owner.query(`DROP OWNED BY ${role}`);
      await owner.query(`DROP ${kind === 'postgres' ? 'ROLE' : 'USER'} ${role}`);
      await database.drop();
    });

    it('has none to do so', async () => {
      const change = app.dataSource.query('CREATE TABLE mine (id int)');
      await expect(change).rejects.toThrow(/denied/);
    });

    it('follows the log, signs in, refreshes and revokes', async () => {
      const status = () => app.app.get(FreshnessMonitor).status();
      await expect.poll(() => status().isTracking).toBe(true);
      const person = await app.addPerson();
      const { accessToken, refreshToken = '' } = await app.auth.signIn(person);
      expect(await app.whoami(accessToken)).toMatchObject({ status: 200 });
      const next = await app.sessions.refresh(refreshToken);
      await app.dataSource.getRepository(Person).update({ id: person.id }, { status: 'disabled' });
      const refused = { status: 401, body: { code: 'account_disabled' } };
      await expect.poll(() => app.whoami(next.accessToken)).toMatchObject(refused);
      const other = await app.auth.signIn(await app.addPerson());
      await app.revocation.revokeSession(other.sessionId, { visibility: 'everywhere' });
      expect(await app.whoami(other.accessToken)).toMatchObject({ status: 401 });
      expect(status().isTracking).toBe(true);
    });
  },
  ['postgres', 'mariadb'],
);
