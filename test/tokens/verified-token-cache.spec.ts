/** What is remembered of tokens that were verified: their claims, for as long as the keys are the same. */
import { createSecretKey, randomBytes, randomUUID } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { KeyService, type Principal } from 'nestjs-revocable-jwt';
import { Refusal } from '../../lib/decision/refusal.js';
import { AuthEvents } from '../../lib/events/auth-events.js';
import { type ClaimType, CustomClaims } from '../../lib/tokens/custom-claims.js';
import { KeyRing } from '../../lib/tokens/keys/key-ring.js';
import type { KeyMaterial } from '../../lib/tokens/keys/signature.js';
import type { KeySource } from '../../lib/tokens/keys/key-source.js';
import { KeyRefresh } from '../../lib/tokens/keys/key-refresh.js';
import { TokenVerifier } from '../../lib/tokens/token-verifier.js';
import { VerifiedTokenCache } from '../../lib/tokens/verified-token-cache.js';
import type { Loose } from '../support/problems-of.js';
import { startAuthApp } from '../support/auth-app.js';

const LIMITS = { maxEntries: 100, maxBytes: 1_000_000 };
const RULES = {
  issuer: 'https://api.example.com',
  audience: 'example-api',
  realm: 'jwt',
  toleranceSeconds: 10,
  longestLifeSeconds: 86_400,
  claims: undefined,
  policySet: 'set',
  stamps: [['ver', 'integer']] as const,
};

const newKey = (): KeyMaterial => {
  const secret = createSecretKey(randomBytes(32));
  return { kid: randomUUID(), algorithm: 'HS256', sign: secret, verify: secret };
};

/** The verifying half of an instance, whose signature checks are counted. */
function instance(limits = LIMITS, claims?: CustomClaims) {
  const rules = { ...RULES, claims };
  const ring = new KeyRing([newKey()]);
  const known = new VerifiedTokenCache(limits, ring);
  const keys: KeySource = {
    given: undefined,
    canChange: false,
    load: () => Promise.reject(new Error('There are no other keys.')),
  };
  const tokens = new TokenVerifier({
    ring,
    refresh: new KeyRefresh({
      ring,
      source: keys,
      events: new AuthEvents(),
      everyMs: 300_000,
      timeoutMs: 2_000,
    }),
    rules,
    deriveKeyFrom: [],
    reader: { read: () => Promise.reject(new Error('Nothing is read to verify a token.')) },
    policies: [],
    subjects: { databaseType: 'text', isRandom: false, canHold: () => true },
    cache: known,
  });
  let checks = 0;
  const count = () => {
    for (const { signature } of ring.keys) {
      const open = signature.open.bind(signature);
      signature.open = (...given) => {
        checks++;
        return open(...given);
      };
    }
  };
  count();
  return {
    ring,
    known,
    tokens,
    /** How many signatures were checked. */
    checks: () => checks,
    replaceKeys: (keysNow: readonly KeyMaterial[]) => {
      ring.replace(keysNow);
      count();
    },
    /** A token of now; with other claims where given. */
    sign: ({
      iat = Math.floor(Date.now() / 1000),
      ...claims
    }: { readonly iat?: number } & Loose = {}) => {
      const { issuer: iss, audience: aud, realm, policySet: pol } = RULES;
      const ids = { sub: 'alice', jti: randomUUID(), sid: randomUUID() };
      const times = { iat, exp: iat + 900, iat_ms: iat * 1000, auth_time: iat };
      const own = { iss, aud, realm, pol, ...ids, ...times, ver: 0, roles: ['user'], ...claims };
      return ring.signer(new Set())?.signature.sign(own) ?? '';
    },
  };
}

const codeOf = (outcome: unknown) => (outcome instanceof Refusal ? outcome.code : outcome);
const GOOD = expect.objectContaining({ claims: expect.objectContaining({ sub: 'alice' }) });

