/** Other services revoke and introspect tokens: RFC 7009 and RFC 7662, on both adapters. */
import { randomBytes } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accountStatus, CustomClaims, tokenVersion } from 'nestjs-revocable-jwt';
import { CLOCK_STEP_MS } from '../../lib/decision/time-margins.js';
import { type AuthApp, authOptions, startAuthApp } from '../support/auth-app.js';
import { forge } from '../support/tokens.js';
import { Person } from '../support/person.entity.js';
import { watchedDatabase } from '../support/watched-database.js';
import { ADAPTERS, send } from '../support/http.js';

const CLIENT = { id: 'orders service', secret: randomBytes(32).toString('base64') };
const OTHER = { id: 'billing', secret: randomBytes(32).toString('base64url') };

interface Sent {
  readonly form?: Readonly<Record<string, string>> | string;
  readonly authorization?: string;
}

function refreshOf(issued: object): string {
  return 'refreshToken' in issued ? String(issued.refreshToken) : '';
}

/** RFC 6749 §2.3.1: both parts are form-encoded before they are joined. */
function basic({ id, secret }: { id: string; secret: string }): string {
  return `Basic ${Buffer.from(`${encoded(id)}:${encoded(secret)}`).toString('base64')}`;
}

function encoded(text: string): string {
  return encodeURIComponent(text).replaceAll('%20', '+');
}

