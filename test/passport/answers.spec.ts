/** `AuthGuard('jwt')` of @nestjs/passport and the library's own guard answer alike, on both adapters. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AuthApp, startAuthApp } from '../support/auth-app.js';
import { aged, encoded, forge } from '../support/tokens.js';
import { Person } from '../support/person.entity.js';
import { ADAPTERS } from '../support/http.js';

/** Each case: what is sent, out of a good token, and the code of the answer. */
const CASES: readonly (readonly [
  string,
  (token: string, app: AuthApp) => string | undefined,
  string,
])[] = [
  ['no token', () => undefined, 'token_missing'],
  ['something else', () => 'not-a-token', 'token_malformed'],
  ['three parts of nothing', () => 'a.b.c', 'token_malformed'],
  ['a payload that is no object', (token) => withPayload(token, '"text"'), 'token_invalid'],
  ['an expired one', (token, { options }) => aged(token, options, 3_600), 'token_expired'],
  [
    'another signature',
    (token, { options }) => forge(token, options, { secret: randomBytes(32) }),
    'token_invalid',
  ],
  [
    'an expired one with another signature',
    (token, { options }) =>
      forge(aged(token, options, 3_600), options, { secret: randomBytes(32) }),
    'token_invalid',
  ],
  [
    'another type',
    (token, { options }) => forge(token, options, header({ typ: 'JWT' })),
    'token_invalid',
  ],
  [
    'an extension',
    (token, { options }) => forge(token, options, header({ crit: ['x'] })),
    'token_invalid',
  ],
  [
    'another issuer',
    (token, { options }) => forge(token, options, claims({ iss: 'https://evil.example' })),
    'token_invalid',
  ],
  [
    'another audience',
    (token, { options }) => forge(token, options, claims({ aud: 'other-api' })),
    'token_invalid',
  ],
  [
    'no subject',
    (token, { options }) => forge(token, options, claims({ sub: undefined })),
    'token_invalid',
  ],
  [
    'a subject that is a number',
    (token, { options }) => forge(token, options, claims({ sub: 1 })),
    'token_invalid',
  ],
  [
    'a subject nobody has',
    (token, { options }) => forge(token, options, claims({ sub: '999' })),
    'account_deleted',
  ],
  [
    'a subject no column can hold',
    (token, { options }) => forge(token, options, claims({ sub: '1abc' })),
    'account_deleted',
  ],
  [
    'no expiry',
    (token, { options }) => forge(token, options, claims({ exp: undefined })),
    'token_invalid',
  ],
  [
    'none for an algorithm',
    (token) => `${encoded({ alg: 'none', typ: 'at+jwt' })}.${token.split('.')[1]}.x`,
    'token_invalid',
  ],
  [
    'another algorithm',
    (token, { options }) => forge(token, options, header({ alg: 'HS512' })),
    'token_invalid',
  ],
];

function header(changes: Record<string, unknown>) {
  return { header: changes };
}

function claims(changes: Record<string, unknown>) {
  return { claims: changes };
}

function withPayload(token: string, json: string): string {
  const [head, , signature] = token.split('.');
  return [head, encoded(json), signature].join('.');
}

describe.each(ADAPTERS)('on %s', (adapter) => {
  let app: AuthApp;
  let alice: Person;
  let token: string;
  beforeAll(async () => {
    app = await startAuthApp({ adapter });
    alice = await app.addPerson();
    token = (await app.auth.signIn(alice)).accessToken;
  });
  afterAll(() => app.close());

  it.each(CASES)('%s', async (_, make, code) => {
    const sent = make(token, app);
    const answers = [await app.get('passport', sent), await app.get('whoami', sent)];
    for (const { status, body, headers } of answers) {
      expect({ status, code: body.code }).toEqual({ status: 401, code });
      expect(body).toEqual({
        statusCode: 401,
        error: 'Unauthorized',
        code,
        message: expect.any(String),
      });
      expect(headers.get('www-authenticate')).toMatch(
        code === 'token_missing' ? /^Bearer$/ : /^Bearer error="invalid_token"/,
      );
      expect(headers.get('retry-after')).toBeNull();
    }
    expect(answers[0]?.body).toEqual(answers[1]?.body);
  });

  it('both accept a good token, as the same principal', async () => {
    const [passport, own] = [await app.get('passport', token), await app.get('whoami', token)];
    expect(passport).toMatchObject({ status: 200, body: { userId: String(alice.id) } });
    expect(passport.body).toEqual(own.body);
  });

  it('both refuse a disabled account', async () => {
    const bob = await app.addPerson();
    const { accessToken } = await app.auth.signIn(bob);
    await app.dataSource.getRepository(Person).update({ id: bob.id }, { status: 'disabled' });
    for (const path of ['passport', 'whoami']) {
      expect(await app.get(path, accessToken)).toMatchObject({
        status: 401,
        body: { code: 'account_disabled' },
      });
    }
  });

  it('without the tables both answer 503 with Retry-After', async () => {
    await app.dataSource.query('ALTER TABLE auth_state RENAME TO auth_state_gone');
    for (const path of ['passport', 'whoami']) {
      const answer = await app.get(path, token);
      expect(answer.body).toEqual({
        statusCode: 503,
        error: 'Service Unavailable',
        code: 'auth_unavailable',
        message: expect.any(String),
      });
      expect(answer.status).toBe(503);
      expect(answer.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
      expect(answer.headers.get('www-authenticate')).toBeNull();
    }
    await app.dataSource.query('ALTER TABLE auth_state_gone RENAME TO auth_state');
    expect(await app.get('passport', token)).toMatchObject({ status: 200 });
  });
});
