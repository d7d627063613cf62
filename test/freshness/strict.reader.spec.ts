/** Strict freshness: requests that wait together share one read, and each sees what was committed before it came. */
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AuthApp, startAuthApp } from '../support/auth-app.js';
import {
  type DatabaseKind,
  databases,
  describeOnDatabases,
  serviceUrl,
} from '../support/databases.js';
import { Person } from '../support/person.entity.js';

const servers = databases.filter((kind) => kind !== 'sqlite');
/** The statements behind decisions; SQLite's run on a connection of their own and are counted elsewhere. */
const reads = (app: AuthApp) =>
  app.queries.statements.filter((statement) => statement.includes('UNION ALL')).length;

describeOnDatabases((kind) => {
  let app: AuthApp;
  beforeAll(async () => {
    app = await startAuthApp({ kind, auth: { strict: { timeout: '10s' } } });
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

  it('more than one batch holds is split, and each request gets its own answer', async () => {
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

  it('a change that committed before a request began is seen by it, even if other reads are running', async () => {
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

  it('an account whose columns cannot be read is 503, and no other account is affected', async () => {
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

  it('a deployment whose row is missing is 503 for everybody', async () => {
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

/** Holds every read of the user table until the returned function is called. */
async function hold(kind: DatabaseKind, other: DataSource): Promise<() => Promise<void>> {
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

describe.each(servers)('%s, when it does not answer', (kind) => {
  let app: AuthApp;
  /** It has the time that it takes: nothing that it is asked is to fail. */
  let unhurried: AuthApp;
  let other: DataSource;
  beforeAll(async () => {
    app = await startAuthApp({ kind, auth: { strict: { timeout: '300ms' } } });
    const { database, options } = app;
    unhurried = await startAuthApp({ database, synchronize: false, jwt: options.jwt });
    other = await new DataSource({ ...app.database.options, entities: [Person] }).initialize();
  });
  afterAll(async () => {
    await other.destroy();
    await unhurried.close();
    await app.close();
  });

  it('slow beyond the configured time is 503; afterwards it answers again', async () => {
    const { accessToken } = await unhurried.auth.signIn(await app.addPerson());
    const release = await hold(kind, other);
    const answers = await Promise.all([
      app.whoami(accessToken),
      app.get('passport', accessToken),
      ...Array.from({ length: 20 }, () => app.whoami(accessToken)),
    ]);
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 503));
    // Many more than may be in flight at once, for longer than one of them may take.
    for (let round = 0; round < 3; round++) {
      expect(await app.whoami(accessToken)).toMatchObject({ status: 503 });
    }
    await release();
    await expect.poll(async () => (await app.whoami(accessToken)).status).toBe(200);
  });

  it('a request that was answered is not sent when a place is free again', async () => {
    const { accessToken } = await unhurried.auth.signIn(await app.addPerson());
    const release = await hold(kind, other);
    const before = reads(app);
    // As many as four statements hold, and some more.
    const most = 4 * { postgres: 1_000, mariadb: 200, sqlite: 0 }[kind];
    const answers = await Promise.allSettled(
      Array.from({ length: most + 50 }, () => app.auth.authenticate(accessToken)),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set(['rejected']));
    // By then the four have given up their places.
    await sleep(100);
    expect(reads(app) - before).toBe(4);
    await release();
    await expect.poll(async () => (await app.whoami(accessToken)).status).toBe(200);
  });

  it('a sign-in and a revocation fail with 503 too', async () => {
    const alice = await app.addPerson();
    const { accessToken } = await unhurried.auth.signIn(alice);
    const release = await hold(kind, other);
    await expect(app.auth.signIn(alice)).rejects.toMatchObject({ code: 'auth_unavailable' });
    await expect(app.revocation.revokeUser(alice.id)).rejects.toMatchObject({
      code: 'auth_unavailable',
    });
    await release();
    await expect.poll(async () => (await app.whoami(accessToken)).status).not.toBe(503);
  });

  it.runIf(kind === 'postgres')(
    'broken connections are 503, and it recovers without a restart',
    async () => {
      const { accessToken } = await unhurried.auth.signIn(await app.addPerson());
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
      await expect.poll(async () => (await app.whoami(accessToken)).status).toBe(503);
      expect(await app.get('passport', accessToken)).toMatchObject({ status: 503 });
      await admin.query(`ALTER DATABASE "${String(database)}" WITH ALLOW_CONNECTIONS true`);
      await expect.poll(async () => (await app.whoami(accessToken)).status).toBe(200);
      await admin.destroy();
    },
  );
});

describe.each(servers)('%s, while a statement is on its way', (kind) => {
  let app: AuthApp;
  let other: DataSource;
  let token: string;
  beforeAll(async () => {
    app = await startAuthApp({ kind, auth: { strict: { timeout: '8s' } } });
    other = await new DataSource({ ...app.database.options, entities: [Person] }).initialize();
    token = (await app.auth.signIn(await app.addPerson())).accessToken;
  });
  afterAll(async () => {
    await other.destroy();
    await app.close();
  });
  /** Asks once, and then four times, a turn of the event loop each. */
  const ask = async () => {
    const before = reads(app);
    const sent = () => reads(app) - before;
    const answers = [app.auth.authenticate(token)];
    await expect.poll(sent).toBe(1);
    for (let request = 0; request < 4; request++) {
      answers.push(app.auth.authenticate(token));
      await setImmediate();
    }
    return { sent, answers };
  };

  it('requests that come meanwhile share the next statement', async () => {
    const release = await hold(kind, other);
    const { sent, answers } = await ask();
    await release();
    await Promise.all(answers);
    expect(sent()).toBe(2);
  });

  it('a slow one does not keep the next', async () => {
    const release = await hold(kind, other);
    const { sent, answers } = await ask();
    // The first is held still.
    await expect.poll(sent).toBe(2);
    await release();
    await Promise.all(answers);
  });
});

/** One account that every statement chokes on, and others that take most of the time that there is. */
describe.skipIf(!servers.includes('postgres'))(
  'postgres, a statement that one account spoils',
  () => {
    it('the others are asked for one by one, as long as they wait', async () => {
      const app = await startAuthApp({ kind: 'postgres', auth: { strict: { timeout: '4s' } } });
      try {
        const people: Person[] = [];
        for (let index = 0; index < 8; index++) people.push(await app.addPerson());
        const tokens = await Promise.all(people.map((person) => app.auth.signIn(person)));
        const [spoiler] = people;
        await app.dataSource.query('ALTER TABLE person RENAME TO people');
        await app.dataSource.query(
          `CREATE FUNCTION slow(id integer) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN` +
            ` IF id = ${spoiler?.id} THEN RAISE 'spoilt' USING ERRCODE = '22012'; END IF;` +
            ` PERFORM pg_sleep(1.6); RETURN true; END $$`,
        );
        await app.dataSource.query('CREATE VIEW person AS SELECT * FROM people WHERE slow(id)');
        const before = reads(app);
        const answers = await Promise.allSettled(
          tokens.map(({ accessToken }) => app.auth.authenticate(accessToken)),
        );
        expect(answers[0]).toMatchObject({ reason: { code: 'auth_unavailable' } });
        expect(answers[1]).toMatchObject({ status: 'fulfilled' });
        expect(answers.at(-1)).toMatchObject({ reason: { code: 'auth_unavailable' } });
        // The batch that was given up goes on, and skips requests that have expired.
        await sleep(2_500);
        // All at once; the one that spoils it; two that are answered; one that was on its way at the end.
        expect(reads(app) - before).toBeLessThanOrEqual(5);
      } finally {
        await app.close();
      }
    });
  },
);
