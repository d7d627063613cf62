/** A key is rotated while two processes run, and a provider that fails takes nobody's keys away. */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type KeyOptions, KeyService } from 'nestjs-revocable-jwt';
import { type AuthApp, startAuthApp } from '../../support/auth-app.js';
import { createTestDatabase, type TestDatabase } from '../../support/databases.js';
import { encoded, partsOf } from '../../support/tokens.js';

const RELOAD_MS = 1_000;
const first: KeyOptions = { kid: 'first', secret: randomBytes(32) };
const second: KeyOptions = {
  kid: 'second',
  privateKey: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
};

/** Where both processes have their keys from. */
class Vault {
  keys: readonly KeyOptions[] = [first];
  sealed = false;
  asked = 0;

  readonly provider = async (): Promise<readonly KeyOptions[]> => {
    this.asked += 1;
    if (this.sealed) throw new Error('sealed, with token s.hunter2');
    return this.keys;
  };
}

const signIn = async (app: AuthApp) => (await app.auth.signIn(await app.addPerson())).accessToken;

const kidOf = (token: string): unknown => partsOf(token).header['kid'];

describe('two processes with one vault', () => {
  let database: TestDatabase;
  let apps: AuthApp[] = [];
  let vault: Vault;
  beforeAll(async () => {
    database = await createTestDatabase('sqlite');
  });
  afterEach(async () => {
    for (const app of apps) await app.close();
    apps = [];
  });
  afterAll(() => database.drop());

  const start = async (reloadKeys?: number) => {
    vault = new Vault();
    const jwt = { secret: undefined, keys: vault.provider, reloadKeys };
    const here = await startAuthApp({ database, jwt });
    const there = await startAuthApp({ database, jwt, synchronize: false });
    apps = [here, there];
    return { here, there };
  };

  it('no restart and no gap: added, put first, removed', async () => {
    const { here, there } = await start(RELOAD_MS);
    const before = await signIn(here);
    vault.keys = [first, second];
    await reloaded(here, there);
    vault.keys = [second, first];
    await here.app.get(KeyService).reload();
    const after = await signIn(here);
    expect([kidOf(before), kidOf(after)]).toEqual(['first', 'second']);
    for (const app of apps) {
      for (const token of [before, after]) expect((await app.whoami(token)).status).toBe(200);
    }
    vault.keys = [second];
    await reloaded(here, there);
    for (const app of apps) {
      expect(await app.whoami(before)).toMatchObject({
        status: 401,
        body: { code: 'token_invalid' },
      });
      expect((await app.whoami(after)).status).toBe(200);
    }
  });

  it('a process without the new key asks for it at the first token, and not for each', async () => {
    const { here, there } = await start();
    vault.keys = [second, first];
    await here.app.get(KeyService).reload();
    const tokens = [await signIn(here), await signIn(here)];
    const { asked } = vault;
    for (const token of tokens) expect((await there.whoami(token)).status).toBe(200);
    // Somebody makes up ids of keys: the vault is left in peace, and so is everybody else.
    const made = tokens.map((token) => withKid(token, randomBytes(8).toString('hex')));
    for (const token of made) expect((await there.whoami(token)).status).toBe(401);
    expect(vault.asked - asked).toBe(1);
  });

  it('a vault that fails later: the last good keys stay in use, an event reports it, and other keys are 503', async () => {
    const { here, there } = await start();
    const token = await signIn(here);
    vault.sealed = true;
    await expect(here.app.get(KeyService).reload()).rejects.toMatchObject({
      code: 'keys_unusable',
    });
    expect(here.events.map(({ type }) => type)).toContain('keys_failed');
    expect((await here.whoami(token)).status).toBe(200);
    await expect(signIn(here)).resolves.toEqual(expect.any(String));
    const unknown = await there.whoami(withKid(token, 'unknown'));
    expect(unknown).toMatchObject({ status: 503, body: { code: 'auth_unavailable' } });
    expect(unknown.headers.get('retry-after')).toBe('1');
    expect(JSON.stringify(unknown.body)).not.toContain('hunter2');
  });

  it('a vault that returns unusable keys counts as failed', async () => {
    const { here } = await start();
    const token = await signIn(here);
    for (const keys of [
      [],
      [{ secret: 'short' }],
      [{ publicKey: second.privateKey }],
      [first, { ...first, kid: 'again' }],
    ]) {
      vault.keys = keys;
      await expect(here.app.get(KeyService).reload()).rejects.toMatchObject({
        code: 'keys_unusable',
      });
      expect((await here.whoami(token)).status).toBe(200);
    }
  });

  it('keys from a vault cannot be replaced by hand: it would return the old ones again', async () => {
    const { here } = await start();
    const token = await signIn(here);
    expect(() => here.app.get(KeyService).replace([second])).toThrow(/Change them there/);
    expect((await here.whoami(token)).status).toBe(200);
  });

  /** The interval, and what it takes to load. */
  async function reloaded(...processes: readonly AuthApp[]): Promise<void> {
    const expected = JSON.stringify(vault.keys.map(({ kid }) => kid));
    await expect
      .poll(
        () =>
          processes.every(
            ({ app }) =>
              JSON.stringify(
                app
                  .get(KeyService)
                  .list()
                  .map(({ kid }) => kid),
              ) === expected,
          ),
        { interval: 50 },
      )
      .toBe(true);
  }
});

