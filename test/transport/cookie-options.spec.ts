/** What options of cookies are refused, since browsers would drop the cookie, or send it too far. */
import { SessionService } from 'nestjs-revocable-jwt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DataSource } from 'typeorm';
import { authOptions, startAuthApp } from '../support/auth-app.js';
import { knowing, type Loose, problemsOf } from '../support/problems-of.js';

const ACCESS = { from: { cookie: '__Host-access' } };
const REFRESH = '__Secure-refresh';
const SECURE = '__Secure-access';

let dataSource: DataSource;
beforeAll(async () => {
  dataSource = await knowing();
});
afterAll(() => dataSource.destroy());

function problems(cookies: unknown, jwt: Loose = {}, others: Loose = { sessions: {} }) {
  const given: Loose = { ...others, cookies };
  return problemsOf(Object.assign(authOptions({ jwt }), given), dataSource);
}

describe('cookies that work', () => {
  it.each<[string, Loose | undefined, Loose?]>([
    ['the refresh token alone', { refresh: REFRESH }],
    ['both', { refresh: REFRESH }, ACCESS],
    ['the access token alone', { sameSite: 'lax' }, ACCESS],
    ['for one host and every path', { refresh: '__Host-refresh', refreshPath: '/' }],
    ['for a domain', { refresh: REFRESH, domain: 'example.com' }],
    ['for pages elsewhere', { refresh: REFRESH, sameSite: 'none', origins: ['https://a.example'] }],
    ['for embedded pages', { refresh: REFRESH, sameSite: 'none', partitioned: true }],
    ['not partitioned', { refresh: REFRESH, partitioned: false }],
    [
      'with places from before',
      {
        refresh: REFRESH,
        former: [{ domain: 'example.com' }, { path: '/api' }, { partitioned: true }, {}],
      },
    ],
    ['at a path of your own', { refresh: REFRESH, refreshPath: '/api/tokens' }],
    ['the access token for a domain', { domain: 'example.com' }, { from: { cookie: SECURE } }],
    ['a name of yours, in a cookie of yours', undefined, { from: { cookie: 'access' } }],
  ])('%s', (_, cookies, jwt) => {
    expect(problems(cookies, jwt)).toEqual([]);
  });
});

describe('cookies that do not', () => {
  it.each<[name: string, cookies: unknown, jwt?: Loose, others?: Loose]>([
    ['cookies', true],
    ['cookies', {}],
    ['cookies', { sameSite: 'lax' }],
    ['cookies.secure', { refresh: REFRESH, secure: false }],
    ['cookies.refresh', { refresh: 'refresh' }],
    ['cookies.refresh', { refresh: '__Secure-' }],
    ['cookies.refresh', { refresh: '__secure-refresh' }],
    ['cookies.refresh', { refresh: '__Secure-a;b' }],
    ['cookies.refresh', { refresh: true }],
    ['cookies.refresh', { refresh: '__Host-refresh' }],
    ['cookies.refresh', { refresh: '__Host-refresh', refreshPath: '/auth/refresh' }],
    ['cookies.refresh', { refresh: REFRESH }, { from: { cookie: REFRESH } }],
    ['cookies.refresh', { refresh: REFRESH }, {}, {}],
    ['jwt.from.cookie', {}, { from: { cookie: 'access' } }],
    ['jwt.from.cookie', { refresh: REFRESH }, { from: { header: true, cookie: 'access' } }],
    ['jwt.from.cookie', { sameSite: 'lax' }, { from: { cookie: '__Host-' } }],
    ['jwt.from.cookie', { sameSite: 'lax' }, { from: { cookie: '__host-access' } }],
    ['jwt.from.cookie', { domain: 'example.com' }, { from: { cookie: 'access' } }],
    ['jwt.from', { sameSite: 'lax' }, { from: { cookie: '__Host-a;b' } }],
    ['jwt.from', { sameSite: 'lax' }, { from: { cookie: true } }],
    ['cookies.refreshPath', { refreshPath: '/x' }, ACCESS],
    ['cookies.refreshPath', { refresh: REFRESH, refreshPath: 'auth/refresh' }],
    ['cookies.refreshPath', { refresh: REFRESH, refreshPath: '/a; Domain=evil.example' }],
    ['cookies.partitioned', { refresh: REFRESH, partitioned: true }],
    ['cookies.partitioned', { refresh: REFRESH, partitioned: true, sameSite: 'lax' }],
    ['cookies.partitioned', { refresh: REFRESH, partitioned: 'yes', sameSite: 'none' }],
    ['cookies.former', { refresh: REFRESH, former: { path: '/api' } }],
    ['cookies.former', { refresh: REFRESH, former: null }],
    ['cookies.former', { refresh: REFRESH, former: ['/api'] }],
    ['cookies.former', { refresh: REFRESH, former: [{ path: 'api' }] }],
    ['cookies.former', { refresh: REFRESH, former: [{ path: '/a; Domain=evil.example' }] }],
    ['cookies.former', { refresh: REFRESH, former: [{ domain: 'localhost' }] }],
    ['cookies.former', { refresh: REFRESH, former: [{ domain: 'a.example; Path=/' }] }],
    ['cookies.former', { refresh: REFRESH, former: [{ partitioned: 1 }] }],
    ['cookies.former', { refresh: REFRESH, former: [{ name: 'old' }] }],
    ['cookies.former', { refresh: REFRESH, former: Array.from({ length: 9 }, () => ({})) }],
    ['cookies.sameSite', { refresh: REFRESH, sameSite: 'Strict' }],
    ['cookies.sameSite', { refresh: REFRESH, sameSite: false }],
    ['cookies.domain', { refresh: REFRESH, domain: 'example.com; Path=/' }],
    ['cookies.domain', { refresh: REFRESH, domain: '' }],
    ['cookies.domain', { refresh: REFRESH, domain: 'api-.example.com' }],
    ['cookies.domain', { refresh: REFRESH, domain: `${'a'.repeat(64)}.example.com` }],
    ['cookies.former', { refresh: REFRESH, former: [{ domain: '-api.example.com' }] }],
    ['cookies.domain', { domain: 'example.com' }, ACCESS],
    ['cookies.refresh', { refresh: true, domain: 'example.com' }],
    ['cookies.origins', { refresh: REFRESH, origins: 'https://a.example' }],
    ['cookies.origins', { refresh: REFRESH, origins: ['*'] }],
    ['cookies.origins', { refresh: REFRESH, origins: ['https://*.example.com'] }],
    ['cookies.origins', { refresh: REFRESH, origins: ['https://a.example/'] }],
    ['cookies.origins', { refresh: REFRESH, origins: ['null'] }],
    ['cookies.origins', { refresh: REFRESH, origins: ['a.example'] }],
  ])('%s in %j', (name, cookies, jwt, others) => {
    expect(problems(cookies, jwt, others)).toEqual([
      expect.stringMatching(new RegExp(`^${name.replaceAll('.', '\\.')}: `)),
    ]);
  });

  it('a refresh cookie whose path nobody knows', async () => {
    const auth = { sessions: {}, cookies: { refresh: REFRESH } };
    await expect(startAuthApp({ auth })).rejects.toThrow(
      /cookies\.refreshPath: give the path of your refresh route/,
    );
    const app = await startAuthApp({
      auth: { ...auth, cookies: { refresh: REFRESH, refreshPath: '/r' } },
    });
    expect(app.sessions).toBeInstanceOf(SessionService);
    await app.close();
  });
});
