/** JSON that parsers disagree on, signed with the real key: none of it lets more in, and none of it breaks anything. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withMember } from '../support/tokens.js';
import { FAMILIES, newSigners } from './support/signers.js';
import { expectAccepted, expectRefused, startTarget, type Target } from './support/target.js';

const SIGNERS = newSigners();
const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);

const reversed = (object: object) => Object.fromEntries(Object.entries(object).toReversed());
const twice = (object: object, name: string, json: string) =>
  JSON.stringify(object).replace(/\}$/, `,"${name}":${json}}`);

/** Changes to the text of an object that leave no object, or no JSON. */
const NO_OBJECT: Record<string, (text: string) => string> = {
  nothing: () => '',
  null: () => 'null',
  true: () => 'true',
  'a number': () => '7',
  'a text': () => '"text"',
  'its own text as text': (text) => JSON.stringify(text),
  'a list': () => '[]',
  'itself in a list': (text) => `[${text}]`,
  'itself twice': (text) => text + text,
  'something after it': (text) => `${text}x`,
  'a zero byte after it': (text) => `${text}\0`,
  'a byte order mark before it': (text) => `\ufeff${text}`,
  'a comma too many': (text) => `${text.slice(0, -1)},}`,
  'no end': (text) => text.slice(0, -1),
  'a comment': (text) => `${text}//`,
  'single quotes': (text) => text.replaceAll('"', "'"),
  'names without quotes': (text) => text.replaceAll(/"(\w+)":/g, '$1:'),
  'a prefix against inclusion': (text) => `)]}'\n${text}`,
  'a line break in a text': (text) => text.replace(':"', ':"\n'),
  'lists in lists': () => nested(2_900),
  'an empty object': () => '{}',
};

/** What a kind of token consists of: the names of what it needs, and what is wrong there. */
const KINDS = {
  own: {
    header: { typ: '"JWT"', kid: '"another"' },
    claims: { jti: 'null', roles: '"admin"' },
    needed: { header: ['alg', 'typ'], claims: ['jti', 'roles', 'ver', 'born'] },
  },
  // From before the library came; without `typ` it is one too.
  adopted: {
    header: { typ: '"at+jwt"' },
    claims: { type: '"refresh"', iat: 'true' },
    needed: { header: ['alg'], claims: ['aud', 'type'] },
  },
};

describe.each([
  ...FAMILIES.map((family) => ['fastify', family, 'own'] as const),
  ['express', 'HS256', 'adopted'] as const,
  ['fastify', 'EdDSA', 'adopted'] as const,
])('on %s, %s, %s', (adapter, family, kind) => {
  const parts = KINDS[kind];
  let target: Target;
  beforeAll(async () => {
    const adopted = kind === 'adopted';
    target = await startTarget({ signer: SIGNERS[family], adapter, adopted });
  });
  afterAll(() => target.close());

  it.each(Object.entries(NO_OBJECT))('%s: no header, and no payload', async (_, change) => {
    const { app, header, claims, remake } = target;
    await expectRefused(app, remake({ header: change(JSON.stringify(header)) }));
    await expectRefused(app, remake({ claims: change(JSON.stringify(claims)) }));
  });

  it('white space, escapes and another order are JSON too', async () => {
    const { app, header, claims, remake } = target;
    await expectAccepted(
      app,
      remake({
        header: `\r\n\t ${JSON.stringify(reversed(header), undefined, 1)}\n`,
        claims: ` ${JSON.stringify(reversed(claims)).replace('"iss"', '"\\u0069ss"')}\n`,
      }),
    );
  });

  describe('two members with one name: the last counts, for each part of the path', () => {
    it.each([['alg', '"none"'], ['\\u0061lg', '"none"'], ...Object.entries(parts.header)])(
      'header %s',
      async (name, json) => {
        const { app, header, remake } = target;
        await expectRefused(app, remake({ header: twice(header, name, json) }));
        const first = JSON.stringify(header).replace('{', `{"${name}":${json},`);
        await expectAccepted(app, remake({ header: first }));
      },
    );

    it.each([
      ['iss', '"another"'],
      ['aud', '"another"'],
      ['\\u0073ub', '{}'],
      ['exp', '1e999'],
      ...Object.entries(parts.claims),
    ])('claim %s', async (name, json) => {
      const { app, claims, remake } = target;
      await expectRefused(app, remake({ claims: twice(claims, name, json) }));
      const first = JSON.stringify(claims).replace('{', `{"${name}":${json},`);
      await expectAccepted(app, remake({ claims: first }));
    });
  });

  it.each([
    ['__proto__', '{"roles":["admin"],"sub":"2","kid":"another","crit":["x"]}'],
    ['constructor', '{"prototype":{"roles":["admin"]}}'],
    ['prototype', '{"roles":["admin"]}'],
    ['toString', '1'],
    ['hasOwnProperty', 'null'],
    ['then', '{"then":1}'],
    ['toJSON', '{}'],
    ['', '1'],
    ['deep', nested(1_000)],
    ['large', '1e400'],
    ['text', '"\\ud800\\u0000"'],
  ])('a member %s that nobody asked for changes nothing', async (name, json) => {
    const { app, header, claims, remake } = target;
    const token = remake({
      header: withMember(header, name, json),
      claims: withMember(claims, name, json),
    });
    await expectAccepted(app, token);
    const known: object = (await app.whoami(target.token)).body;
    // Of one from before, it is a digest of all that was signed.
    const sessionId: unknown = kind === 'own' ? claims['sid'] : expect.stringMatching(/^adopted-/);
    expect((await app.whoami(token)).body).toEqual({ ...known, sessionId });
    expect((await app.get('admin', token)).status).toBe(403);
    expect(Reflect.get({}, 'roles')).toBeUndefined();
    expect(Reflect.get({}, 'kid')).toBeUndefined();
  });

  it('a member that is missing does not come from a prototype', async () => {
    const { app, header, claims, remake } = target;
    for (const name of parts.needed.header) {
      const { [name]: value, ...others } = header;
      const proto = JSON.stringify({ [name]: value });
      await expectRefused(app, remake({ header: withMember(others, '__proto__', proto) }));
    }
    for (const name of ['sub', 'exp', 'iss', ...parts.needed.claims]) {
      const { [name]: value, ...others } = claims;
      const proto = JSON.stringify({ [name]: value });
      await expectRefused(app, remake({ claims: withMember(others, '__proto__', proto) }));
    }
  });
});
