/** The cookies of one name in a request, whatever else is in it. */
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cookiesNamed } from '../../lib/transport/request-cookies.js';
import { type AuthApp, startAuthApp } from '../support/auth-app.js';
import { ADAPTERS, send } from '../support/http.js';

const NAME = '__Host-access';
const named = (cookie: string | string[] | undefined, name = NAME) =>
  cookiesNamed({ headers: { cookie } }, name);

/** What a header can carry: no control characters; and what a name or value ends with. */
const text = (excluded: string) =>
  fc
    .string({ unit: fc.constantFrom(...'abAB09_-.=", \t~%\u00a0\u00e9;') })
    .map((value) => [...value].filter((letter) => !excluded.includes(letter)).join(''));
const other = fc.tuple(text('; \t='), text(';')).map(([name, value]) => `x${name}=${value}`);

describe('the values of a name', () => {
  it('are found among all others, in order, each once, and not beyond the fifth', () =>
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            other,
            text(';').map((value) => ({ value })),
          ),
          { maxLength: 12 },
        ),
        fc.constantFrom(';', '; ', ';\t', ' ;  '),
        (pairs, between) => {
          const header = pairs
            .map((pair) => (typeof pair === 'string' ? pair : `${NAME}=${pair.value}`))
            .join(between);
          // What stands before a semicolon is of the value.
          const tail = between.startsWith(' ') ? ' ' : '';
          const last = pairs.length - 1;
          const values = pairs.flatMap((pair, index) =>
            typeof pair === 'string' ? [] : [pair.value + (index === last ? '' : tail)],
          );
          expect(named(header)).toEqual([...new Set(values)].slice(0, 5));
        },
      ),
    ));

  it('are found beside any other text, and never more than five', () =>
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (header) => {
        const found = named(`${header}; ${NAME}=t; ${header}`);
        expect(found).toContain('t');
        expect(found.length).toBeLessThanOrEqual(5);
      }),
    ));

  it('are none without such a header', () => {
    expect(named(undefined)).toEqual([]);
    expect(named(['a=b', `${NAME}=t`])).toEqual([]);
    expect(named(NAME)).toEqual([]);
    expect(named(`${NAME.toLowerCase()}=t`)).toEqual([]);
  });
});

describe.each(ADAPTERS)('a good one among hostile ones, on %s', (adapter) => {
  let app: AuthApp;
  let token: string;
  beforeAll(async () => {
    app = await startAuthApp({ adapter, jwt: { from: { cookie: NAME } } });
    token = (await app.auth.signIn(await app.addPerson())).accessToken;
  });
  afterAll(() => app.close());

  const ask = async (values: readonly string[], path: string) => {
    const cookie = values.map((value) => `${NAME}=${value}`).join('; ');
    return (await send(`${app.url}/${path}`, { headers: { cookie } })).status;
  };
  /** Close to tokens, and far from them. */
  const hostile = () =>
    fc.oneof(
      fc.string({ unit: fc.constantFrom(...'abAB09_-.="~%\u00a0\u00e9') }),
      fc.nat(token.length).map((at) => token.slice(0, at)),
      fc.nat(token.length - 1).map((at) => `${token.slice(0, at)}!${token.slice(at + 1)}`),
      fc.constantFrom(`${token}=`, `"${token}"`, 'a.b.c', '..', 'null', '__proto__'),
    );

  it.each(['whoami', 'passport'])('/%s accepts it in any place', async (path) => {
    await fc.assert(
      fc.asyncProperty(fc.array(hostile(), { maxLength: 3 }), fc.nat(3), async (others, where) => {
        const values = others.toSpliced(Math.min(where, others.length), 0, token);
        expect(await ask(values, path)).toBe(200);
        if (others.length > 0) {
          expect(
            await ask(
              others.filter((one) => one !== token),
              path,
            ),
          ).toBe(401);
        }
      }),
      { numRuns: 40 },
    );
  });
});
