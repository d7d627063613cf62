/** What code without types gives to the services: a mistake is a rejection with a code, and changes nothing. */
import { setImmediate } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type IssuedToken, KeyService, type Principal } from 'nestjs-revocable-jwt';
import { type AuthApp, startAuthApp } from '../support/auth-app.js';
import type { Person } from '../support/person.entity.js';

let app: AuthApp;
let alice: Person;
let token: IssuedToken;
let principal: Principal;
beforeAll(async () => {
  app = await startAuthApp({
    auth: { sessions: {}, renewal: { after: 0.5, maxAge: '8h' } },
    user: { subject: 'subject' },
  });
});
afterAll(() => app.close());
beforeEach(async () => {
  alice = await app.addPerson();
  token = await app.auth.signIn(alice);
  principal = await app.auth.authenticate(token.accessToken);
});

/** Each method that gives a promise: its service, arguments that work, and what options it has. */
const METHODS: Record<
  string,
  { on: () => object; args: () => readonly unknown[]; options?: 'revoke' | 'context' }
> = {
  signIn: { on: () => app.auth, args: () => [alice], options: 'context' },
  authenticate: { on: () => app.auth, args: () => [token.accessToken] },
  renew: { on: () => app.auth, args: () => [principal] },
  everywhere: { on: () => app.revocation, args: () => [] },
  revokeToken: { on: () => app.revocation, args: () => [token.accessToken], options: 'revoke' },
  revokeSession: { on: () => app.revocation, args: () => [token.sessionId], options: 'revoke' },
  revokeUser: { on: () => app.revocation, args: () => [alice.id], options: 'revoke' },
  revokeAll: { on: () => app.revocation, args: () => [], options: 'revoke' },
  replaceSubject: { on: () => app.revocation, args: () => [alice.id], options: 'revoke' },
  refresh: { on: () => app.sessions, args: () => [token.refreshToken], options: 'context' },
  oneOf: { on: () => app.sessions, args: () => [[token.refreshToken]] },
  list: { on: () => app.sessions, args: () => [alice.id] },
  requireUser: { on: () => app.sessions, args: () => [alice.id] },
  end: { on: () => app.sessions, args: () => [token.sessionId], options: 'revoke' },
  endSessionOf: { on: () => app.sessions, args: () => [token.refreshToken], options: 'revoke' },
  endOthers: { on: () => app.sessions, args: () => [principal], options: 'revoke' },
  endAll: { on: () => app.sessions, args: () => [alice.id], options: 'revoke' },
  reissue: { on: () => app.sessions, args: () => [principal], options: 'context' },
  touch: { on: () => app.sessions, args: () => [token.sessionId, Date.now()] },
  ended: { on: () => app.sessions, args: () => [] },
  publicKeys: { on: () => keys(), args: () => [] },
  reload: { on: () => keys(), args: () => [] },
  withdraw: { on: () => keys(), args: () => ['k'.repeat(300)], options: 'revoke' },
};
const keys = () => app.app.get(KeyService);

const VALUES: readonly unknown[] = [
  undefined,
  null,
  true,
  1.5,
  Number.NaN,
  7n,
  '',
  'a\0b',
  'x'.repeat(300),
  Symbol('id'),
  {},
  [],
  [1],
  new Date(Number.NaN),
  () => 1,
  { toString: () => expect.unreachable() },
];

const call = (name: string, args: readonly unknown[]): unknown => {
  const on = METHODS[name]?.on() ?? {};
  const method: unknown = Reflect.get(on, name);
  if (typeof method !== 'function') throw new Error(`There is no ${name}.`);
  return Reflect.apply(method, on, args);
};

/** The code with which a call is rejected; `undefined` when it is done. */
async function codeOf(name: string, args: readonly unknown[]): Promise<unknown> {
  const promise = call(name, args);
  expect(promise).toBeInstanceOf(Promise);
  try {
    await promise;
    return undefined;
  } catch (error) {
    return Object(error).code ?? error;
  }
}

const optioned = (kind: 'revoke' | 'context') =>
  Object.keys(METHODS).filter((name) => METHODS[name]?.options === kind);

const isAsync = (value: unknown) => Object(value).constructor?.name === 'AsyncFunction';