describe('a token that was verified', () => {
  beforeEach(() => vi.useFakeTimers({ toFake: ['Date'] }));
  afterEach(() => vi.useRealTimers());

  it('has its signature checked once', () => {
    const { tokens, checks, sign } = instance();
    const token = sign();
    for (let request = 0; request < 50; request++) expect(tokens.verify(token)).toEqual(GOOD);
    expect(checks()).toBe(1);
  });

  it('expires, to the second, like one that is seen for the first time', () => {
    const { tokens, sign } = instance();
    vi.setSystemTime(Math.ceil(Date.now() / 1000) * 1000);
    const token = sign();
    expect(tokens.verify(token)).toEqual(GOOD);
    vi.advanceTimersByTime((900 + 10) * 1000 - 1);
    expect(tokens.verify(token)).toEqual(GOOD);
    vi.advanceTimersByTime(1);
    expect(codeOf(tokens.verify(token))).toBe('token_expired');
    // Its revocation may.
    expect(tokens.verify(token, 'ignored')).toEqual(GOOD);
  });

  it.each(['nbf', 'iat'] as const)(
    'is still checked against its %s when the clock is set back',
    (claim) => {
      const { tokens, sign } = instance();
      const now = Math.floor(Date.now() / 1000);
      const token = sign({ [claim]: now });
      expect(tokens.verify(token)).toEqual(GOOD);
      vi.setSystemTime(Date.now() - 60_000);
      expect(codeOf(tokens.verify(token))).toBe('token_invalid');
    },
  );

  it('is verified again after the keys changed, and refused when its key is removed', () => {
    const { tokens, ring, checks, sign, replaceKeys } = instance();
    const token = sign();
    const before = ring.keys;
    expect(tokens.verify(token)).toEqual(GOOD);
    replaceKeys([newKey(), ...before]);
    expect(tokens.verify(token)).toEqual(GOOD);
    expect(checks()).toBe(2);
    replaceKeys([newKey()]);
    expect(tokens.verify(token)).not.toEqual(GOOD);
  });

  it('gives claims that no request can change for the next one', () => {
    const { tokens, sign } = instance();
    const token = sign({ permissions: ['read'] });
    for (let request = 0; request < 2; request++) {
      const verified = Object(tokens.verify(token));
      expect(() => verified.claims.roles.push('admin')).toThrow(TypeError);
      expect(() => verified.claims.permissions.push('write')).toThrow(TypeError);
      expect(() => Object.assign(verified.claims, { sub: 'root' })).toThrow(TypeError);
    }
    expect(tokens.verify(token)).toMatchObject({
      claims: { sub: 'alice', roles: ['user'], permissions: ['read'] },
    });
  });
});

const forged = (token: string) => `${token.slice(0, -8)}${'A'.repeat(8)}`;

describe('nothing is remembered', () => {
  const ago = Math.floor(Date.now() / 1000) - 1_000;
  it.each<[what: string, make: (sign: ReturnType<typeof instance>['sign']) => string]>([
    ['forged', (sign) => forged(sign())],
    ['for another audience', (sign) => sign({ aud: 'another' })],
    ['without a subject', (sign) => sign({ sub: undefined })],
    ['that has expired', (sign) => sign({ iat: ago, exp: ago + 1 })],
    ['from the future', (sign) => sign({ nbf: ago + 2_000 })],
  ])('of a token %s', (_what, make) => {
    const { tokens, known, checks, sign } = instance();
    const token = make(sign);
    for (let time = 0; time < 2; time++) expect(tokens.verify(token)).toBeInstanceOf(Refusal);
    expect(known.get(token)).toBeUndefined();
    expect(checks()).toBe(2);
  });

  it('of a token that is accepted although it may have expired', () => {
    const { tokens, known, sign } = instance();
    const token = sign({ iat: ago, exp: ago + 1 });
    expect(tokens.verify(token, 'ignored')).toEqual(GOOD);
    expect(known.get(token)).toBeUndefined();
  });
});

it('tokens that differ in one letter, at any place, are not confused', () => {
  const { tokens, sign } = instance();
  const token = sign();
  expect(tokens.verify(token)).toEqual(GOOD);
  for (let at = 0; at < token.length; at++) {
    if (token[at] === '.') continue;
    const other = token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1);
    expect(tokens.verify(other), `letter ${at}`).not.toEqual(GOOD);
  }
  for (const other of [`${token}A`, token.slice(0, -1), `${token} `, ` ${token}`]) {
    expect(tokens.verify(other)).not.toEqual(GOOD);
  }
});

it.each([undefined, null, 5, {}, ['a']])('a value that is not text is malformed: %s', (given) => {
  const { tokens } = instance();
  expect(Reflect.apply(tokens.verify, tokens, [given])).toMatchObject({ code: 'token_malformed' });
});

/** One letter of it takes two bytes in memory, and so all of them do. */
const mixed = () => `\u017d${randomBytes(300).toString('hex')}`;

