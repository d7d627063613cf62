/** The published keys: enough to verify with, and nothing to sign with. */
import { setTimeout as sleep } from 'node:timers/promises';
import { createPublicKey, generateKeyPairSync, type JsonWebKey, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { INestApplication } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import { type KeyOptions, KeyService } from 'nestjs-revocable-jwt';
import { type AuthApp, startAuthApp } from '../support/auth-app.js';
import { describeOnDatabases } from '../support/databases.js';
import { ADAPTERS } from '../support/http.js';

/** RFC 7518 §6.2.2, §6.3.2, §6.4.1; RFC 8037 §2. */
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' });
const ed = generateKeyPairSync('ed25519');
const pem = rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const KEYS: readonly KeyOptions[] = [
  { kid: 'rsa', privateKey: pem, algorithm: 'PS256' },
  { kid: 'ec', jwk: p384.privateKey.export({ format: 'jwk' }) },
  { kid: 'ed', privateKey: ed.privateKey },
  { kid: 'public', publicKey: generateKeyPairSync('ed25519').publicKey },
  { kid: 'secret', secret: randomBytes(32) },
  { kid: 'secret jwk', jwk: { kty: 'oct', k: randomBytes(32).toString('base64url') } },
];

interface Published {
  readonly keys: readonly JsonWebKey[];
}

const running = async (
  given: Parameters<typeof startAuthApp>[0],
  check: (app: AuthApp) => Promise<void>,
) => {
  const app = await startAuthApp(given);
  try {
    await check(app);
  } finally {
    await app.close();
  }
};

const published = async (app: AuthApp): Promise<unknown> => {
  const { status, body } = await app.get('.well-known/jwks.json');
  if (status !== 200) return body.code;
  const { keys }: Published = body;
  return keys.map(({ kid }) => kid);
};
const away = (app: AuthApp) =>
  app.dataSource.query('ALTER TABLE auth_state RENAME TO auth_state_gone');
const back = (app: AuthApp) =>
  app.dataSource.query('ALTER TABLE auth_state_gone RENAME TO auth_state');

describe.each(ADAPTERS)('on %s', (adapter) => {
  const extras = { jwks: true, globalGuard: true };

  it('only public halves, for everybody', () =>
    running({ adapter, extras, jwt: { secret: undefined, keys: KEYS } }, async (app) => {
      const { status, headers, body } = await app.get('.well-known/jwks.json');
      expect(status).toBe(200);
      expect(headers.get('content-type')).toMatch(/^application\/json/);
      expect(headers.get('cache-control')).toBe('public, max-age=300');
      const { keys }: Published = body;
      expect(keys.map(({ kid, alg, use }) => [kid, alg, use])).toEqual([
        ['rsa', 'PS256', 'sig'],
        ['ec', 'ES384', 'sig'],
        ['ed', 'EdDSA', 'sig'],
        ['public', 'EdDSA', 'sig'],
      ]);
      for (const key of keys) {
        expect(Object.keys(key).filter((name) => PRIVATE_MEMBERS.includes(name))).toEqual([]);
        expect(createPublicKey({ key, format: 'jwk' }).type).toBe('public');
      }
      expect(createPublicKey({ key: keys[0] ?? {}, format: 'jwk' }).equals(rsa.publicKey)).toBe(
        true,
      );
      // A service with these keys alone verifies what this one signs.
      const { accessToken } = await app.auth.signIn(await app.addPerson());
      const key = createPublicKey({ key: keys[0] ?? {}, format: 'jwk' });
      const publicKey = key.export({ type: 'spki', format: 'pem' });
      expect(
        new JwtService().verify<object>(accessToken, { publicKey, algorithms: ['PS256'] }),
      ).toMatchObject({ iss: app.options.jwt.issuer });
    }));

  it('a secret has no public half', () =>
    running({ adapter, extras }, async (app) => {
      expect(await app.get('.well-known/jwks.json')).toMatchObject({
        status: 200,
        body: { keys: [] },
      });
    }));

  it('pages of any origin may read them, and a client with the same version gets 304', () =>
    running({ adapter, extras, jwt: { secret: undefined, keys: KEYS } }, async (app) => {
      const asked = (tags?: string) =>
        app.get('.well-known/jwks.json', undefined, {
          origin: 'https://elsewhere.example',
          ...(tags === undefined ? {} : { 'if-none-match': tags }),
        });
      const first = await asked();
      expect(first.headers.get('access-control-allow-origin')).toBe('*');
      const tag = first.headers.get('etag') ?? '';
      expect(tag).toMatch(/^W\/"[\w-]{43}"$/);
      for (const same of [tag, tag.slice(2), '*', `"another", ${tag}`, `W/"x*y",${tag} , "z"`]) {
        const known = await asked(same);
        expect([known.status, known.text], same).toEqual([304, '']);
        // RFC 9110 §15.4.5: what a 200 would have had.
        for (const name of ['etag', 'cache-control', 'access-control-allow-origin']) {
          expect(known.headers.get(name)).toBe(first.headers.get(name));
        }
      }
      for (const other of ['', '"another"', '"*"', tag.slice(3, -1), `${tag.slice(0, -2)}"`]) {
        expect((await asked(other)).status, other).toBe(200);
      }
      await app.app.get(KeyService).withdraw('rsa');
      const changed = await asked(tag);
      expect(changed.status).toBe(200);
      expect(changed.headers.get('etag')).not.toBe(tag);
    }));

  it.each<[string, string | string[] | true, boolean]>([
    ['one origin', 'https://app.example', false],
    ['a list', ['https://app.example'], false],
    ['every origin', true, true],
  ])('CORS of the application with credentials, for %s, still holds', async (_, origin, every) => {
    const prepare = (nest: INestApplication) => nest.enableCors({ origin, credentials: true });
    await running({ adapter, extras: { jwks: true, metadata: true }, prepare }, async (app) => {
      for (const path of ['jwks.json', 'oauth-authorization-server', 'oauth-protected-resource']) {
        const allowed = async (page?: string) => {
          const from: Record<string, string> = page === undefined ? {} : { origin: page };
          const { status, headers } = await app.get(`.well-known/${path}`, undefined, from);
          // A cache that has the answer for one page must not give it to another.
          expect([status, headers.get('vary')]).toEqual([200, 'Origin']);
          return headers.get('access-control-allow-origin');
        };
        expect(await allowed('https://app.example')).toBe('https://app.example');
        expect(await allowed('https://other.example')).toBe(every ? 'https://other.example' : '*');
        expect(await allowed()).toBe('*');
      }
    });
  });

  describe('withdrawn keys', () => {
    const keys = { adapter, extras, jwt: { secret: undefined, keys: KEYS } };
    const without = ['ec', 'ed', 'public'];
    it('are not among them, at once in this process, and within a second in others', () =>
      running(keys, async (app) => {
        expect(await published(app)).toEqual(['rsa', ...without]);
        await app.app.get(KeyService).withdraw('rsa');
        expect(await published(app)).toEqual(without);
        await app.dataSource.query(`UPDATE auth_state SET withdrawn_keys = '["rsa","ec"]'`);
        await expect.poll(() => published(app)).toEqual(['ed', 'public']);
      }));

    it('are known to all first requests at the same time', () =>
      running(keys, async (app) => {
        await app.dataSource.query(`UPDATE auth_state SET withdrawn_keys = '["rsa"]'`);
        const answers = await Promise.all(Array.from({ length: 5 }, () => published(app)));
        expect(answers).toEqual(Array.from({ length: 5 }, () => without));
      }));

    it('are those of the last read without the database; without any read, no key is published', () =>
      running(keys, async (app) => {
        await away(app);
        const { status, headers, body } = await app.get('.well-known/jwks.json');
        expect([status, body.code]).toEqual([503, 'auth_unavailable']);
        // No cache may go on giving it once the keys are there.
        expect(headers.get('cache-control')).toBe('no-store');
        expect(headers.get('retry-after')).toBe('1');
        await back(app);
        await app.app.get(KeyService).withdraw('rsa');
        expect(await published(app)).toEqual(without);
        await away(app);
        // Longer than an answer serves.
        await sleep(1_100);
        expect(await published(app)).toEqual(without);
        await back(app);
      }));
  });

  it('without the option there is no such route, and the option may give a path', () =>
    running({ adapter, extras: { jwks: 'internal/keys' } }, async (app) => {
      expect((await app.get('.well-known/jwks.json')).status).toBe(404);
      expect((await app.get('internal/keys')).status).toBe(200);
    }));
});

describeOnDatabases(
  (kind) => {
    it('a key that is withdrawn in a transaction is not published after the commit', () =>
      running({ kind, extras: { jwks: true }, jwt: { secret: undefined, keys: KEYS } }, (app) =>
        withdrawnTogether(app),
      ));
  },
  ['postgres'],
);

async function withdrawnTogether(app: AuthApp): Promise<void> {
  const all = ['rsa', 'ec', 'ed', 'public'];
  const keys = app.app.get(KeyService);
  const undone = app.dataSource.transaction(async (manager) => {
    await keys.withdraw('ec', { manager });
    throw new Error('changed its mind');
  });
  await expect(undone).rejects.toThrow('changed its mind');
  expect(await published(app)).toEqual(all);
  await app.dataSource.transaction(async (manager) => {
    await keys.withdraw('rsa', { manager });
    // Read, and remembered, while it may still be undone.
    expect(await published(app)).toEqual(all);
  });
  expect(await published(app)).toEqual(all.slice(1));
}
