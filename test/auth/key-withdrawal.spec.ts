/** A key that leaked is taken back: what it signed is dead, in every process, in both modes. */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AuthModuleOptions, KeyService } from 'nestjs-revocable-jwt';
import { type AuthApp, authOptions, startAuthApp } from '../support/auth-app.js';
import { describeOnDatabases, type TestDatabase } from '../support/databases.js';
import { watchedDatabase } from '../support/watched-database.js';

const BOUND = 1_000;
const keys = ['leaked', 'next', 'last'].map((kid) => ({ kid, secret: randomBytes(32) }));

describeOnDatabases((kind) => {
  describe.each(['strict', 'tracked'] as const)('%s', (mode) => {
    let database: TestDatabase;
    let here: AuthApp;
    let there: AuthApp;
    beforeAll(async () => {
      const options: AuthModuleOptions = authOptions({
        jwt: { secret: undefined, keys },
        auth: { freshness: mode === 'strict' ? { mode } : { mode, maxStaleness: BOUND } },
      });
      database = await watchedDatabase(kind, options);
      const given = { database, synchronize: false, auth: options, jwt: options.jwt };
      here = await startAuthApp(given);
      there = await startAuthApp(given);
      // Tokens that speak for themselves are issued well after memory began.
      if (mode === 'tracked') await new Promise((resolve) => setTimeout(resolve, 1_100));
    });
    afterAll(async () => {
      await here.close();
      await there.close();
      await database.drop();
    });
    const signIn = async () => (await here.auth.signIn(await here.addPerson())).accessToken;
    const dead = { status: 401, body: { code: 'token_revoked' } };

    it('its tokens are refused, the next key signs, and with none left nobody can sign in', async () => {
      const leaked = await signIn();
      for (const app of [here, there]) expect((await app.whoami(leaked)).status).toBe(200);
      const service = here.app.get(KeyService);
      await service.withdraw('leaked', { actor: 'admin', reason: 'in a repository' });
      expect(await here.whoami(leaked)).toMatchObject(dead);
      // Strict reads it on the very next request; tracked within the bound.
      if (mode === 'tracked') await new Promise((resolve) => setTimeout(resolve, BOUND));
      expect(await there.whoami(leaked)).toMatchObject(dead);
      expect(await there.get('passport', leaked)).toMatchObject(dead);
      expect(here.events).toContainEqual(
        expect.objectContaining({ type: 'key_withdrawn', kid: 'leaked', actor: 'admin' }),
      );
      const rows: unknown = await here.dataSource.query(
        "SELECT ref, actor, reason FROM auth_revocation WHERE kind = 'key'",
      );
      expect(rows).toMatchObject([{ ref: 'leaked', actor: 'admin', reason: 'in a repository' }]);

      const next = await signIn();
      for (const app of [here, there]) expect((await app.whoami(next)).status).toBe(200);
      await service.withdraw('next', { visibility: 'everywhere' });
      for (const app of [here, there]) expect(await app.whoami(next)).toMatchObject(dead);
      expect((await here.whoami(await signIn())).status).toBe(200);
      await service.withdraw('last', { visibility: 'everywhere' });
      await expect(signIn()).rejects.toMatchObject({ status: 503, code: 'auth_unavailable' });
    });

    it('it stays withdrawn for a process that starts later with the key in its options', async () => {
      const late = await startAuthApp({ database, synchronize: false, jwt: here.options.jwt });
      try {
        await expect(late.auth.signIn(await late.addPerson())).rejects.toMatchObject({
          status: 503,
        });
      } finally {
        await late.close();
      }
    });
  });
});

describe('what cannot be withdrawn', () => {
  let app: AuthApp;
  beforeAll(async () => {
    const pair = generateKeyPairSync('ed25519');
    app = await startAuthApp({ jwt: { secret: undefined, privateKey: pair.privateKey } });
  });
  afterAll(() => app.close());

  it.each(['unknown', '', 'a\0b', 'x'.repeat(256)])('%j: nothing was withdrawn', async (kid) => {
    const token = (await app.auth.signIn(await app.addPerson())).accessToken;
    await expect(app.app.get(KeyService).withdraw(kid)).rejects.toMatchObject({
      code: 'invalid_argument',
    });
    expect((await app.whoami(token)).status).toBe(200);
  });

  it('an unknown id is withdrawn if the caller says that another process may have the key', async () => {
    await app.app.get(KeyService).withdraw('unknown', { unknown: true });
    const rows: unknown = await app.dataSource.query('SELECT withdrawn_keys FROM auth_state');
    expect(rows).toEqual([{ withdrawn_keys: '["unknown"]' }]);
  });

  it('a withdrawal that cannot be stored is 503', async () => {
    const [{ kid } = { kid: '' }] = app.app.get(KeyService).list();
    await app.dataSource.query('ALTER TABLE auth_revocation RENAME TO auth_revocation_gone');
    const told = app.events.length;
    await expect(app.app.get(KeyService).withdraw(kid)).rejects.toMatchObject({ status: 503 });
    expect(app.events).toHaveLength(told);
    await app.dataSource.query('ALTER TABLE auth_revocation_gone RENAME TO auth_revocation');
    const token = (await app.auth.signIn(await app.addPerson())).accessToken;
    expect((await app.whoami(token)).status).toBe(200);
  });
});
