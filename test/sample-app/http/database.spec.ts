import { DataSource } from 'typeorm';
import { expect, it } from 'vitest';
import { databaseAddress } from '../../../sample-app/config/database-address.js';
import { dataSourceOptions } from '../../../sample-app/database/data-source.js';
import { createTestDatabase, describeOnDatabases } from '../../support/databases.js';
import { startApp } from '../support/running-app.js';

describeOnDatabases((kind) => {
  it('check refuses to start on a database that is not ready, and leaves it as it is', async () => {
    const { url, ...database } = await createTestDatabase(kind);
    const check = () => startApp({ DATABASE_URL: url, DATABASE_READY: 'check' });
    await expect(check()).rejects.toThrow(/^DATABASE_READY: check refuses to start/);
    await expect(check()).rejects.toThrow(/^DATABASE_READY: check refuses to start/);
    await (await startApp({ DATABASE_URL: url })).close();
    await (await check()).close();
    await database.drop();
  });

  it('the migrations make what the entities say, and can be undone', async () => {
    const { url, ...database } = await createTestDatabase(kind);
    await (await startApp({ DATABASE_URL: url })).close();
    const dataSource = await open(url);
    const runner = dataSource.createQueryRunner();
    for (const { tablePath, columns } of dataSource.entityMetadatas) {
      const table = await runner.getTable(tablePath);
      const made = table?.columns.map(({ name }) => name) ?? [];
      const said = columns.map(({ databaseName }) => databaseName);
      expect([tablePath, new Set(made)]).toEqual([tablePath, new Set(said)]);
    }

    while ((await applied(dataSource)) > 0) await dataSource.undoLastMigration();
    for (const table of ['users', 'articles', 'audit_events', 'login_attempts', 'auth_state']) {
      expect([table, await runner.hasTable(table)]).toEqual([table, false]);
    }
    await runner.release();
    await dataSource.destroy();
    await database.drop();
  });

  it('first accounts are made once, and an admin who changes them finds them changed after a restart', async () => {
    const { url, ...database } = await createTestDatabase(kind);
    const first = await startApp({ DATABASE_URL: url, SEED_DEMO_USERS: 'false' });
    const admin = await first.as('admin');
    const { body } = await admin.get('/admin/users');
    expect(body['total']).toBe(1);
    const [{ id } = { id: '' }]: { id?: unknown }[] = Object(body['items']);
    await admin.post(`/admin/users/${String(id)}/reset-subject`, {
      newPassword: 'my own password',
    });
    await first.close();
    const second = await startApp({ DATABASE_URL: url });
    const again = await second.nobody.login('admin@example.com', 'my own password');
    expect((await again.get('/admin/users')).body['total']).toBe(1);
    await second.close();
    await database.drop();
  });
});

async function open(url: string): Promise<DataSource> {
  const address = databaseAddress.read(url);
  if (address === undefined) throw new Error('The test database has an address of its own kind.');
  return new DataSource(dataSourceOptions(address)).initialize();
}

async function applied(dataSource: DataSource): Promise<number> {
  const rows: readonly unknown[] = await dataSource.query('SELECT * FROM migrations');
  return rows.length;
}