describe('a flood of good tokens', () => {
  it.each([
    ['the number of entries', { maxEntries: 50, maxBytes: 1_000_000_000 }, 50],
    // A token of the length below counts for at least twice its text.
    ['their bytes', { maxEntries: 1_000_000, maxBytes: 65_536 }, 65_536 / 1_000],
  ])('does not outgrow %s, and the last one is remembered', (_limit, limits, most) => {
    const { tokens, known, sign } = instance(limits);
    const flood = Array.from({ length: 500 }, () => sign());
    expect(flood[0]?.length).toBeGreaterThan(500);
    for (const token of flood) expect(tokens.verify(token)).toEqual(GOOD);
    const left = flood.filter((token) => known.get(token) !== undefined);
    expect(left.length).toBeLessThanOrEqual(most);
    expect(left).toContain(flood.at(-1));
  });

  it.each<[what: string, many: number, type: ClaimType, make: () => unknown]>([
    ['no claim of its own', 0, 'string', randomUUID],
    ['one text', 1, 'string', randomUUID],
    ['one long text with a letter that is not of Latin', 1, 'string', mixed],
    ['four short texts', 4, 'string', () => randomBytes(2).toString('hex')],
    ['five numbers', 5, 'number', () => Math.random()],
    ['five lists of two', 5, 'string[]', () => [randomUUID(), randomUUID()]],
    ['twelve short texts', 12, 'string', () => randomBytes(2).toString('hex')],
    ['thirty texts', 30, 'string', randomUUID],
    ['thirty empty lists', 30, 'string[]', () => []],
  ])('takes no more memory than its limit if its tokens have %s', (_what, many, type, make) => {
    setFlagsFromString('--expose-gc');
    const collect: () => void = runInNewContext('gc');
    const names = Array.from({ length: many }, (_none, index) => `c${index}`);
    const own = new CustomClaims(
      'https://shop.example/',
      Object.fromEntries(names.map((name) => [name, type])),
    );
    const maxBytes = 4 * 1_024 ** 2;
    const limits = { maxEntries: 5_000, maxBytes };
    const keep = ({ tokens, sign }: ReturnType<typeof instance>) => {
      const token = sign(Object.fromEntries(names.map((name) => [own.namespace + name, make()])));
      expect(tokens.verify(token)).toEqual(GOOD);
      return token;
    };
    // What is made once, whatever is remembered.
    const other = instance(limits, own);
    for (let time = 0; time < 500; time++) keep(other);
    const measured = instance(limits, own);
    collect();
    const before = process.memoryUsage().heapUsed;
    let last = '';
    for (let time = 0; time < 3_000; time++) last = keep(measured);
    collect();
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(maxBytes);
    expect(measured.known.get(last)).toBeDefined();
  });

  it('does not keep the headers that the tokens came in', () => {
    setFlagsFromString('--expose-gc');
    const collect: () => void = runInNewContext('gc');
    const { tokens, sign } = instance();
    collect();
    const before = process.memoryUsage().heapUsed;
    for (let request = 0; request < 100; request++) {
      const cookies = `access=${sign()}; ${'x'.repeat(500_000)}`;
      expect(tokens.verify(cookies.slice('access='.length, cookies.indexOf(';')))).toEqual(GOOD);
    }
    collect();
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(10_000_000);
  });
});

describe('in an application, a token in use', () => {
  it('is refused once its key is withdrawn, or the keys are others', async () => {
    const app = await startAuthApp();
    try {
      const keys = app.app.get(KeyService);
      const [{ kid } = { kid: '' }] = keys.list();
      const { accessToken } = await app.auth.signIn(await app.addPerson());
      for (const path of ['whoami', 'passport']) {
        expect((await app.get(path, accessToken)).status).toBe(200);
      }
      await keys.withdraw(kid);
      for (const path of ['whoami', 'passport']) {
        const answer = await app.get(path, accessToken);
        expect(answer).toMatchObject({ status: 401, body: { code: 'token_revoked' } });
      }
      keys.replace([{ secret: randomBytes(32) }]);
      expect(await app.whoami(accessToken)).toMatchObject({
        status: 401,
        body: { code: 'token_invalid' },
      });
    } finally {
      await app.close();
    }
  });

  it('is verified at each request if its key is derived from the row', async () => {
    const app = await startAuthApp({
      jwt: { deriveKeyFrom: ['passwordHash'], verifiedTokenCache: { maxEntries: 10 } },
    });
    try {
      const person = await app.addPerson();
      const { accessToken } = await app.auth.signIn(person);
      expect((await app.whoami(accessToken)).status).toBe(200);
      await app.dataSource.getRepository('Person').update(person.id, { passwordHash: 'other' });
      expect(await app.whoami(accessToken)).toMatchObject({
        status: 401,
        body: { code: 'credentials_changed' },
      });
    } finally {
      await app.close();
    }
  });

  it('that is not text is refused as malformed', async () => {
    const app = await startAuthApp();
    try {
      for (const given of [undefined, 5, {}]) {
        const pending: unknown = Reflect.apply(app.auth.authenticate, app.auth, [given]);
        await expect(pending).rejects.toMatchObject({ status: 401, code: 'token_malformed' });
      }
    } finally {
      await app.close();
    }
  });

  it('gives each request its own principal', async () => {
    const app = await startAuthApp();
    try {
      const { accessToken } = await app.auth.signIn(await app.addPerson());
      const principals = new Set<Principal>();
      for (let request = 0; request < 3; request++) {
        principals.add(await app.auth.authenticate(accessToken));
      }
      expect(principals.size).toBe(3);
    } finally {
      await app.close();
    }
  });
});
