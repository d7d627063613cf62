/** A token in the address: no shared cache may keep the answer (RFC 6750 §2.3). */
import { ApplicationConfig } from '@nestjs/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type AuthApp, startAuthApp } from '../support/auth-app.js';
import { CachedController } from './support/cached.controller.js';
import { ADAPTERS, send } from '../support/http.js';

const FROM = { header: true, query: 'access_token' } as const;

describe.each(ADAPTERS)('on %s', (adapter) => {
  let app: AuthApp;
  let token: string;
  beforeAll(async () => {
    app = await startAuthApp({ adapter, controllers: [CachedController], jwt: { from: FROM } });
    token = (await app.auth.signIn(await app.addPerson())).accessToken;
  });
  afterAll(() => app.close());

  const ask = async (path: string, how: 'query' | 'header') => {
    const { status, headers } = await send(
      `${app.url}/cached/${path}${how === 'query' ? `?a=b&access_token=${token}` : ''}`,
      { redirect: 'manual', token: how === 'header' ? token : undefined },
    );
    return [status, headers.get('cache-control')];
  };

  it.each([
    ['silent', 200, 'private'],
    ['passport', 200, 'private'],
    ['redirect', 301, 'private'],
    ['public', 200, 'private'],
    ['fields', 200, 'private'],
    ['private', 200, 'max-age=60, Private'],
    ['no-store', 200, 'no-store'],
    ['by-hand', 200, 'private'],
    ['written', 200, 'private'],
    ['thrown', 404, 'private'],
  ])('/%s, with the token in the address', async (path, status, expected) => {
    expect(await ask(path, 'query')).toEqual([status, expected]);
  });

  it.each([
    ['silent', null],
    ['public', 'public, max-age=60'],
    ['by-hand', 'public, s-maxage=60'],
  ])('/%s with the token in a header is as the route says', async (path, expected) => {
    expect(await ask(path, 'header')).toEqual([200, expected]);
  });

  it('without such an option, responses are not changed, and nothing is registered', async () => {
    const other = await startAuthApp({ adapter, controllers: [CachedController] });
    try {
      const { accessToken } = await other.auth.signIn(await other.addPerson());
      const { status, headers } = await other.get(
        `cached/silent?access_token=${accessToken}`,
        accessToken,
      );
      expect([status, headers.get('cache-control')]).toEqual([200, null]);
      expect(other.app.get(ApplicationConfig).getGlobalInterceptors()).toEqual([]);
    } finally {
      await other.close();
    }
  });
});