it('each method that gives a promise has its row', () => {
  const found = [app.auth, app.revocation, app.sessions, keys()].flatMap((service) =>
    Object.entries(Object.getOwnPropertyDescriptors(Object.getPrototypeOf(service)))
      .filter(([, { value }]) => isAsync(value))
      .map(([name]) => name),
  );
  // Private ones.
  const open = found.filter((name) => name !== 'verified' && name !== 'endThose');
  expect(open.toSorted()).toEqual(Object.keys(METHODS).toSorted());
});

describe.each(Object.keys(METHODS))('%s()', (name) => {
  it('rejects what it cannot use, and neither throws nor calls it unavailable', async () => {
    const good = METHODS[name]?.args() ?? [];
    for (const value of VALUES) {
      for (let at = 0; at <= good.length; at += 1) {
        const args = [...good.slice(0, at), value, ...good.slice(at + 1)];
        const code = await codeOf(name, args);
        if (code !== undefined) expect(code, String(code)).toMatch(/^[a-z_]+$/);
        expect(code).not.toBe('auth_unavailable');
        if (name === 'revokeAll') token = await app.auth.signIn(alice);
      }
    }
  });
});

describe.each(optioned('revoke'))('the options of %s()', (name) => {
  it.each<[what: string, options: unknown, said: RegExp]>([
    ['null', null, /^options: /],
    ['a reason', 'stolen', /^options: /],
    ['a list', [], /^options: /],
    ['a number as a reason', { reason: 7 }, /^options\.reason: /],
    ['null as a reason', { reason: null }, /^options\.reason: /],
    ['a number as an actor', { actor: 7 }, /^options\.actor: /],
    ['a user as an actor', { actor: { id: 7 } }, /^options\.actor: /],
    ['another visibility', { visibility: 'all' }, /^options\.visibility: /],
    ['a misspelt name', { raeson: 'stolen' }, /^options\.raeson: /],
    ['a manager in the place of options', 'manager', /^options: a manager is an option/],
  ])('%s: it throws, and nothing changes', async (_, options, said) => {
    const given = options === 'manager' ? app.dataSource.manager : options;
    const args = [...(METHODS[name]?.args() ?? []), given];
    const before = app.events.length;
    await expect(call(name, args)).rejects.toMatchObject({
      code: 'invalid_argument',
      message: expect.stringMatching(said),
    });
    await setImmediate();
    expect(app.events.slice(before)).toEqual([]);
    expect(await app.whoami(token.accessToken)).toMatchObject({ status: 200 });
    expect(await app.sessions.list(alice.id)).toHaveLength(1);
  });
});

describe('a manager, or a text, instead of { manager }', () => {
  it.each([
    ['signIn', 'invalid_context'],
    ['reissue', 'invalid_argument'],
  ])('%s() does not work outside of the transaction: %s', async (name, code) => {
    const good = METHODS[name]?.args() ?? [];
    const before = app.events.length;
    for (const context of [app.dataSource.manager, null, 'phone', []]) {
      expect(await codeOf(name, [...good, context])).toBe(code);
    }
    expect(app.events.slice(before)).toEqual([]);
  });
});

describe('an id of a user that is given and missing', () => {
  it.each([[undefined], [null], [''], [{}]])('%j: end() ends no session', async (userId) => {
    expect(await codeOf('end', [token.sessionId, { userId }])).toBe('invalid_argument');
    expect(await app.sessions.list(alice.id)).toHaveLength(1);
  });
});

describe('a caller without a session', () => {
  it.each([[undefined], [null], [{}], ['userId only']])(
    '%j: endOthers() ends no session, and reissue() makes no token',
    async (given) => {
      const current = given === 'userId only' ? { userId: principal.userId } : given;
      for (const name of ['endOthers', 'reissue']) {
        expect(await codeOf(name, [current])).toBe('invalid_argument');
      }
      expect(await app.sessions.list(alice.id)).toHaveLength(1);
    },
  );
});

describe('a description of a client that is not text', () => {
  it.each([[null], [7], [true], [{}], [['10.0.0.1', '10.0.0.2']], [Symbol('ip')]])(
    '%s is left out, and nobody is refused for it',
    async (value) => {
      const context = { ip: value, userAgent: value };
      const signedIn = await call('signIn', [alice, { ...context, device: value }]);
      await call('refresh', [Object(signedIn).refreshToken, context]);
      const [newest] = await app.sessions.list(alice.id);
      expect(newest).toMatchObject({ ip: null, userAgent: null, device: null });
    },
  );
});
