/** Strict freshness: requests that wait together share one read, and each sees what was committed before it came. */
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AuthApp, startAuthApp } from '../support/auth-app.js';
import { databases, describeOnDatabases, serviceUrl } from '../support/databases.js';
import { Person } from '../support/person.entity.js';

const servers = databases.filter((kind) => kind !== 'sqlite');
/** The statements behind decisions; SQLite's run on a connection of their own and are counted elsewhere. */
const reads = (app: AuthApp) =>
  app.queries.statements.filter((statement) => statement.includes('UNION ALL')).length;

describeOnDatabases((kind) => {
  let app: AuthApp;
  beforeAll(async () => {
    app = await startAuthApp({ kind, auth: { strict: { timeout: '400ms' } } });
  });
  afterAll(() => app.close());

  it('64 requests of one moment share one statement', async () => {
    const tokens = await Promise.all(
      Array.from(
        { length: 64 },
        async () => (await app.auth.signIn(await app.addPerson())).accessToken,
      ),
    );
    const before = reads(app);
    const principals = await Promise.all(tokens.map((token) => app.auth.authenticate(token)));
    expect(new Set(principals.map(({ subject }) => subject)).size).toBe(64);
    if (kind !== 'sqlite') expect(reads(app) - before).toBe(1);
  });

  it('more than one batch holds is split, and everyone has their own answer', async () => {
    const alice = await app.addPerson({ roles: ['a'] });
    const bob = await app.addPerson({ roles: ['b'] });
    const tokens = [
      (await app.auth.signIn(alice)).accessToken,
      (await app.auth.signIn(bob)).accessToken,
    ];
    const asked = Array.from({ length: 2_500 }, (_, index) => tokens[index % 2] ?? '');
    const before = reads(app);
    const principals = await Promise.all(asked.map((token) => app.auth.authenticate(token)));
    expect(principals.map(({ roles }) => roles[0]).join('')).toBe('ab'.repeat(1_250));
    const batches = {
      sqlite: 0,
      postgres: Math.ceil(2_500 / 1_000),
      mariadb: Math.ceil(2_500 / 200),
    }[kind];
    expect(reads(app) - before).toBe(batches);
  });

  it('a change that committed before a request began is seen by it, whatever is in the air', async () => {
    const alice = await app.addPerson();
    const { accessToken } = await app.auth.signIn(alice);
    for (let round = 0; round < 30; round++) {
      const people = app.dataSource.getRepository(Person);
      // Keeps reads in flight while the change commits.
      const traffic = Array.from({ length: 8 }, () =>
        app.auth.authenticate(accessToken).catch(() => undefined),
      );
      await people.update({ id: alice.id }, { status: 'disabled' });
      await expect(app.auth.authenticate(accessToken)).rejects.toMatchObject({
        code: 'account_disabled',
      });
      await people.update({ id: alice.id }, { status: 'active' });
      await expect(app.auth.authenticate(accessToken)).resolves.toMatchObject({
        subject: alice.subject ? String(alice.id) : '',
      });
      await Promise.all(traffic);
    }
  });

  it('an account whose columns cannot be read is 503, and costs nobody else the answer', async () => {
    const [alice, bob] = [await app.addPerson(), await app.addPerson()];
    const tokens = [await app.auth.signIn(alice), await app.auth.signIn(bob)];
    await app.dataSource.query(`UPDATE person SET roles = '{broken' WHERE id = ${alice.id}`);
    const [broken, sound] = await Promise.allSettled(
      tokens.map(({ accessToken }) => app.auth.authenticate(accessToken)),
    );
    expect(broken).toMatchObject({ status: 'rejected', reason: { code: 'auth_unavailable' } });
    expect(sound).toMatchObject({ status: 'fulfilled' });
    await app.dataSource.getRepository(Person).delete({ id: alice.id });
  });

  it('a deployment whose own row is gone is 503 for everybody', async () => {
    const { accessToken } = await app.auth.signIn(await app.addPerson());
    await app.dataSource.query("UPDATE auth_state SET realm = 'elsewhere'");
    for (const path of ['whoami', 'passport']) {
      const answer = await app.get(path, accessToken);
      expect(answer).toMatchObject({
        status: 503,
        body: { statusCode: 503, error: 'Service Unavailable', code: 'auth_unavailable' },
      });
      expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
    }
    await app.dataSource.query("UPDATE auth_state SET realm = 'jwt'");
    expect(await app.whoami(accessToken)).toMatchObject({ status: 200 });
  });
});