describe.each(ADAPTERS)('on %s', (adapter) => {
  let app: AuthApp;
  beforeAll(async () => {
    app = await startAuthApp({
      adapter,
      jwt: { claims: new CustomClaims('https://shop.example/', { tenant: 'string' }) },
      auth: { oauth: { clients: [CLIENT, OTHER] }, sessions: {} },
      extras: { globalGuard: true },
    });
  });
  afterAll(() => app.close());

  const post = (path: string, { form = {}, authorization }: Sent) =>
    send(`${app.url}/oauth/${path}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        ...(authorization === undefined ? {} : { authorization }),
      },
      body: typeof form === 'string' ? form : new URLSearchParams(form),
    });
  const introspect = (token: string) =>
    post('introspect', { form: { token }, authorization: basic(CLIENT) });

  it('a service asks about a token, and revokes it', async () => {
    const alice = await app.addPerson({ roles: ['user'] });
    const { accessToken, tokenId, sessionId } = await app.auth.signIn(alice);
    const active = await introspect(accessToken);
    expect(active).toMatchObject({ status: 200 });
    expect(active.headers.get('cache-control')).toBe('no-store');
    expect(active.body).toEqual({
      active: true,
      token_type: 'Bearer',
      iss: app.options.jwt.issuer,
      aud: app.options.jwt.audience,
      client_id: app.options.jwt.audience,
      sub: String(alice.id),
      jti: tokenId,
      sid: sessionId,
      iat: expect.any(Number),
      exp: expect.any(Number),
      auth_time: expect.any(Number),
      roles: ['user'],
    });

    const form = { token: accessToken, token_type_hint: 'refresh_token' };
    const revoked = await post('revoke', { form, authorization: basic(OTHER) });
    expect(revoked).toMatchObject({ status: 200, body: undefined });
    expect(await app.whoami(accessToken)).toMatchObject({ body: { code: 'token_revoked' } });
    expect((await introspect(accessToken)).body).toEqual({ active: false });
    expect(app.events).toContainEqual(
      expect.objectContaining({ type: 'token_revoked', tokenId, actor: 'client billing' }),
    );
  });

  it('a refresh token ends its session and access tokens, whichever of its tokens it is', async () => {
    for (const use of ['current', 'used'] as const) {
      const pair = await app.auth.signIn(await app.addPerson());
      const next = await app.sessions.refresh(refreshOf(pair));
      const token = refreshOf(use === 'current' ? next : pair);
      expect((await introspect(token)).body).toEqual({ active: false });
      const form = { token, token_type_hint: 'access_token' };
      for (const time of ['first', 'second']) {
        const answer = await post('revoke', { form, authorization: basic(CLIENT) });
        expect(answer, time).toMatchObject({ status: 200, body: undefined });
      }
      for (const { accessToken } of [pair, next]) {
        expect(await app.whoami(accessToken)).toMatchObject({ body: { code: 'session_ended' } });
      }
      await expect(app.sessions.refresh(refreshOf(next))).rejects.toThrow();
    }
  });

  it('a text in the form of a refresh token, with a session’s id, ends nothing', async () => {
    const { accessToken, sessionId } = await app.auth.signIn(await app.addPerson());
    const form = { token: `${sessionId}.${randomBytes(48).toString('base64url')}` };
    const answer = await post('revoke', { form, authorization: basic(CLIENT) });
    expect(answer).toMatchObject({ status: 200 });
    expect(await app.whoami(accessToken)).toMatchObject({ status: 200 });
  });

  it('a token that would be refused is only inactive, without a reason', async () => {
    const bob = await app.addPerson();
    const { accessToken } = await app.auth.signIn(bob);
    await app.dataSource.getRepository(Person).update({ id: bob.id }, { status: 'disabled' });
    const forged = forge(accessToken, app.options, { secret: randomBytes(32) });
    for (const token of [accessToken, forged, 'x', 'a.b.c', `${accessToken} `]) {
      expect(await introspect(token)).toMatchObject({ status: 200 });
      expect((await introspect(token)).body).toEqual({ active: false });
    }
  });

  it.each(['x', 'a.b.c', 'no.token.at.all', '\ud800', 'x'.repeat(9_000)])(
    'a text that is not a token is revoked already',
    async (token) => {
      const answer = await post('revoke', { form: { token }, authorization: basic(CLIENT) });
      expect(answer).toMatchObject({ status: 200, body: undefined });
    },
  );

  it('claims of the application are included, by their full names', async () => {
    const context = { claims: { tenant: 'north' } };
    const { accessToken } = await app.auth.signIn(await app.addPerson(), context);
    const { body } = await introspect(accessToken);
    expect(body).toMatchObject({ active: true, 'https://shop.example/tenant': 'north' });
  });

  it('a client may authenticate in the form', async () => {
    const { id: client_id, secret: client_secret } = CLIENT;
    const answer = await post('introspect', { form: { token: 'x', client_id, client_secret } });
    expect(answer).toMatchObject({ status: 200, body: { active: false } });
  });

  const { id: client_id, secret: client_secret } = CLIENT;
  it.each<[string, Sent, number]>([
    ['nobody', { form: { token: 'x' } }, 401],
    ['an id without a secret', { form: { token: 'x', client_id } }, 401],
    ['a wrong secret', { form: { token: 'x', client_id, client_secret: 'no' } }, 401],
    [
      'another client’s secret',
      { authorization: basic({ id: client_id, secret: OTHER.secret }) },
      401,
    ],
    ['an unknown client', { authorization: basic({ id: 'x', secret: client_secret }) }, 401],
    ['an id of Object.prototype', { authorization: basic({ id: '__proto__', secret: 'x' }) }, 401],
    ['an empty secret', { authorization: basic({ id: client_id, secret: '' }) }, 401],
    ['a bearer token', { authorization: 'Bearer x.y.z' }, 401],
    ['no base64', { authorization: 'Basic %%%' }, 401],
    ['a broken escape', { authorization: `Basic ${Buffer.from('%zz:x').toString('base64')}` }, 401],
    [
      'a long header, although right',
      { authorization: basic(CLIENT).replace(' ', ' '.repeat(9_000)) },
      401,
    ],
    ['a very long header', { authorization: `Basic ${'A'.repeat(9_000)}` }, 401],
    [
      'both ways at once',
      { form: { token: 'x', client_id, client_secret }, authorization: basic(CLIENT) },
      400,
    ],
    ['two ids', { form: { token: 'x', client_id: OTHER.id }, authorization: basic(CLIENT) }, 400],
    ['no token', { authorization: basic(CLIENT) }, 400],
    ['an empty token', { form: { token: '' }, authorization: basic(CLIENT) }, 400],
    ['two tokens', { form: 'token=x&token=y', authorization: basic(CLIENT) }, 400],
  ])('%s: refused, in the words of RFC 6749', async (_, sent, status) => {
    for (const path of ['introspect', 'revoke']) {
      const answer = await post(path, sent);
      const error = status === 401 ? 'invalid_client' : 'invalid_request';
      expect(answer.body).toEqual({
        error,
        error_description: expect.any(String),
        statusCode: status,
        code: error,
        message: expect.any(String),
      });
      expect(answer.status).toBe(status);
      expect(answer.headers.get('www-authenticate')).toEqual(
        status === 401 ? expect.stringMatching(/^Basic realm=/) : null,
      );
    }
  });

  it('what could not be stored or read is 503 with Retry-After', async () => {
    const { accessToken } = await app.auth.signIn(await app.addPerson());
    await app.dataSource.query('ALTER TABLE auth_state RENAME TO auth_state_gone');
    for (const path of ['introspect', 'revoke']) {
      const answer = await post(path, {
        form: { token: accessToken },
        authorization: basic(CLIENT),
      });
      expect(answer).toMatchObject({ status: 503, body: { code: 'auth_unavailable' } });
      expect(answer.headers.get('retry-after')).toBe('1');
    }
    await app.dataSource.query('ALTER TABLE auth_state_gone RENAME TO auth_state');
    expect(await app.whoami(accessToken)).toMatchObject({ status: 200 });
  });
});

describe('in tracked freshness', () => {
  it('a token is introspected on state that is read now, not on memory', async () => {
    // So long that memory is trusted to the end, however slow the machine is.
    const freshness = { mode: 'tracked', maxStaleness: '60s' } as const;
    const options = authOptions({ auth: { oauth: { clients: [CLIENT] }, freshness } });
    const database = await watchedDatabase('sqlite', options);
    const { jwt, user } = options;
    const app = await startAuthApp({ database, synchronize: false, auth: options, jwt, user });
    try {
      const { id } = await app.addPerson();
      await setTimeout(CLOCK_STEP_MS + 100);
      const people = app.dataSource.getRepository(Person);
      const { accessToken } = await app.auth.signIn(await people.findOneByOrFail({ id }));
      const introspect = async () => {
        const { body } = await send(`${app.url}/oauth/introspect`, {
          method: 'POST',
          headers: { authorization: basic(CLIENT) },
          body: new URLSearchParams({ token: accessToken }),
        });
        return body;
      };
      expect(await introspect()).toMatchObject({ active: true });
      // A change that no trigger tells of; that they are gone is noticed later.
      const triggers = await app.dataSource.query(
        "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'person'",
      );
      expect(triggers.length).toBeGreaterThan(0);
      for (const { name } of triggers) await app.dataSource.query(`DROP TRIGGER "${name}"`);
      await people.update({ id }, { status: 'disabled' });
      expect(await app.whoami(accessToken)).toMatchObject({ status: 200 });
      expect(await introspect()).toEqual({ active: false });
    } finally {
      await app.close();
      await database.drop();
    }
  });
});

describe('without clients', () => {
  it('there are no such routes', async () => {
    const app = await startAuthApp();
    try {
      for (const path of ['revoke', 'introspect']) {
        const { status } = await send(`${app.url}/oauth/${path}`, { method: 'POST' });
        expect(status).toBe(404);
      }
    } finally {
      await app.close();
    }
  });

  it.each([
    [{ clients: [] }, /oauth\.clients: give at least one/],
    [{ clients: [{ id: '', secret: CLIENT.secret }] }, /oauth\.clients\[0\]\.id/],
    [{ clients: [{ id: 'a', secret: 'short' }] }, /oauth\.clients\[0\]\.secret: it has fewer/],
    [{ clients: [{ id: 'a', secret: undefined }] }, /oauth\.clients\[0\]\.secret: it has fewer/],
    [{ clients: [{ id: 'a', secret: 'x'.repeat(40) }] }, /oauth\.clients\[0\]\.secret/],
    [{ clients: [{ ...CLIENT, secrets: [] }] }, /oauth\.clients\[0\]\.secrets: there is no/],
    [{ clients: [CLIENT, CLIENT] }, /two clients have this id/],
  ])('the application does not start: %#', async (oauth, message) => {
    await expect(startAuthApp({ auth: { oauth } })).rejects.toThrow(message);
  });

  it('the application does not start if a single token could not be revoked', async () => {
    const auth = { oauth: { clients: [CLIENT] }, policies: [accountStatus(), tokenVersion()] };
    await expect(startAuthApp({ auth })).rejects.toThrow(
      /only denylist\(\) can refuse a single token/,
    );
  });
});
