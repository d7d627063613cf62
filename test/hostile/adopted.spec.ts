/**
 * Tokens from before the library came, in every wrong way and signed with the real key. They say less than the
 * library's own, and what they say is believed as little.
 */
import { randomBytes } from 'node:crypto';
import type { AuthModuleOptions } from 'nestjs-revocable-jwt';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { partsOf, withMember } from '../support/tokens.js';
import { MEANINGLESS, NOBODY, WRONG_HEADERS, wrongAdoptedClaims } from './support/mutations.js';
import { newSigner, newSigners } from './support/signers.js';
import {
  BEFORE,
  eachRefused,
  expectAccepted,
  expectRefused,
  startTarget,
  type Target,
} from './support/target.js';
import { ADAPTERS, send } from '../support/http.js';

const SIGNERS = newSigners();
const NOW = Math.floor(Date.now() / 1000);
const CLIENT = { id: 'gateway', secret: randomBytes(32).toString('base64url') };

describe.each([
  ['express', 'HS256', 'strict'],
  ['fastify', 'RS256', 'strict'],
  ['express', 'ES256', 'tracked'],
  ['fastify', 'EdDSA', 'tracked'],
] as const)('on %s, %s, %s', (adapter, family, mode) => {
  let target: Target;
  beforeAll(async () => {
    target = await startTarget({ signer: SIGNERS[family], adapter, mode, adopted: true });
  });
  afterAll(() => target.close());

  it('one is accepted, and so is a copy that is written differently', async () => {
    const { app, token, header, claims, remake } = target;
    await expectAccepted(app, token);
    await expectAccepted(app, remake({ header: withMember(header, 'typ', undefined) }));
    await expectAccepted(app, remake({ header: withMember(header, 'cty', '"x"') }));
    await expectAccepted(app, remake({ claims: withMember(claims, 'sub', `"${claims['sub']}"`) }));
    await expectAccepted(app, remake({ claims: withMember(claims, 'aud', '["x","before-api"]') }));
    await expectAccepted(app, remake({ claims: withMember(claims, 'nbf', String(NOW)) }));
  });

  // Without `typ` it is one from before; `JWT` is theirs.
  const { typ = [], ...headers } = WRONG_HEADERS;
  const types = typ.filter((json) => json !== undefined && json !== '"JWT"');
  it.each(Object.entries({ ...headers, typ: [...types, '"at+jwt"', '"application/at+jwt"'] }))(
    'header: %s',
    async (name, values) => {
      const { header, remake } = target;
      await eachRefused(target.app, values, (json) =>
        remake({ header: withMember(header, name, json) }),
      );
    },
  );

  it.each(Object.keys(wrongAdoptedClaims(0)))('claim: %s', async (name) => {
    const { claims, remake } = target;
    const { [name]: values = [] } = wrongAdoptedClaims(Number(claims['iat']));
    await eachRefused(target.app, values, (json) =>
      remake({ claims: withMember(claims, name, json) }),
    );
  });

  it('an account that does not exist', async () => {
    const { claims, remake } = target;
    const make = (json: string | undefined) => remake({ claims: withMember(claims, 'sub', json) });
    await eachRefused(target.app, NOBODY, make, 'account_deleted');
  });

  it.each(Object.entries(MEANINGLESS))('a claim that means nothing: %s', async (name, values) => {
    const { app, token, claims, remake } = target;
    const { userId, roles } = (await app.whoami(token)).body;
    expect(roles).toEqual(['user']);
    for (const json of values) {
      const other = remake({ claims: withMember(claims, name, json) });
      expect(await app.whoami(other), json).toMatchObject({ status: 200, body: { userId, roles } });
      expect((await app.get('admin', other)).status, json).toBe(403);
    }
  });

  it('a token of the library’s does not become one by its type, nor the other way round', async () => {
    const { app, header, claims, remake } = target;
    const own = await app.addPerson();
    const { accessToken } = await app.auth.signIn(own);
    await expectAccepted(app, accessToken);
    const { header: ownHeader, claims: ownClaims } = partsOf(accessToken);
    await expectRefused(app, remake({ claims: ownClaims }));
    await expectRefused(app, remake({ header: { ...ownHeader, typ: 'JWT' }, claims: ownClaims }));
    await expectRefused(app, remake({ header: ownHeader }));
    await expectRefused(app, remake({ header: { ...header, typ: 'at+jwt' }, claims }));
  });

  it('a signature by another key, or by none', async () => {
    const { app, token, remake } = target;
    await expectRefused(app, remake({ sign: newSigner(family).sign }));
    await expectRefused(app, remake({ sign: () => Buffer.alloc(0) }));
    await expectRefused(app, `${token.slice(0, token.lastIndexOf('.'))}.AA`);
  });

  it('it has expired after its end', async () => {
    const { app, claims, remake } = target;
    const ended = remake({ claims: { ...claims, iat: NOW - 100, exp: NOW - 11 } });
    await expectRefused(app, ended, 'token_expired');
  });
});

describe.each(ADAPTERS)('what distinguishes them from others, on %s', (adapter) => {
  const before = SIGNERS.HS256;
  const now = SIGNERS.EdDSA;
  const until = (NOW + 3_600) * 1000;
  const adopt = { ...BEFORE, until: new Date(until), kid: 'before' };
  const jwt: Partial<AuthModuleOptions['jwt']> = {
    keys: [
      { ...now.key, kid: 'now' },
      { ...before.key, kid: 'before' },
    ],
    clockTolerance: '300s',
    adopt: {
      ...adopt,
      // Written for access tokens alone: others have no such list.
      isAccessToken: ({ scopes }) => Object(scopes).list.includes('api'),
    },
  };
  let target: Target;
  let claims: Readonly<Record<string, unknown>>;
  beforeAll(async () => {
    target = await startTarget({
      signer: before,
      adapter,
      adopted: true,
      jwt,
      auth: { oauth: { clients: [CLIENT] } },
    });
    claims = { ...target.claims, scopes: { list: ['api'] } };
    await expectAccepted(target.app, target.remake({ claims }));
  });
  afterEach(() => vi.useRealTimers());
  afterAll(() => target.close());

  it('a callback that throws refuses the token, and does not fail the request', async () => {
    await expectRefused(target.app, target.token);
    await expectRefused(target.app, target.remake({ claims: { ...claims, scopes: null } }));
  });

  it('only the key that signed them, whether they name it or not, and no current key', async () => {
    const { app, header, remake } = target;
    await expectAccepted(app, remake({ header: { ...header, kid: 'before' }, claims }));
    const byToday = { alg: now.algorithm, typ: 'JWT' };
    for (const kid of ['now', undefined, 'before']) {
      await expectRefused(app, remake({ header: { ...byToday, kid }, claims, sign: now.sign }));
    }
  });

  it('they end at the date to the second, even if clocks differ', async () => {
    const { app, remake } = target;
    const token = remake({ claims: { ...claims, exp: NOW + 86_400 } });
    vi.useFakeTimers({ toFake: ['Date'], now: until - 1_000 });
    await expectAccepted(app, token);
    vi.setSystemTime(until);
    await expectRefused(app, token, 'token_expired');
  });

  it('introspection shows no issuer, as the token had none', async () => {
    const { body } = await send(`${target.app.url}/oauth/introspect`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`${CLIENT.id}:${CLIENT.secret}`)}` },
      body: new URLSearchParams({ token: target.remake({ claims }) }),
    });
    expect(body).toMatchObject({ active: true, sub: String(claims['sub']) });
    expect(body).not.toHaveProperty('iss');
    expect(body).not.toHaveProperty('aud');
  });
});
