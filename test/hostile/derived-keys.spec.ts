/**
 * Keys derived from the row: the database is asked on the word of a token that nobody has verified.
 * Whatever such a token says, it is refused, it costs nobody else anything, and it breaks nothing.
 */
import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type AuthApp, startAuthApp } from '../support/auth-app.js';
import { describeOnDatabases } from '../support/databases.js';
import { claimsOf, compact, type Part } from '../support/tokens.js';

/** A token of the attacker's own making; no secret is known. */
const made = (header: Part, payload: Part): string =>
  compact(header, payload, (text) => createHmac('sha256', 'guess').update(text).digest());

const HEADER = { alg: 'HS256', typ: 'at+jwt' };

describeOnDatabases((kind) => {
  let app: AuthApp;
  let token: string;
  let claims: Readonly<Record<string, unknown>>;
  beforeAll(async () => {
    app = await startAuthApp({ kind, jwt: { deriveKeyFrom: ['passwordHash'] } });
    ({ accessToken: token } = await app.auth.signIn(await app.addPerson()));
    claims = claimsOf(token);
  });
  afterAll(() => app.close());

  it.each<[what: string, make: () => string]>([
    [
      'that says it is a JWT and holds no JSON',
      () => made({ alg: 'HS256', typ: 'JWT' }, 'no JSON'),
    ],
    ['whose header is null', () => made('null', claims)],
    ['whose header is a list', () => made([], claims)],
    ['whose header holds no JSON', () => made('{', claims)],
    ['whose payload is null', () => made(HEADER, 'null')],
    ['whose payload is a text', () => made(HEADER, '"alice"')],
    ['of a subject that the column cannot hold', () => made(HEADER, { ...claims, sub: 'abc' })],
    ['of a subject that begins with an id', () => made(HEADER, { ...claims, sub: '1 or 1=1' })],
    ['of a subject too large', () => made(HEADER, { ...claims, sub: '9'.repeat(19) })],
  ])('refuses a token %s, at both guards', async (_what, make) => {
    for (const path of ['whoami', 'passport']) {
      const answer = await app.get(path, make());
      expect([path, answer.status]).toEqual([path, 401]);
    }
  });

  it('makes no query for a subject that the column cannot hold', async () => {
    const hostile = made(HEADER, { ...claims, sub: 'abc' });
    const before = app.queries.statements.length;
    await app.get('whoami', hostile);
    await app.get('passport', hostile);
    await app.revocation.revokeToken(hostile).catch(() => undefined);
    expect(app.queries.statements.length).toBe(before);
  });

  it.each(['😀', '\u{10ffff}', "' OR '1'='1", '\\', '$REALM', '$REFS', '$&'])(
    'answers 401 for the token id %j',
    async (jti) => {
      for (const path of ['whoami', 'passport']) {
        const answer = await app.get(path, made(HEADER, { ...claims, jti, sid: jti }));
        expect([path, answer.status]).toEqual([path, 401]);
      }
      expect((await app.whoami(token)).status).toBe(200);
    },
  );

  it('a value that is not text is refused like a broken token', async () => {
    for (const given of [undefined, null, 1, {}, [], '', 'a'.repeat(100_000), '.', '..', '....']) {
      // What a handler in JavaScript may pass on.
      const outcome: unknown = await Reflect.apply(app.auth.authenticate, app.auth, [given]).catch(
        (error: unknown) => error,
      );
      expect(outcome).toMatchObject({ status: 401 });
    }
  });
});
