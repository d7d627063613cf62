/** Short life with renewal: a token in use is replaced in time, as long as its sign-in may last, and no longer. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AuthApp, startAuthApp } from '../support/auth-app.js';
import { aged, claimsOf } from '../support/tokens.js';
import { send } from '../support/http.js';
import type { Person } from '../support/person.entity.js';
import { DeskController } from './support/desk.controller.js';

const LIFE = 600;
const MAX_AGE = 3_600;
/** Past half of its life. */
const DUE = 400;
const COOKIE = '__Host-access';

const MODES = [
  ['express', 'header'],
  ['express', 'cookie'],
  ['fastify', 'header'],
  ['fastify', 'cookie'],
] as const;

describe.each(MODES)('on %s, by %s', (adapter, mode) => {
  let app: AuthApp;
  beforeAll(async () => {
    app = await startAuthApp({
      adapter,
      controllers: [DeskController],
      jwt: {
        accessTokenTtl: `${LIFE}s`,
        ...(mode === 'cookie' ? { from: { cookie: COOKIE } } : {}),
      },
      auth: { renewal: { maxAge: `${MAX_AGE}s` } },
    });
  });
  afterAll(() => app.close());

  const ask = (path: string, token: string) =>
    mode === 'header'
      ? app.get(path, token)
      : app.get(path, undefined, { cookie: `theme=light; ${COOKIE}=${token}` });
  /** The token that an answer carries. */
  const renewedIn = (headers: Headers): string | undefined =>
    mode === 'header'
      ? (headers.get('x-renewed-token') ?? undefined)
      : headers
          .getSetCookie()
          .flatMap((cookie) => /^__Host-access=([^;]+)/.exec(cookie)?.[1] ?? [])[0];
  const signIn = async (person: Partial<Person> = {}) => {
    const alice = await app.addPerson(person);
    return { alice, token: (await app.auth.signIn(alice)).accessToken };
  };
  const due = async () => aged((await signIn()).token, app.options, DUE);

  it('a token past half of its life is answered with a fresh one of the same sign-in', async () => {
    const old = await due();
    const answer = await ask('desk/ok', old);
    expect(answer).toMatchObject({ status: 200, body: { ok: true } });
    const fresh = renewedIn(answer.headers) ?? '';
    const [before, after] = [claimsOf(old), claimsOf(fresh)];
    expect(after).toMatchObject({
      sub: before['sub'],
      sid: before['sid'],
      auth_time: before['auth_time'],
    });
    expect(after['jti']).not.toBe(before['jti']);
    expect(Number(after['exp']) - Number(after['iat'])).toBe(LIFE);
    expect(Number(after['iat'])).toBeGreaterThan(Number(before['iat']));
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(await ask('desk/ok', fresh)).toMatchObject({ status: 200 });
    // The old one lives out its life: other requests of the client are still under way with it.
    expect(await ask('desk/ok', old)).toMatchObject({ status: 200 });
  });

  it('it is sent in the place where tokens are accepted, and in no other', async () => {
    const { headers } = await ask('desk/ok', await due());
    if (mode === 'header') {
      expect(headers.getSetCookie()).toEqual([]);
    } else {
      expect(headers.get('x-renewed-token')).toBeNull();
      expect(headers.getSetCookie()[0]).toMatch(
        /^__Host-access=[\w.-]+; Max-Age=(?:600|599); Path=\/; HttpOnly; Secure; SameSite=Strict$/,
      );
    }
  });

  it.each([
    [0, false],
    [LIFE / 2 - 20, false],
    [LIFE / 2 + 5, true],
    [LIFE - 20, true],
  ])('%i seconds after its issue: %s', async (age, expected) => {
    const { token } = await signIn();
    const answer = await ask('desk/ok', aged(token, app.options, age));
    expect(answer.status).toBe(200);
    expect(renewedIn(answer.headers) !== undefined).toBe(expected);
    if (!expected) expect(answer.headers.get('cache-control')).not.toBe('no-store');
  });

  it.each(['ok', 'nothing', 'stream', 'file', 'passport', 'optional', 'headers'])(
    'with /%s',
    async (path) => {
      const answer = await ask(`desk/${path}`, await due());
      expect(answer.status).toBe(200);
      expect(renewedIn(answer.headers)).toBeDefined();
    },
  );

  it.each([
    ['thrown', 418],
    ['crash', 500],
    ['rejected', 422],
  ])('never with an error: /%s', async (path, status) => {
    const answer = await ask(`desk/${path}`, await due());
    expect(answer.status).toBe(status);
    expect(renewedIn(answer.headers)).toBeUndefined();
  });

  it.each(['logout', 'revoke', 'disable', 'bump'])(
    'never when the handler itself revoked the token: /%s',
    async (path) => {
      const old = await due();
      const answer = await ask(`desk/${path}`, old);
      expect(answer.status).toBe(200);
      expect(renewedIn(answer.headers)).toBeUndefined();
      expect(await ask('desk/ok', old)).toMatchObject({ status: 401 });
    },
  );

  it('never instead of a token that the client must forget', async () => {
    const answer = await ask('desk/forget', await due());
    expect(answer.status).toBe(200);
    expect(renewedIn(answer.headers)).toBeUndefined();
    expect(answer.headers.get('clear-site-data')).toContain('"cookies"');
  });

  it('a request that was served stays served when the state cannot be read for the renewal', async () => {
    const old = await due();
    const answer = await ask('desk/outage', old);
    await app.dataSource.query('ALTER TABLE auth_state_gone RENAME TO auth_state');
    expect(answer).toMatchObject({ status: 200, body: { ok: true } });
    expect(renewedIn(answer.headers)).toBeUndefined();
    expect(renewedIn((await ask('desk/ok', old)).headers)).toBeDefined();
  });

  it('cookies of the handler stay, its caching does not', async () => {
    const { headers } = await ask('desk/headers', await due());
    expect(headers.getSetCookie()).toEqual([
      'theme=dark; Path=/',
      'lang=en; Path=/',
      ...(mode === 'cookie' ? [expect.stringMatching(/^__Host-access=/)] : []),
    ]);
    expect(headers.get('cache-control')).toBe('no-store');
    const early = await ask('desk/headers', (await signIn()).token);
    expect(early.headers.get('cache-control')).toBe('public, max-age=60');
  });

  it.each([
    ['own', { own: true }],
    ['raw', 'raw'],
    ['piped', 'one two'],
    ['flushed', 'early, late'],
    ['passed', 'early, late'],
  ])('with a handler that sends the response itself: /%s', async (path, body) => {
    const answer = await ask(`desk/${path}`, await due());
    expect(answer).toMatchObject({ status: 200, body });
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(await ask('desk/ok', renewedIn(answer.headers) ?? '')).toMatchObject({ status: 200 });
    const early = await ask(`desk/${path}`, (await signIn()).token);
    expect(early).toMatchObject({ status: 200, body });
    expect(renewedIn(early.headers)).toBeUndefined();
  });

  it.each([
    ['own-logout', 200],
    ['own-revoke', 200],
    ['own-bump', 200],
    ['own-thrown', 418],
    ['own-rejected', 422],
    ['own-forget', 200],
  ])('never when such a handler fails or revokes the token: /%s', async (path, status) => {
    const answer = await ask(`desk/${path}`, await due());
    expect(answer.status).toBe(status);
    expect(renewedIn(answer.headers)).toBeUndefined();
  });

  it('a redirect carries the new token', async () => {
    const token = await due();
    const { status, headers } = await send(`${app.url}/desk/redirect`, {
      redirect: 'manual',
      ...(mode === 'header' ? { token } : { headers: { cookie: `${COOKIE}=${token}` } }),
    });
    expect(status).toBe(302);
    expect(renewedIn(headers)).toBeDefined();
  });

  it('an event stream is complete, and has no new token', async () => {
    const answer = await ask('desk/events', await due());
    expect(answer.status).toBe(200);
    expect(answer.body).toMatch(/data: one[^]*data: two/);
    expect(renewedIn(answer.headers)).toBeUndefined();
  });

  it('a chain of renewals ends with the sign-in', async () => {
    let { token } = await signIn();
    let renewals = 0;
    for (;;) {
      token = aged(token, app.options, DUE);
      const { status, headers } = await ask('desk/ok', token);
      expect(status).toBe(200);
      const fresh = renewedIn(headers);
      if (fresh === undefined) break;
      renewals++;
      token = fresh;
      const { exp, auth_time } = claimsOf(token);
      expect(Number(exp)).toBeLessThanOrEqual(Number(auth_time) + MAX_AGE);
    }
    expect(renewals).toBe(MAX_AGE / DUE - 1);
    const { exp, auth_time } = claimsOf(token);
    expect(Number(exp)).toBe(Number(auth_time) + MAX_AGE);
    expect(await ask('desk/ok', aged(token, app.options, LIFE))).toMatchObject({
      status: 401,
      body: { code: 'token_expired' },
    });
  });

  it('a logout by session ends every token of the chain', async () => {
    const first = await due();
    const second = renewedIn((await ask('desk/ok', first)).headers) ?? '';
    const third = renewedIn((await ask('desk/ok', aged(second, app.options, DUE))).headers) ?? '';
    expect(await ask('desk/ok', third)).toMatchObject({ status: 200 });
    await ask('desk/logout', third);
    for (const token of [first, second, third]) {
      expect(await ask('desk/ok', token)).toMatchObject({
        status: 401,
        body: { code: 'session_ended' },
      });
    }
  });

  it('a renewed token is as revocable as the first', async () => {
    const { alice, token } = await signIn();
    const fresh = renewedIn((await ask('desk/ok', aged(token, app.options, DUE))).headers) ?? '';
    await app.revocation.revokeUser(alice.id);
    expect(await ask('desk/ok', fresh)).toMatchObject({
      status: 401,
      body: { code: 'token_superseded' },
    });
  });
});

