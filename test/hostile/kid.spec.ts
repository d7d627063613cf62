/** `kid`, which anybody can write: it finds a key among those that there are, and does nothing else. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KeyOptions } from 'nestjs-revocable-jwt';
import { compact } from '../support/tokens.js';
import { hmac, newSigner, type Sign } from './support/signers.js';
import {
  expectAccepted,
  expectRefused,
  GUARDS,
  startTarget,
  type Target,
} from './support/target.js';

const signer = newSigner('HS256');

/** What other implementations were talked into reading as an empty or a known secret. */
const GUESSES: Sign[] = ['', '\0', 'null', 'secret', '-1'].map((text) => hmac('HS256', text));

const KIDS: [what: string, kid: unknown][] = [
  ['a path out of the keys', '../../../../../../dev/null'],
  ['a path', '/dev/null'],
  ['a path on Windows', '..\\..\\NUL'],
  ['a path with a zero byte', '/dev/null\0.pem'],
  ['an address', 'file:///dev/null'],
  ['SQL that selects a secret', "x' UNION SELECT 'secret' -- "],
  ['SQL that is always true', "' OR '1'='1"],
  ['a command', '| sleep 5'],
  ['a template', '${7*7}{{7*7}}<%= 7*7 %>'],
  ['a search of LDAP', '*)(uid=*'],
  ['__proto__', '__proto__'],
  ['constructor', 'constructor'],
  ['toString', 'toString'],
  ['hasOwnProperty', 'hasOwnProperty'],
  ['nothing', ''],
  ['a space', ' '],
  ['the right one with a space', 'current '],
  ['the right one in capitals', 'CURRENT'],
  ['the right one with letters that look alike', 'сurrent'],
  ['the right one with a zero byte', 'current\0'],
  ['the right one in a list', ['current']],
  ['the right one in an object', { kid: 'current' }],
  ['an object without text', { toString: null }],
  ['an object whose text is no function', { toString: 1, valueOf: 1 }],
  ['an object that claims a prototype', JSON.parse('{"__proto__":{"toString":"current"}}')],
  ['a number', 0],
  ['true', true],
  ['null', null],
  ['a huge text', 'k'.repeat(5_000)],
  ['a text that is no Unicode', '\ud800'],
  ['a list in lists', JSON.parse('['.repeat(2_000) + ']'.repeat(2_000))],
];

describe.each([
  ['express', false],
  ['fastify', false],
  ['express', true],
  ['fastify', true],
] as const)('on %s, of a token from before the library came: %s', (adapter, adopted) => {
  let target: Target;
  const current: KeyOptions = { ...signer.key, kid: 'current' };
  beforeAll(async () => {
    target = await startTarget({ signer, adapter, adopted, jwt: { keys: [current] } });
    await expectAccepted(target.app, target.token);
  });
  afterAll(() => target.close());

  it.each(KIDS)('%s', async (_, kid) => {
    const { app, header, claims } = target;
    for (const sign of [signer.sign, ...GUESSES]) {
      await expectRefused(app, compact({ ...header, kid }, claims, sign));
    }
  });

  it('twice in one header: the last counts, at both guards and in every part of the path', async () => {
    const { app, claims } = target;
    const typ = adopted ? 'JWT' : 'at+jwt';
    const first = `{"alg":"HS256","typ":"${typ}","kid":"current","kid":"other"}`;
    const last = `{"alg":"HS256","typ":"${typ}","kid":"other","kid":"current"}`;
    await expectRefused(app, compact(first, claims, signer.sign));
    await expectAccepted(app, compact(last, claims, signer.sign));
  });
});

describe('no id', () => {
  it('is that of the only key with its algorithm, and of no key if there are two', async () => {
    const pair: KeyOptions = { ...newSigner('EdDSA').key, kid: 'pair' };
    const one: KeyOptions = { ...signer.key, kid: 'one' };
    const two: KeyOptions = { ...newSigner('HS256').key, kid: 'two' };
    for (const [keys, expectOutcome] of [
      [[one, pair], expectAccepted],
      [[one, two, pair], expectRefused],
      [[one, pair, two], expectRefused],
    ] as const) {
      const target = await startTarget({ signer, jwt: { keys } });
      try {
        await expectAccepted(target.app, target.token);
        const { header, remake } = target;
        await expectOutcome(target.app, remake({ header: { ...header, kid: undefined } }));
      } finally {
        await target.close();
      }
    }
  });

  it('of a token of the library’s is not the id of those from before', async () => {
    const before: KeyOptions = { ...signer.key, kid: 'before' };
    const now = newSigner('EdDSA');
    const target = await startTarget({
      signer: now,
      jwt: {
        keys: [{ ...now.key, kid: 'now' }, before],
        adopt: {
          until: new Date(Date.now() + 3_600_000),
          kid: 'before',
          isAccessToken: ({ type }) => type === 'access',
        },
      },
    });
    try {
      const { header, remake } = target;
      await expectAccepted(target.app, remake({ header: { ...header, kid: undefined } }));
    } finally {
      await target.close();
    }
  });
});

describe('a flood of ids that nobody knows', () => {
  /** The provider is asked once in this time, so that a slow machine may see it asked again. */
  const PAUSE_MS = 10_000;
  const expectAskedOnce = (asked: number, began: number) => {
    expect(asked).toBeGreaterThanOrEqual(1);
    expect(asked).toBeLessThanOrEqual(Math.ceil((performance.now() - began) / PAUSE_MS));
  };

  it('asks the provider once, and stores nothing else', async () => {
    let asked = 0;
    const keys = async (): Promise<KeyOptions[]> => {
      asked++;
      return [{ ...signer.key, kid: 'current' }];
    };
    const target = await startTarget({ signer, jwt: { keys } });
    const { app, header, claims } = target;
    try {
      expect(asked).toBe(1);
      const began = performance.now();
      const flood = Array.from({ length: 300 }, (_, index) =>
        compact({ ...header, kid: `unknown ${index}` }, claims, signer.sign),
      );
      await Promise.all(flood.slice(0, 150).map((token) => expectRefused(app, token)));
      for (const token of flood.slice(150)) await expectRefused(app, token);
      expectAskedOnce(asked - 1, began);
      await expectAccepted(app, target.token);
    } finally {
      await target.close();
    }
  });

  it('while the provider fails it is 503 for ids that nobody knows, and for no others', async () => {
    let asked = 0;
    const keys = async (): Promise<KeyOptions[]> => {
      if (++asked > 1) throw new Error('the vault is sealed');
      return [{ ...signer.key, kid: 'current' }];
    };
    const target = await startTarget({ signer, jwt: { keys } });
    const { app, header, claims } = target;
    try {
      const began = performance.now();
      for (let time = 0; time < 20; time++) {
        const unknown = compact({ ...header, kid: `unknown ${time}` }, claims, signer.sign);
        for (const path of Object.values(GUARDS)) {
          const { status, body } = await app.get(path, unknown);
          expect([status, body.code]).toEqual([503, 'auth_unavailable']);
          expect(JSON.stringify(body)).not.toContain('vault');
        }
      }
      expectAskedOnce(asked - 1, began);
      await expectAccepted(app, target.token);
      await expectRefused(app, compact(header, claims, hmac('HS256', 'x')));
      // What is no text is no id: no key could have it, whatever the provider would say.
      for (const kid of [0, null, ['current'], { kid: 'current' }, { toString: null }]) {
        await expectRefused(app, compact({ ...header, kid }, claims, signer.sign));
      }
    } finally {
      await target.close();
    }
  });
});
