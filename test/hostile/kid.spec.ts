/** `kid`, which anybody can write: it finds a key among those that there are, and does nothing else. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KeyOptions } from 'nestjs-revocable-jwt';
import { compact } from './support/compact.js';
import { hmac, newSigners, type Sign } from './support/signers.js';
import {
  expectAccepted,
  expectRefused,
  GUARDS,
  startTarget,
  type Target,
} from './support/target.js';

const { HS256: signer } = newSigners();

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

describe.each(['express', 'fastify'] as const)('on %s', (adapter) => {
  let target: Target;
  const current: KeyOptions = { ...signer.key, kid: 'current' };
  beforeAll(async () => {
    target = await startTarget({ signer, adapter, jwt: { keys: [current] } });
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
    const first = '{"alg":"HS256","typ":"at+jwt","kid":"current","kid":"other"}';
    const last = '{"alg":"HS256","typ":"at+jwt","kid":"other","kid":"current"}';
    await expectRefused(app, compact(first, claims, signer.sign));
    await expectAccepted(app, compact(last, claims, signer.sign));
  });
});

describe('a flood of ids that nobody knows', () => {
  it('asks the provider once, and nothing else is kept of it', async () => {
    let asked = 0;
    const keys = async (): Promise<KeyOptions[]> => {
      asked++;
      return [{ ...signer.key, kid: 'current' }];
    };
    const target = await startTarget({ signer, jwt: { keys } });
    const { app, header, claims } = target;
    try {
      expect(asked).toBe(1);
      const flood = Array.from({ length: 300 }, (_, index) =>
        compact({ ...header, kid: `unknown ${index}` }, claims, signer.sign),
      );
      await Promise.all(flood.slice(0, 150).map((token) => expectRefused(app, token)));
      for (const token of flood.slice(150)) await expectRefused(app, token);
      expect(asked).toBe(2);
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
      for (let time = 0; time < 20; time++) {
        const unknown = compact({ ...header, kid: `unknown ${time}` }, claims, signer.sign);
        for (const path of Object.values(GUARDS)) {
          const { status, body } = await app.get(path, unknown);
          expect([status, body.code]).toEqual([503, 'auth_unavailable']);
          expect(JSON.stringify(body)).not.toContain('vault');
        }
      }
      expect(asked).toBe(2);
      await expectAccepted(app, target.token);
      await expectRefused(app, compact(header, claims, hmac('HS256', 'x')));
    } finally {
      await target.close();
    }
  });
});
