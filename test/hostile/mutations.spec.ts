/**
 * Every member of a token in every wrong way, signed with the real key: so it is the library that has to
 * refuse it, and not the signature. jsonwebtoken lets most of it pass.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  accountStatus,
  boundTo,
  CustomClaims,
  denylist,
  issuedAfter,
  latestSignIn,
  session,
  tokenVersion,
} from 'nestjs-revocable-jwt';
import { withMember } from '../support/tokens.js';
import {
  noStamp,
  otherStamps,
  WRONG_CUSTOM,
  WRONG_HEADERS,
  wrongClaims,
} from './support/mutations.js';
import { FAMILIES, type Family, newSigners } from './support/signers.js';
import {
  eachRefused,
  expectAccepted,
  expectRefused,
  startTarget,
  type Target,
} from './support/target.js';

const SIGNERS = newSigners();
const STAMPS = ['born', 'ver', 'gen', 'bnd'];
const NOW = Math.floor(Date.now() / 1000);
const CUSTOM = new CustomClaims('https://shop.example/', {
  tenant: 'string',
  seats: 'number',
  trial: 'boolean',
  groups: 'string[]',
});
const MODES = ['strict', 'tracked'] as const;

const CASES = FAMILIES.flatMap((family) => MODES.map((mode) => [family, mode] as const));
const nameOf = (family: Family, mode: (typeof MODES)[number]) => `${family}, ${mode}`;

const start = (family: Family, mode: (typeof MODES)[number]) =>
  startTarget({
    signer: SIGNERS[family],
    mode,
    // Over sockets once; the keys make no difference to them.
    adapter: family === 'HS256' ? 'express' : 'fastify',
    user: { latestSignIn: 'latestSignIn' },
    jwt: { claims: CUSTOM },
    auth: {
      policies: [
        accountStatus(),
        denylist(),
        session(),
        issuedAfter(),
        tokenVersion(),
        boundTo('passwordHash'),
        // Each sign-in changes the account, so that in tracked freshness no token speaks for itself.
        ...(mode === 'strict' ? [latestSignIn()] : []),
      ],
    },
  });

// All at once: in tracked freshness each takes its time.
const targets = new Map<string, Target>();
beforeAll(async () => {
  await Promise.all(CASES.map(async (each) => targets.set(nameOf(...each), await start(...each))));
});
afterAll(async () => {
  await Promise.all([...targets.values()].map((target) => target.close()));
});

describe.each(CASES)('%s, %s', (family, mode) => {
  let target: Target;
  beforeAll(() => {
    const started = targets.get(nameOf(family, mode));
    if (started === undefined) throw new Error('It was not started.');
    target = started;
  });

  it('a genuine token is accepted, and so is a copy that is written differently', async () => {
    const { app, token, header, claims, remake } = target;
    await expectAccepted(app, token);
    await expectAccepted(app, remake({}));
    await expectAccepted(app, remake({ header: withMember(header, 'typ', '"at\\u002bjwt"') }));
    // RFC 9068 §4: the prefix may be left out, and need not be.
    await expectAccepted(
      app,
      remake({ header: withMember(header, 'typ', '"application/at+jwt"') }),
    );
    await expectAccepted(app, remake({ header: withMember(header, 'kid', undefined) }));
    await expectAccepted(
      app,
      remake({ claims: withMember(claims, 'aud', '["another","example-api"]') }),
    );
    await expectAccepted(app, remake({ claims: withMember(claims, 'nbf', String(NOW)) }));
    // From before it was issued, and of a client that has another name now.
    await expectAccepted(app, remake({ claims: withMember(claims, 'client_id', undefined) }));
    await expectAccepted(app, remake({ claims: withMember(claims, 'client_id', '"mobile app"') }));
    await expectAccepted(app, remake({ claims: withMember(claims, 'unknown', '{"a":[]}') }));
  });

  it.each(Object.entries(WRONG_HEADERS))('header: %s', async (name, values) => {
    const { header, remake } = target;
    await eachRefused(target.app, values, (json) =>
      remake({ header: withMember(header, name, json) }),
    );
  });

  it.each(Object.keys(wrongClaims(0)))('claim: %s', async (name) => {
    const { claims, remake } = target;
    const { [name]: values = [] } = wrongClaims(Number(claims['iat']));
    await eachRefused(target.app, values, (json) =>
      remake({ claims: withMember(claims, name, json) }),
    );
  });

  it.each(mode === 'strict' ? [...STAMPS, 'lsi'] : STAMPS)('stamp: %s', async (name) => {
    const { claims, remake } = target;
    expect(claims[name]).toBeOneOf([expect.any(Number), expect.any(String)]);
    const make = (json: string | undefined) => remake({ claims: withMember(claims, name, json) });
    await eachRefused(target.app, noStamp(claims[name]), make);
    // In tracked freshness a token speaks for itself: of two values, the key says which one is true.
    if (mode === 'strict') await eachRefused(target.app, otherStamps(claims[name]), make, /^\w+$/);
    // Of other rules, as in a rolling deploy, it may lack one: what that means its policy says.
    const ofOthers = (json: string | undefined) =>
      remake({ claims: withMember({ ...claims, pol: 'another' }, name, json) });
    const [missing, ...others] = noStamp(claims[name]);
    await eachRefused(target.app, [missing], ofOthers, /^(?!token_invalid)\w+$/);
    await eachRefused(target.app, others, ofOthers);
  });

  it.each(Object.entries(WRONG_CUSTOM))('claim of the application: %s', async (name, values) => {
    const { claims, remake } = target;
    const full = CUSTOM.namespace + name;
    await expectAccepted(target.app, remake({ claims: withMember(claims, full, undefined) }));
    await eachRefused(target.app, values, (json) =>
      remake({ claims: withMember(claims, full, json) }),
    );
  });

  it('it has expired after its end, and is not valid before its beginning', async () => {
    const { app, claims, remake } = target;
    const at = (iat: number, exp: number) => ({
      ...claims,
      iat,
      exp,
      iat_ms: iat * 1000,
      auth_time: iat,
    });
    await expectRefused(app, remake({ claims: at(NOW - 100, NOW - 11) }), 'token_expired');
    await expectRefused(app, remake({ claims: at(0, 1) }), 'token_expired');
    // Ahead in every unit, so that nothing contradicts it: an hour, and a year.
    for (const ahead of [3_600, 365 * 86_400]) {
      const issued = { ...at(NOW + ahead, NOW + ahead + 60), auth_time: NOW };
      await expectRefused(app, remake({ claims: issued }));
    }
    await expectRefused(app, remake({ claims: at(NOW, NOW) }));
    await expectRefused(app, remake({ claims: at(NOW, NOW - 1) }));
    await expectRefused(app, remake({ claims: at(0, NOW + 60) }));
  });
});
