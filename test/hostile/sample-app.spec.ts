/** Every route of the sample application with random bodies, addresses and tokens: never 5xx, and never a stack. */
import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Client } from '../sample-app/support/client.js';
import type { RunningApp } from '../sample-app/support/running-app.js';
import { describeOnAdapters } from '../sample-app/support/targets.js';
import { always, bytes, jsonWith } from './support/randomness.js';
import { send } from '../support/http.js';

interface Route {
  readonly method: string;
  readonly path: string;
}

const NAMES =
  'email password name device roles status suspendedUntil currentPassword newPassword refreshToken token title body issuedBefore keepCurrent reason __proto__'.split(
    ' ',
  );
/** Text in a path or a query. */
const segment = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1, maxLength: 60 }).map((text) =>
    // What is no Unicode cannot be written in an address.
    encodeURIComponent(Buffer.from(text).toString()),
  ),
  fc.uuid(),
  fc.constantFrom('%00', '%ff', '%2e%2e%2f', '0', '-1', 'null', '1e999', "'%20OR%201=1"),
);
const body = fc.oneof(
  jsonWith(NAMES).map((text) => ({ type: 'application/json', content: Buffer.from(text) })),
  bytes().map((content) => ({ type: 'application/json', content })),
  fc
    .tuple(fc.constantFrom('text/plain', 'application/x-www-form-urlencoded', 'x'), bytes())
    .map(([type, content]) => ({ type, content })),
);
const bearer = fc.constantFrom('admin', 'nobody', 'junk');

describeOnAdapters((target) => {
  let app: RunningApp;
  let admin: Client;
  let routes: Route[];
  beforeAll(async () => {
    app = await target.start({
      LOGIN_LIMIT_PER_EMAIL: '1000000',
      LOGIN_LIMIT_PER_ADDRESS: '1000000',
      AUTH_OAUTH_CLIENT_SECRET: 'kV4mT9qL2xW7pZ0sD5fH8jR3nB6cY1gA',
    });
    admin = await app.as('admin');
    const { body } = await app.nobody.get('/docs-json');
    routes = Object.entries<object>(Object(body['paths'])).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => ({ method: method.toUpperCase(), path })),
    );
  });
  afterAll(() => app.close());

  it('knows the routes from their documentation', () => {
    expect(routes.length).toBeGreaterThan(20);
    expect(routes).toContainEqual({ method: 'POST', path: '/auth/login' });
    expect(routes).toContainEqual({ method: 'POST', path: '/oauth/revoke' });
  });

  it('never fails because of hostile input', async () => {
    const seen = new Map<number, number>();
    await always(
      fc.asyncProperty(fc.nat(), segment, body, bearer, async (pick, text, sent, who) => {
        const { method, path } = routes[pick % routes.length] ?? { method: 'GET', path: '/' };
        const address = `${path.replaceAll(/\{\w+\}/g, () => text)}?limit=${text}&${text}=1`;
        const token = { admin: admin.token, nobody: undefined, junk: 'a.b.c' }[who];
        const { status, text: answer } = await send(app.url + address, {
          method,
          token,
          headers: { 'content-type': sent.type },
          ...(method === 'GET' ? {} : { body: Uint8Array.from(sent.content) }),
        });
        seen.set(status, (seen.get(status) ?? 0) + 1);
        expect(status, `${method} ${address}: ${answer}`).toBeLessThan(500);
        expect(answer).not.toMatch(/\bat .*\.[jt]s:\d|node_modules|SELECT |SqliteError/);
        // What the admin may do to everybody, and to itself.
        if (status === 401 && who === 'admin') admin = await app.as('admin');
      }),
      5,
    );
    // It was not the door alone that was tried.
    expect([...seen.keys()]).toEqual(expect.arrayContaining([400, 401]));
    expect([...seen].filter(([status]) => status < 300).length).toBeGreaterThan(0);
    const alice = await app.as('alice');
    expect((await alice.get('/me')).status).toBe(200);
  });
});
