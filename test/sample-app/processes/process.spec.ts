import Database from 'better-sqlite3';
import { describe, expect, it, vi } from 'vitest';
import {
  createTestDatabase,
  type DatabaseKind,
  describeOnDatabases,
} from '../../support/databases.js';
import { expectRefusal } from '../support/client.js';
import { type AppProcess, run, start } from '../support/process.js';
import { ADAPTERS } from '../../support/http.js';
import { WAIT_LIMIT_MS } from '../../support/wait-limit.js';

it('the first start: one line says where it listens, and SIGTERM ends it', async () => {
  const database = await createTestDatabase('sqlite');
  const app = await start({ DATABASE_URL: database.url });
  const alice = await app.as('alice');
  const admin = await app.as('admin');
  const { body } = await alice.get('/me');
  await admin.patch(`/admin/users/${String(body['id'])}`, { status: 'disabled' });
  expectRefusal(await alice.get('/me'), 401, 'account_disabled');

  // The clients' connections are still open; they do not keep it.
  const { code, signal, stdout, stderr } = await app.stop('SIGTERM');
  expect(code ?? signal).toBeOneOf([0, 'SIGTERM']);
  expect(stdout.trim()).toBe(`listening on ${app.url}`);
  expect(stderr).toBe('');
  await database.drop();
});

it.each(ADAPTERS)(
  '%s: SIGTERM waits for the requests in flight, and for their events',
  async (HTTP_ADAPTER) => {
    const database = await createTestDatabase('sqlite');
    const env = { DATABASE_URL: database.url, HTTP_ADAPTER, LOGIN_LIMIT_PER_EMAIL: '1000' };
    const app = await start(env);
    const guess = { email: 'alice@example.com', password: 'a wrong password' };
    const guesses = Array.from({ length: 16 }, () => app.nobody.post('/auth/login', guess));
    // All have arrived: an attempt is counted before its password is hashed.
    const file = new Database(database.url.slice('sqlite:'.length), { readonly: true });
    const counted = file
      .prepare("SELECT points FROM login_attempts WHERE key LIKE 'address:%'")
      .pluck();
    await vi.waitFor(() => expect(counted.get()).toBe(guesses.length), {
      interval: 1,
      timeout: WAIT_LIMIT_MS,
    });
    file.close();
    const { stderr } = await app.stop('SIGTERM');
    expect(stderr).toBe('');
    for (const answer of await Promise.all(guesses)) {
      expectRefusal(answer, 401, 'invalid_credentials');
    }

    const again = await start(env);
    const { items } = await (await again.as('admin')).get('/admin/events?limit=100');
    expect(items.filter(({ type }) => type === 'sign_in_failed')).toHaveLength(guesses.length);
    await again.stop('SIGTERM');
    await database.drop();
  },
);

describe('a value that cannot be used stops the start with one line', () => {
  it.each([
    ['PORT', 'http'],
    ['AUTH_JWT_SECRET', 'too short'],
    // Long enough, and guessable: the library's own check.
    ['AUTH_JWT_SECRET', 'secret'.repeat(6)],
    ['DATABASE_URL', 'postgres://postgres@127.0.0.1:1/none'],
  ])('%s', async (name, value) => {
    const { code, stdout, stderr } = await run({ DATABASE_URL: 'sqlite::memory:', [name]: value });
    expect(code).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toMatch(new RegExp(`^${name}: .+\n$`));
    expect(stderr).not.toContain(value);
  });
});

it('without a secret it says that tokens end with the process', async () => {
  const app = await start({ DATABASE_URL: 'sqlite::memory:', AUTH_JWT_SECRET: '' });
  const { stdout, stderr } = await app.stop('SIGTERM');
  expect(stdout + stderr).toContain('AUTH_JWT_SECRET is not set');
});

describeOnDatabases((kind) => {
  it('several processes are one deployment: started at once, revoking for each other, counting together', async () => {
    await deployment(kind, async ([first, second]) => {
      const admin = await first.as('admin');
      expect((await admin.get('/admin/users')).body['total']).toBe(3);

      const { id, client, email } = await second.newcomer();
      const there = client.holding(client.token);
      const here = first.nobody.holding(client.token);
      expect((await here.get('/me')).status).toBe(200);
      await admin.patch(`/admin/users/${id}`, { status: 'disabled' });
      expectRefusal(await there.get('/me'), 401, 'account_disabled');

      const guess = { email, password: 'a wrong password' };
      for (const app of [first, second, first]) {
        expectRefusal(await app.nobody.post('/auth/login', guess), 401, 'invalid_credentials');
      }
      expectRefusal(await second.nobody.post('/auth/login', guess), 429, 'too_many_attempts');

      expect((await admin.post('/admin/revoke-all')).status).toBe(204);
      expectRefusal(await second.nobody.holding(admin.token).get('/me'), 401, 'token_revoked');
    });
  });
});

/** Two processes, started at the same moment on one new database. */
async function deployment(
  kind: DatabaseKind,
  story: (apps: [AppProcess, AppProcess]) => Promise<void>,
): Promise<void> {
  const database = await createTestDatabase(kind);
  const env = { DATABASE_URL: database.url, LOGIN_LIMIT_PER_EMAIL: '3' };
  const apps = await Promise.all([start(env), start({ ...env, HTTP_ADAPTER: 'fastify' })]);
  try {
    await story(apps);
  } finally {
    for (const { stderr } of await Promise.all(apps.map((app) => app.stop('SIGTERM')))) {
      expect(stderr).toBe('');
    }
    await database.drop();
  }
}
