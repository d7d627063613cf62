/** The OpenAPI document says of each way to carry tokens what the routes then take and answer. */
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { createConfig, lintFromString } from '@redocly/openapi-core';
import { describe, expect, it } from 'vitest';
import type { CookieOptions, TokenLocation } from 'nestjs-revocable-jwt';
import { ACCESS, oneByOne, REFRESH } from './session/support/site.js';
import { ADAPTERS } from '../support/http.js';

interface Mode {
  readonly from: TokenLocation;
  readonly cookies: CookieOptions | undefined;
  /** What a route with an access token asks for, and what the refresh route asks for. */
  readonly asks: readonly string[];
  readonly refreshAsks: readonly string[];
  /** Whether a refresh token is in the body of a refresh. */
  readonly body: 'required' | 'optional' | 'none';
  readonly answer: { readonly always: readonly string[]; readonly sometimes: readonly string[] };
  readonly hasTokenEndpoint: boolean;
  /** The routes that refuse other sites. */
  readonly guarded: readonly string[];
}

const ALWAYS = ['tokenType', 'expiresIn', 'sessionId'];
const SESSIONS = ['POST /auth/logout', 'POST /auth/logout-all', 'DELETE /auth/sessions/{id}'];

const MODES: readonly Mode[] = [
  {
    from: { header: true },
    cookies: undefined,
    asks: ['bearer'],
    refreshAsks: [],
    body: 'required',
    answer: { always: ['accessToken', 'refreshToken', ...ALWAYS], sometimes: [] },
    hasTokenEndpoint: true,
    guarded: [],
  },
  {
    from: { header: 'X-Token' },
    cookies: undefined,
    asks: ['header'],
    refreshAsks: [],
    body: 'required',
    answer: { always: ['accessToken', 'refreshToken', ...ALWAYS], sometimes: [] },
    hasTokenEndpoint: true,
    guarded: [],
  },
  {
    from: { cookie: ACCESS },
    cookies: { refresh: REFRESH },
    asks: ['cookie'],
    refreshAsks: ['refresh'],
    body: 'none',
    answer: { always: ALWAYS, sometimes: [] },
    hasTokenEndpoint: false,
    guarded: [...SESSIONS, 'POST /auth/refresh'],
  },
  {
    from: { cookie: ACCESS },
    cookies: undefined,
    asks: ['cookie'],
    refreshAsks: [],
    body: 'required',
    answer: { always: ['refreshToken', ...ALWAYS], sometimes: [] },
    hasTokenEndpoint: false,
    guarded: [...SESSIONS, 'POST /auth/refresh'],
  },
  {
    from: { header: true },
    cookies: { refresh: REFRESH },
    asks: ['bearer'],
    refreshAsks: ['refresh', 'none'],
    body: 'optional',
    answer: { always: ['accessToken', ...ALWAYS], sometimes: ['refreshToken'] },
    hasTokenEndpoint: true,
    guarded: ['POST /auth/logout', 'POST /auth/refresh'],
  },
  {
    from: { header: true, cookie: ACCESS, query: 'access_token' },
    cookies: { refresh: REFRESH },
    asks: ['bearer', 'cookie', 'query'],
    refreshAsks: ['refresh', 'none'],
    body: 'optional',
    answer: { always: ALWAYS, sometimes: ['accessToken', 'refreshToken'] },
    hasTokenEndpoint: true,
    guarded: [...SESSIONS, 'POST /auth/refresh'],
  },
];

const config = new DocumentBuilder()
  .addBearerAuth()
  .addApiKey({ type: 'apiKey', in: 'header', name: 'X-Token' }, 'header')
  .addApiKey({ type: 'apiKey', in: 'query', name: 'access_token' }, 'query')
  .addCookieAuth(ACCESS)
  .addCookieAuth(REFRESH, { type: 'apiKey', in: 'cookie' }, 'refresh')
  .build();

const start = oneByOne();

/** The names of the schemes of which one is enough. */
const named = (security: readonly object[] = []) =>
  security.map((each) => Object.keys(each)[0] ?? 'none');

describe.each(ADAPTERS)('on %s', (adapter) => {
  it.each(MODES)('$from, $cookies', async (mode) => {
    const { app, person, browser, signedIn } = await start(adapter, {
      from: mode.from,
      cookies: mode.cookies,
    });
    const { paths, ...rest } = SwaggerModule.createDocument(app.app, config);
    const ours = Object.fromEntries(
      Object.entries(paths).filter(([path]) => /^\/(auth|admin)\//.test(path)),
    );
    const document = { ...rest, paths: ours };
    const broken = await lintFromString({
      source: JSON.stringify(document),
      config: await createConfig({ extends: ['spec'], rules: { 'security-defined': 'error' } }),
    });
    expect(broken.map(({ ruleId, message }) => `${ruleId}: ${message}`)).toEqual([]);
    const { post: refresh } = paths['/auth/refresh'] ?? {};
    expect(named(paths['/auth/sessions']?.get?.security)).toEqual(mode.asks);
    expect(named(paths['/auth/logout']?.post?.security)).toEqual([...mode.asks, 'none']);
    expect(named(refresh?.security)).toEqual(mode.refreshAsks);
    expect('/auth/token' in paths).toBe(mode.hasTokenEndpoint);
    const body: unknown = refresh?.requestBody;
    const says = body === undefined ? 'none' : Object(body).required ? 'required' : 'optional';
    expect(says).toBe(mode.body);
    const schema = Object(refresh?.responses['200']).content['application/json'].schema;
    const { always, sometimes } = mode.answer;
    expect(schema.required.toSorted()).toEqual(always.toSorted());
    expect(Object.keys(schema.properties).sort()).toEqual([...always, ...sometimes].sort());
    const guarded = Object.entries(ours).flatMap(([path, { get, post, delete: remove }]) =>
      Object.entries({ GET: get, POST: post, DELETE: remove }).flatMap(([method, operation]) =>
        /cross_site/.test(Object(operation?.responses['403']).description)
          ? [`${method} ${path}`]
          : [],
      ),
    );
    expect(guarded.filter((route) => route.includes('/auth/')).sort()).toEqual(
      mode.guarded.toSorted(),
    );

    // The routes do as the document says.
    await signedIn();
    const { refreshToken } = await app.signIn(person);
    const told: string[][] = [];
    if (mode.cookies !== undefined) {
      told.push(await answered(browser.send('POST', 'auth/refresh')));
    }
    const sent = await browser.send('POST', 'auth/refresh', { refreshToken });
    expect(sent.status).toBe(mode.body === 'none' ? 400 : 200);
    if (mode.body !== 'none') told.push(Object.keys(Object(sent.body)));
    for (const members of told) {
      expect(members).toEqual(expect.arrayContaining([...always]));
      expect([...always, ...sometimes]).toEqual(expect.arrayContaining(members));
    }
    for (const member of sometimes) {
      expect(told.some((members) => members.includes(member))).toBe(true);
      expect(told.every((members) => members.includes(member))).toBe(false);
    }
    browser.says = { 'sec-fetch-site': 'cross-site' };
    for (const path of ['auth/refresh', 'auth/logout', 'auth/logout-all']) {
      // In this order: each needs the cookies that the next one takes.
      // oxlint-disable-next-line no-await-in-loop
      const { status } = await browser.send('POST', path);
      expect([path, status === 403]).toEqual([path, mode.guarded.includes(`POST /${path}`)]);
    }
  });
});

async function answered(answer: Promise<{ readonly status: number; readonly body: unknown }>) {
  const { status, body } = await answer;
  expect(status).toBe(200);
  return Object.keys(Object(body));
}