describe.each(servers)('%s, when it does not answer', (kind) => {
  let app: AuthApp;
  let other: DataSource;
  beforeAll(async () => {
    app = await startAuthApp({ kind, auth: { strict: { timeout: '300ms' } } });
    other = await new DataSource({ ...app.database.options, entities: [Person] }).initialize();
  });
  afterAll(async () => {
    await other.destroy();
    await app.close();
  });

  /** Holds every read of the user table until the returned function is called. */
  async function hold(): Promise<() => Promise<void>> {
    const runner = other.createQueryRunner();
    if (kind === 'postgres') {
      await runner.startTransaction();
      await runner.query('LOCK TABLE person IN ACCESS EXCLUSIVE MODE');
      return async () => {
        await runner.commitTransaction();
        await runner.release();
      };
    }
    await runner.query('LOCK TABLES person WRITE');
    return async () => {
      await runner.query('UNLOCK TABLES');
      await runner.release();
    };
  }

  it('slow beyond the configured time is 503; afterwards it answers again', async () => {
    const { accessToken } = await app.auth.signIn(await app.addPerson());
    const release = await hold();
    const answers = await Promise.all([
      app.whoami(accessToken),
      app.get('passport', accessToken),
      ...Array.from({ length: 20 }, () => app.whoami(accessToken)),
    ]);
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 503));
    // Many more than may fly at once, for longer than one of them may take.
    for (let round = 0; round < 3; round++) {
      expect(await app.whoami(accessToken)).toMatchObject({ status: 503 });
    }
    await release();
    await expect
      .poll(async () => (await app.whoami(accessToken)).status, { timeout: 5_000 })
      .toBe(200);
  });

  it('a sign-in and a revocation fail too, and say so', async () => {
    const alice = await app.addPerson();
    const { accessToken } = await app.auth.signIn(alice);
    const release = await hold();
    await expect(app.auth.signIn(alice)).rejects.toMatchObject({ code: 'auth_unavailable' });
    await expect(app.revocation.revokeUser(alice.id)).rejects.toMatchObject({
      code: 'auth_unavailable',
    });
    await release();
    await expect
      .poll(async () => (await app.whoami(accessToken)).status, { timeout: 5_000 })
      .not.toBe(503);
  });

  it.runIf(kind === 'postgres')(
    'connections that break are 503, and it recovers by itself',
    async () => {
      const { accessToken } = await app.auth.signIn(await app.addPerson());
      const rows: { name: string }[] = await other.query('SELECT current_database() AS name');
      const database = rows[0]?.name;
      const admin = await new DataSource({
        type: 'postgres',
        url: serviceUrl('TEST_POSTGRES_URL') ?? '',
      }).initialize();
      await admin.query(`ALTER DATABASE "${String(database)}" WITH ALLOW_CONNECTIONS false`);
      await admin.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${String(database)}'`,
      );
      await expect
        .poll(async () => (await app.whoami(accessToken)).status, { timeout: 5_000 })
        .toBe(503);
      expect(await app.get('passport', accessToken)).toMatchObject({ status: 503 });
      await admin.query(`ALTER DATABASE "${String(database)}" WITH ALLOW_CONNECTIONS true`);
      await expect
        .poll(async () => (await app.whoami(accessToken)).status, { timeout: 5_000 })
        .toBe(200);
      await admin.destroy();
    },
  );
});