describe('renew() of AuthService', () => {
  it('decides on the state that it stamps: a version bumped since the request yields nothing', async () => {
    const app = await startAuthApp({ auth: { renewal: {} } });
    const alice = await app.addPerson();
    const principal = await app.auth.authenticate((await app.auth.signIn(alice)).accessToken);
    expect(await app.auth.renew(principal)).toMatchObject({ sessionId: principal.sessionId });
    await app.dataSource.query('UPDATE person SET token_version = 7');
    expect(await app.auth.renew(principal)).toBeUndefined();
    await app.close();
  });

  it('without renewal in the options no token is renewed, at any age', async () => {
    const app = await startAuthApp({ controllers: [DeskController] });
    const { accessToken } = await app.auth.signIn(await app.addPerson());
    const answer = await app.get('desk/ok', aged(accessToken, app.options, 880));
    expect(answer.status).toBe(200);
    expect(answer.headers.get('x-renewed-token')).toBeNull();
    await app.close();
  });

  it('the header has the name that the options give it', async () => {
    const app = await startAuthApp({
      controllers: [DeskController],
      auth: { renewal: { after: 0.9, header: 'X-Fresh' } },
    });
    const { accessToken } = await app.auth.signIn(await app.addPerson());
    const early = await app.get('desk/ok', aged(accessToken, app.options, 790));
    expect(early.headers.get('x-fresh')).toBeNull();
    const late = await app.get('desk/ok', aged(accessToken, app.options, 830));
    expect(late.headers.get('x-fresh')).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
    await app.close();
  });
});
