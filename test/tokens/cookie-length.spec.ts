/** A token whose cookie browsers would drop is not issued: `token_too_long`, and not an endless sign-in. */
import { afterEach, describe, expect, it } from 'vitest';
import type { TokenLocation } from 'nestjs-revocable-jwt';
import { DeskController } from '../interceptors/support/desk.controller.js';
import { startSessionApp, type SessionApp } from '../sessions/support/session-app.js';
import { ADAPTERS, send } from '../support/http.js';
import { Person } from '../support/person.entity.js';
import { aged } from '../support/tokens.js';

const COOKIE = '__Host-access';
const TOO_LONG = {
  name: 'TokenTooLongError',
  code: 'token_too_long',
  message: expect.stringMatching(
    /more than 4096 bytes, which browsers drop.*too many roles.*jwt\.from/,
  ),
};
const silent = () => undefined;
const MANY = Array.from({ length: 150 }, (_, index) => `role-number-${index}`);

let app: SessionApp;
afterEach(() => app.close());

const grow = ({ id }: Person, roles: readonly string[] = MANY) =>
  app.dataSource.query('UPDATE person SET roles = ? WHERE id = ?', [JSON.stringify(roles), id]);

describe('at a sign-in', () => {
  it('a user with 150 roles gets no cookie that the browser would drop', async () => {
    app = await startSessionApp({ jwt: { from: { cookie: COOKIE } } });
    const person = await app.addPerson({ roles: MANY });
    await expect(app.auth.signIn(person)).rejects.toMatchObject(TOO_LONG);
    await expect(app.sessions.list(person.id)).resolves.toEqual([]);
  });

  it.each<[TokenLocation]>([[{ header: true }], [{ header: true, query: 'access_token' }]])(
    'without a cookie it is a token like others: %j',
    async (from) => {
      app = await startSessionApp({ jwt: { from } });
      const { accessToken } = await app.auth.signIn(await app.addPerson({ roles: MANY }));
      expect(accessToken.length).toBeGreaterThan(4_096);
      expect(await app.whoami(accessToken)).toMatchObject({ status: 200 });
    },
  );

  it('name and value may have 4,096 bytes together, and not one more', async () => {
    app = await startSessionApp({ jwt: { from: { cookie: COOKIE } } });
    const person = await app.addPerson();
    const lengths = new Set<number>();
    // Each letter of a role is a byte more, and three bytes are four letters of a token.
    for (let size = 2_300; size < 2_700; size++) {
      await grow(person, ['x'.repeat(size)]);
      const { id } = person;
      const entity = await app.dataSource.manager.findOneByOrFail(Person, { id });
      const outcome = await app.auth.signIn(entity).catch((error: unknown) => error);
      const token: unknown = Object(outcome).accessToken;
      if (typeof token !== 'string') {
        expect(outcome).toMatchObject(TOO_LONG);
        break;
      }
      lengths.add(COOKIE.length + token.length);
    }
    const longest = Math.max(...lengths);
    expect(longest).toBeLessThanOrEqual(4_096);
    expect(longest).toBeGreaterThan(4_096 - 4);
  });
});

describe.each(ADAPTERS)('on %s', (adapter) => {
  it('a refresh of an account with too many roles fails, and changes nothing', async () => {
    app = await startSessionApp({ adapter, jwt: { from: { cookie: COOKIE } } });
    const { person, pair } = await app.newcomer();
    await grow(person);
    await expect(app.sessions.refresh(pair.refreshToken)).rejects.toMatchObject(TOO_LONG);
    await grow(person, []);
    await expect(app.sessions.refresh(pair.refreshToken)).resolves.toBeDefined();
  });

  it('a renewal for one keeps the old token, writes to the log, and serves the request', async () => {
    const told: unknown[] = [];
    app = await startSessionApp({
      adapter,
      controllers: [DeskController],
      jwt: { from: { cookie: COOKIE } },
      auth: { renewal: {} },
      logger: { log: silent, warn: silent, error: (message: unknown) => void told.push(message) },
    });
    const { person, pair } = await app.newcomer();
    await grow(person);
    const cookie = `${COOKIE}=${aged(pair.accessToken, app.options, 800)}`;
    for (const path of ['ok', 'own']) {
      const answer = await send(`${app.url}/desk/${path}`, { headers: { cookie } });
      expect(answer.status).toBe(200);
      expect(answer.headers.getSetCookie()).toEqual([]);
    }
    expect(told).toEqual([
      expect.stringMatching(/^A token was not renewed\..*4096 bytes/),
      expect.stringMatching(/^A token was not renewed\./),
    ]);
    const principal = await app.auth.authenticate(pair.accessToken);
    await expect(app.auth.renew(principal)).rejects.toMatchObject(TOO_LONG);
  });
});
