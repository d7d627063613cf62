/** Policies that do not keep to their types: written in JavaScript, or behind `any`. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Policy, Refusal, tokenVersion } from 'nestjs-revocable-jwt';
import type { DataSource } from 'typeorm';
import { type AuthApp, startAuthApp } from '../support/auth-app.js';
import { ADAPTERS } from '../support/http.js';
import { knowing, type Loose, problemsOf, withOptions } from '../support/problems-of.js';

const nothing = () => undefined;
const rejecting = () => Promise.reject(new Error('nobody handles this'));
const refusing = (code: unknown) => Object.assign(new Refusal('token_revoked'), { code });
const broken = (methods: Loose): Policy =>
  Object.assign({ name: 'broken', judge: () => undefined }, methods);

const ANSWERS: readonly (readonly [string, () => unknown])[] = [
  ['a promise of nothing', () => Promise.resolve()],
  ['a promise that rejects', rejecting],
  [
    'a thenable that is no promise',
    // oxlint-disable-next-line unicorn/no-thenable
    () => ({ then: (_: unknown, no: (why: Error) => void) => no(new Error('no')) }),
  ],
  ['null', () => null],
  ['true', () => true],
  ['false', () => false],
  ['the text of a code', () => 'token_revoked'],
  ['an object like a Refusal', () => ({ code: 'token_revoked', message: 'no' })],
  ['a Refusal with a code of its own', () => refusing('out_of_office')],
  ['a Refusal with the code of a broken token', () => refusing('token_invalid')],
  ['an Error', () => new Error('returned')],
  [
    'a throw',
    () => {
      throw new Error('thrown');
    },
  ],
  [
    'a throw of nothing',
    () => {
      throw undefined;
    },
  ],
];

describe.each(ADAPTERS)('a judge() on %s that gives', (adapter) => {
  let app: AuthApp;
  let answer: () => unknown = nothing;
  const logged: unknown[][] = [];
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => unhandled.push(reason);

  beforeAll(() => process.on('unhandledRejection', note));
  afterAll(() => process.off('unhandledRejection', note));

  beforeEach(async () => {
    answer = nothing;
    logged.length = 0;
    app = await startAuthApp({
      adapter,
      auth: { policies: [tokenVersion(), broken({ judge: () => answer() })] },
      logger: { log: nothing, warn: nothing, error: (...line: unknown[]) => logged.push(line) },
    });
  });
  afterEach(() => app.close());

  it.each(ANSWERS)('%s: 503, reported once, and nothing ends the process', async (_, given) => {
    const { accessToken } = await app.auth.signIn(await app.addPerson());
    answer = given;
    for (let request = 0; request < 3; request++) {
      // oxlint-disable-next-line no-await-in-loop
      const refused = await app.whoami(accessToken);
      expect(refused).toMatchObject({ status: 503, body: { code: 'auth_unavailable' } });
    }
    await expect(app.auth.signIn(await app.addPerson())).rejects.toMatchObject({
      code: 'auth_unavailable',
    });
    await sleep(1);
    expect(unhandled).toEqual([]);
    const told = logged.filter(([, , context]) => context === 'Policies');
    expect(told).toHaveLength(1);
    expect(told[0]?.[0]).toMatch(/^judge\(\) of the policy "broken" failed\./);
    answer = nothing;
    expect(await app.whoami(accessToken)).toMatchObject({ status: 200 });
  });

  it('undefined or a Refusal: that is the decision', async () => {
    const { accessToken } = await app.auth.signIn(await app.addPerson());
    expect(await app.whoami(accessToken)).toMatchObject({ status: 200 });
    answer = () => new Refusal('account_disabled');
    expect(await app.whoami(accessToken)).toMatchObject({
      status: 401,
      body: { code: 'account_disabled' },
    });
    expect(logged).toEqual([]);
  });

  it.each([
    'Konto gesperrt – bitte melden Sie sich.',
    'アカウント',
    'a "quoted" word',
    'a back\\slash',
    'two\r\nSet-Cookie: lines=1',
    'null\0',
  ])('a Refusal with the message %j: 401, and the body has the message', async (message) => {
    const { accessToken } = await app.auth.signIn(await app.addPerson());
    answer = () => new Refusal('account_disabled', message);
    const refused = await app.whoami(accessToken);
    expect(refused).toMatchObject({ status: 401, body: { code: 'account_disabled', message } });
    expect(refused.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');
    expect(refused.headers.get('set-cookie')).toBeNull();
  });
});

describe('the other methods', () => {
  it.each<[string, Loose]>([
    ['goodUntil() of a promise', { goodUntil: rejecting }],
    ['goodUntil() of NaN', { goodUntil: () => NaN }],
    ['goodUntil() of a Date', { goodUntil: () => new Date() }],
    ['goodUntil() of null', { goodUntil: () => null }],
    ['stamp() of a promise', { stamps: { tenant: 'string' }, stamp: rejecting }],
    ['stamp() of a text', { stamps: { tenant: 'string' }, stamp: () => 'blue' }],
    [
      'stamp() that throws',
      {
        stamps: { tenant: 'string' },
        stamp: () => {
          throw new Error('thrown');
        },
      },
    ],
  ])('%s: no token is issued', async (_, methods) => {
    const app = await startAuthApp({ auth: { policies: [tokenVersion(), broken(methods)] } });
    const signIn = app.auth.signIn(await app.addPerson());
    await expect(signIn).rejects.toMatchObject({ code: 'auth_unavailable' });
    await app.close();
  });
});

describe('an async policy', () => {
  let known: DataSource;
  beforeAll(async () => (known = await knowing()));
  afterAll(() => known.destroy());

  it('is a type error', () => {
    const policy: Policy = {
      name: 'late',
      // @ts-expect-error a promise is no answer
      judge: async () => undefined,
    };
    expect(policy.name).toBe('late');
  });

  it.each(['judge', 'judgeAdopted', 'stamp', 'goodUntil'])('is refused at boot: %s', (name) => {
    for (const method of [async () => undefined, async function* () {}, function* () {}]) {
      const policies = [broken({ [name]: method })];
      expect(problemsOf(withOptions({ policies }), known)).toEqual([
        expect.stringContaining(`policies: ${name}() of "broken" must answer at once`),
      ]);
    }
  });

  it('is refused at boot if the function that makes it is async', () => {
    for (const factory of [async () => broken({}), rejecting]) {
      expect(problemsOf(withOptions({ policies: [factory] }), known)).toEqual([
        expect.stringContaining('must not be async'),
      ]);
    }
  });
});