describe('keys in the options', () => {
  it('are replaced by hand; unusable keys change nothing, nor does a reload', async () => {
    const app = await startAuthApp({ jwt: { secret: undefined, keys: [first] } });
    try {
      const { accessToken } = await app.auth.signIn(await app.addPerson());
      const keys = app.app.get(KeyService);
      expect(() => keys.replace([{ secret: 'short' }])).toThrow(/bytes/);
      expect(() => keys.replace([first, { ...first, kid: 'again' }])).toThrow(/has two ids/);
      expect(keys.list()).toEqual([{ kid: 'first', algorithm: 'HS256', canSign: true }]);
      expect((await app.whoami(accessToken)).status).toBe(200);
      keys.replace([second]);
      await keys.reload();
      expect(keys.list()).toEqual([{ kid: 'second', algorithm: 'ES256', canSign: true }]);
      expect((await app.whoami(accessToken)).status).toBe(401);
      expect(app.events.at(-1)).toMatchObject({ type: 'keys_changed', kids: ['second'] });
    } finally {
      await app.close();
    }
  });

  it('have no interval: the application does not start with one', async () => {
    const jwt = { secret: undefined, keys: [first], reloadKeys: '1m' } as const;
    await expect(startAuthApp({ jwt })).rejects.toThrow(/jwt\.reloadKeys: the keys are in the/);
  });
});

describe('at boot', () => {
  it.each<[string, () => unknown]>([
    ['fails', () => Promise.reject(new Error('sealed, with token s.hunter2'))],
    [
      'throws',
      () => {
        throw new Error('sealed');
      },
    ],
    ['gives nothing', () => undefined],
    ['gives no keys', () => []],
    ['gives a weak key', () => [{ secret: 'short' }]],
    ['gives one key under two ids', () => [first, { ...first, kid: 'again' }]],
    ['gives only public keys', () => [{ publicKey: generateKeyPairSync('ed25519').publicKey }]],
  ])('a provider that %s stops it', async (_, provider) => {
    const jwt = { secret: undefined };
    // As a program without a compiler may give it.
    Object.assign(jwt, { keys: provider });
    const error: unknown = await startAuthApp({ jwt }).then(
      (app) => app.close(),
      (reason: unknown) => reason,
    );
    expect(error).toMatchObject({ code: 'auth_misconfigured' });
    expect(String(error)).toMatch(/jwt\.keys/);
    expect(String(error)).not.toContain('hunter2');
  });
});

function withKid(token: string, kid: string): string {
  const [, ...rest] = token.split('.');
  return [encoded({ ...partsOf(token).header, kid }), ...rest].join('.');
}
