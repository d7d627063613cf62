/** What is sent to the endpoints for other services: the answer is always one of the three that RFC 7009 and RFC 7662 have. */
import { randomBytes } from 'node:crypto';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AuthApp, startAuthApp } from '../support/auth-app.js';
import { always, bytes, jsonWith } from './support/randomness.js';
import { ADAPTERS, send } from '../support/http.js';

const CLIENT = { id: 'orders', secret: randomBytes(32).toString('base64url') };
const BASIC = `Basic ${Buffer.from(`${CLIENT.id}:${CLIENT.secret}`).toString('base64')}`;
const FORM = 'application/x-www-form-urlencoded';
const PATHS = ['revoke', 'introspect'] as const;

describe.each(ADAPTERS)('on %s', (adapter) => {
  let app: AuthApp;
  let token: string;
  beforeAll(async () => {
    app = await startAuthApp({ adapter, auth: { oauth: { clients: [CLIENT] }, sessions: {} } });
    ({ accessToken: token } = await app.auth.signIn(await app.addPerson()));
  });
  afterAll(() => app.close());

  const post = async (
    path: (typeof PATHS)[number],
    body: string | Uint8Array<ArrayBuffer>,
    headers: Readonly<Record<string, string>> = { 'content-type': FORM, authorization: BASIC },
  ) => {
    const answer = await send(`${app.url}/oauth/${path}`, { method: 'POST', headers, body });
    return { status: answer.status, text: answer.text };
  };
  const stillGood = async () => expect((await app.whoami(token)).status).toBe(200);

  it('any text for a token: revoked already, and not active', () =>
    always(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 300 }), async (text) => {
        const form = new URLSearchParams({ token: text }).toString();
        fc.pre(text !== '');
        expect(await post('revoke', form)).toEqual({ status: 200, text: '' });
        expect(await post('introspect', form)).toEqual({ status: 200, text: '{"active":false}' });
      }),
    ));

  it('any bytes for a form', async () => {
    await always(
      fc.asyncProperty(bytes(), async (body) => {
        for (const path of PATHS) {
          const { status } = await post(path, Uint8Array.from(body));
          expect([200, 400, 401]).toContain(status);
        }
      }),
    );
    await stillGood();
  });

  it('any bytes for the credentials: the client is not known', () =>
    always(
      fc.asyncProperty(bytes(100), async (value) => {
        const authorization = `Basic ${value.toString('base64')}`;
        for (const path of PATHS) {
          const { status } = await post(path, `token=${token}`, {
            'content-type': FORM,
            authorization,
          });
          expect(status).toBe(401);
        }
      }),
    ));

  it('any JSON instead of the form, without credentials: never accepted', () =>
    always(
      fc.asyncProperty(
        jsonWith(['token', 'client_id', 'client_secret', '__proto__']),
        async (body) => {
          for (const path of PATHS) {
            const { status } = await post(path, body, { 'content-type': 'application/json' });
            expect([400, 401]).toContain(status);
          }
        },
      ),
    ));

  it.each([
    ['a list of tokens', (good: string) => `token[]=${good}`],
    ['a token in an object', (good: string) => `token[a]=${good}`],
    ['a token of a prototype', (good: string) => `__proto__[token]=${good}`],
    ['a token of a constructor', (good: string) => `constructor[prototype][token]=${good}`],
    ['a token twice', (good: string) => `token=x&token=${good}`],
    ['a token that is escaped twice', (good: string) => `token=${good.replaceAll('.', '%252E')}`],
    ['a name in capitals', (good: string) => `TOKEN=${good}`],
    ['many parameters', (good: string) => `${'a=b&'.repeat(2_000)}tokens=${good}`],
  ])('%s: is not a token, and revokes none', async (_, form) => {
    for (const path of PATHS) {
      const { status, text } = await post(path, form(token));
      expect([200, 400, 413]).toContain(status);
      expect(text).not.toContain('"active":true');
    }
    expect(Reflect.get({}, 'token')).toBeUndefined();
    await stillGood();
  });

  it.each(['text/plain', 'application/xml', 'multipart/form-data; boundary=x', 'x', ''])(
    'a body of type %j: refused',
    async (type) => {
      for (const path of PATHS) {
        const headers = { authorization: BASIC, 'content-type': type };
        const { status } = await post(path, `token=${token}`, headers);
        expect([400, 401, 415]).toContain(status);
      }
      await stillGood();
    },
  );

  it('a body that is too large: refused before it is read', async () => {
    for (const path of PATHS) {
      expect((await post(path, `token=${'x'.repeat(2_000_000)}`)).status).toBe(413);
    }
  });

  it.each(['GET', 'PUT', 'PATCH', 'DELETE'])('%s: no such route', async (method) => {
    for (const path of PATHS) {
      const headers = { authorization: BASIC };
      const { status } = await send(`${app.url}/oauth/${path}?token=${token}`, {
        method,
        headers,
      });
      expect(status).toBe(404);
    }
    await stillGood();
  });
});
