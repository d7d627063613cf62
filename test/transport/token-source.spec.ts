/** Where a token is looked for: in one place of a request, in linear time, before anything is decoded. */
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import { json } from 'node:stream/consumers';
import { ExtractJwt } from 'passport-jwt';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { TokenLocation } from 'nestjs-revocable-jwt';
import { Refusal } from '../../lib/decision/refusal.js';
import { extractToken } from '../../lib/transport/token-source.js';
import { type AuthApp, startAuthApp } from '../support/auth-app.js';
import { ADAPTERS } from '../support/http.js';

const COOKIE = '__Host-access';
const ANYWHERE: TokenLocation = { header: true, cookie: COOKIE, query: 'access_token' };

interface Sent {
  /** Names and values, one after the other, so that one name can stand twice. */
  readonly headers?: readonly string[];
  readonly query?: string;
}

/** As Node gives it to both adapters. */
function extracted({ headers: sent = [], query = '' }: Sent, from: TokenLocation): unknown {
  const headers: Record<string, string> = {};
  for (let index = 0; index < sent.length; index += 2) {
    const name = (sent[index] ?? '').toLowerCase();
    const value = sent[index + 1] ?? '';
    const before = headers[name];
    if (before === undefined) headers[name] = value;
    else if (name === 'cookie') headers[name] = `${before}; ${value}`;
  }
  const found = extractToken({ headers, rawHeaders: sent, url: `/x${query}` }, from);
  return found instanceof Refusal ? found.code : found;
}

describe('one token', () => {
  it.each<[string, Sent, TokenLocation, string]>([
    ['in the header', { headers: ['Authorization', 'Bearer t'] }, { header: true }, 't'],
    ['whatever the case', { headers: ['AUTHORIZATION', 'bEARER t'] }, { header: true }, 't'],
    [
      'after spaces',
      { headers: ['Authorization', `Bearer${' '.repeat(9)}t`] },
      { header: true },
      't',
    ],
    ['in the cookie', { headers: ['Cookie', `${COOKIE}=t`] }, { cookie: COOKIE }, 't'],
    [
      'among other cookies',
      { headers: ['Cookie', `a=1;${COOKIE}=t; x${COOKIE}=u; ${COOKIE}x=v`] },
      { cookie: COOKIE },
      't',
    ],
    ['behind spaces', { headers: ['Cookie', `a=1; \t ${COOKIE}=t`] }, { cookie: COOKIE }, 't'],
    ['in the query', { query: '?a=b&access_token=t&c' }, { query: 'access_token' }, 't'],
    ['in any place that is allowed', { query: '?access_token=t' }, ANYWHERE, 't'],
    [
      'beside another scheme',
      { headers: ['Authorization', 'Basic eDp5', 'Cookie', `${COOKIE}=t`] },
      ANYWHERE,
      't',
    ],
    ['as it stands there', { headers: ['Cookie', `${COOKIE}=%41"`] }, ANYWHERE, '%41"'],
  ])('%s', (_, sent, from, token) => {
    expect(extracted(sent, from)).toBe(token);
  });

  it.each<[string, Sent, TokenLocation]>([
    ['nowhere', {}, ANYWHERE],
    [
      'in the cookie, when the header counts',
      { headers: ['Cookie', `${COOKIE}=t`] },
      { header: true },
    ],
    [
      'in the header, when the cookie counts',
      { headers: ['Authorization', 'Bearer t'] },
      { cookie: COOKIE },
    ],
    ['in the query, unasked', { query: '?access_token=t' }, { header: true, cookie: COOKIE }],
    ['under another name', { query: '?token=t' }, ANYWHERE],
    ['in the path', { query: '/access_token=t' }, ANYWHERE],
    ['with another scheme', { headers: ['Authorization', 'JWT t'] }, ANYWHERE],
    ['without a scheme', { headers: ['Authorization', 'a.b.c'] }, ANYWHERE],
    ['with a scheme alone', { headers: ['Authorization', 'Bearer'] }, ANYWHERE],
    ...['\t', '\u00a0', '\u000b', '\u0085', '\u2003', '\ufeff', '%20', '+', ','].map(
      (letter): [string, Sent, TokenLocation] => [
        `after ${JSON.stringify(letter)} and no space`,
        { headers: ['Authorization', `Bearer${letter}t`] },
        ANYWHERE,
      ],
    ),
    ['in a name that only ends alike', { headers: ['Cookie', `x${COOKIE}=t`] }, ANYWHERE],
    ['in a name in other letters', { headers: ['Cookie', `${COOKIE.toLowerCase()}=t`] }, ANYWHERE],
    // For browsers these have no prefix: any host of the domain can set them.
    ...['\u00a0', '\u0085', '\u000b', '\u000c', '\u00ad', '\u2003', '\ufeff', '"', '='].map(
      (letter): [string, Sent, TokenLocation] => [
        `behind ${JSON.stringify(letter)}`,
        { headers: ['Cookie', `a=b; ${letter}${COOKIE}=t`] },
        ANYWHERE,
      ],
    ),
  ])('%s: token_missing', (_, sent, from) => {
    expect(extracted(sent, from)).toBe('token_missing');
  });
});

const bearer = (token: string) => ['Authorization', `Bearer ${token}`];
const places = {
  header: (token: string): Sent => ({ headers: bearer(token) }),
  cookie: (token: string): Sent => ({ headers: ['Cookie', `a=b; ${COOKIE}=${token}`] }),
  query: (token: string): Sent => ({ query: `access_token=${token}` }),
};

describe('two tokens', () => {
  const names = ['header', 'cookie', 'query'] as const;
  const pairs = names
    .flatMap((one) => names.map((other) => [one, other] as const))
    .filter((pair) => pair.some((place) => place !== 'cookie'));

  it.each(pairs)('in %s and %s are refused, also when they are the same', (one, other) => {
    for (const [first, second] of [
      ['good', 'bad'],
      ['bad', 'good'],
      ['good', 'good'],
      ['good', ''],
      ['', 'good'],
    ] as const) {
      const both = [places[one](first), places[other](second)];
      const headers = both.flatMap((sent) => sent.headers ?? []);
      const parameters = both.flatMap((sent) => sent.query ?? []);
      expect(extracted({ headers, query: `?${parameters.join('&')}` }, ANYWHERE)).toBe(
        'token_malformed',
      );
    }
  });

  it.each<[string, string, unknown]>([
    ['of two cookies, one may be of earlier options', 'a b', ['a', 'b']],
    ['of four too', 'a b c d', ['a', 'b', 'c', 'd']],
    ['twice the same is one', 'a a a a a a', 'a'],
    ['an empty one is one to try', 'a ', ['a', '']],
    ['of five, none is tried', 'a b c d e', 'token_malformed'],
  ])('%s', (_, values, expected) => {
    const cookie = values.split(' ').map((value) => `${COOKIE}=${value}`);
    expect(extracted({ headers: ['Cookie', cookie.join('; ')] }, ANYWHERE)).toEqual(expected);
    const headers = cookie.flatMap((pair) => ['Cookie', pair]);
    expect(extracted({ headers }, { cookie: COOKIE })).toEqual(expected);
    if (values === 'a a a a a a') return;
    const both = [...headers, ...bearer('t')];
    expect(extracted({ headers: both }, ANYWHERE)).toBe('token_malformed');
  });

  it('an Authorization header of any kind is accepted once only', () => {
    const two = ['Authorization', 'Basic eDp5', 'authorization', 'Bearer t'];
    for (const headers of [two, [...two.slice(2), ...two.slice(0, 2)]]) {
      expect(extracted({ headers }, { header: true })).toBe('token_malformed');
    }
  });
});

describe.each(ADAPTERS)('on %s', (adapter) => {
  let app: AuthApp;
  let token: string;
  beforeAll(async () => {
    app = await startAuthApp({ adapter, jwt: { from: ANYWHERE } });
    token = (await app.auth.signIn(await app.addPerson())).accessToken;
  });
  afterAll(() => app.close());

  /** With headers as they are given: `fetch` would join two of one name. */
  const ask = async (path: string, { headers = [], query = '' }: Sent) => {
    const request = httpRequest(`${app.url}/${path}${query}`, {
      headers: ['Host', new URL(app.url).host, ...headers],
    });
    request.end();
    const [response]: IncomingMessage[] = await once(request, 'response');
    if (response === undefined) throw new Error('No answer.');
    const body = await json(response);
    return { status: response.statusCode, body, challenge: response.headers['www-authenticate'] };
  };

  it.each(['whoami', 'passport'])('/%s accepts it in each place, and in no two', async (path) => {
    const good: readonly Sent[] = [
      { headers: bearer(token) },
      { headers: ['Cookie', `${COOKIE}=${token}`] },
      { query: `?access_token=${token}` },
    ];
    for (const sent of good) expect(await ask(path, sent)).toMatchObject({ status: 200 });
    for (const sent of [
      { headers: [...bearer(token), ...bearer('a.b.c')] },
      { headers: [...bearer('a.b.c'), ...bearer(token)] },
      { headers: [...bearer(token), 'Cookie', `${COOKIE}=${token}`] },
      { headers: bearer(token), query: `?access_token=${token}` },
      { query: `?access_token=${token}&access_token=a.b.c` },
    ]) {
      expect(await ask(path, sent)).toEqual({
        status: 401,
        body: {
          statusCode: 401,
          error: 'Unauthorized',
          code: 'token_malformed',
          message: 'The request carries more than one access token.',
        },
        challenge:
          'Bearer error="invalid_token", error_description="The request carries more than one access token."',
      });
    }
  });

  it.each(['whoami', 'passport'])(
    '/%s accepts one or more spaces after the scheme',
    async (path) => {
      for (const between of [' ', '  ', ' '.repeat(500)]) {
        const headers = ['Authorization', `bearer${between}${token}`];
        expect(await ask(path, { headers })).toMatchObject({ status: 200 });
      }
      for (const [between, code] of [
        ['\t', 'token_missing'],
        ['\t ', 'token_missing'],
        [' \t', 'token_malformed'],
        [' \u00a0', 'token_malformed'],
        ['\u00a0 ', 'token_missing'],
        [' a ', 'token_malformed'],
      ] as const) {
        const headers = ['Authorization', `Bearer${between}${token}`];
        expect(await ask(path, { headers })).toMatchObject({ status: 401, body: { code } });
      }
      const split = `${token.slice(0, 9)} ${token.slice(9)}`;
      expect(await ask(path, { headers: ['Authorization', `Bearer ${split}`] })).toMatchObject({
        status: 401,
        body: { code: 'token_malformed' },
      });
    },
  );

  // What they cost is measured in `test/hostile/long-headers.spec.ts`.
  it('twenty requests with 15,000 characters are refused, the answer does not repeat them, and a good one among them is accepted', async () => {
    const long = { headers: bearer('x'.repeat(15_000)) };
    const asked = ['whoami', 'passport'].flatMap((path) =>
      Array.from({ length: 10 }, () => ask(path, long)),
    );
    const good = ask('whoami', { headers: bearer(token) });
    expect(await good).toMatchObject({ status: 200 });
    for (const answer of await Promise.all(asked)) {
      expect(answer).toMatchObject({ status: 401, body: { code: 'token_malformed' } });
      expect(JSON.stringify(answer)).not.toContain('xxxx');
    }
  });
});

describe('the work on a header that is too long', () => {
  const long: readonly [string, Sent][] = [
    ['no space', { headers: ['Authorization', 'x'.repeat(15_000)] }],
    ['no dot', { headers: ['Authorization', `Bearer ${'x'.repeat(15_000)}`] }],
    ['only dots', { headers: ['Authorization', `Bearer ${'.'.repeat(15_000)}`] }],
    ['only spaces', { headers: ['Authorization', ' '.repeat(15_000)] }],
    ['cookies without a name', { headers: ['Cookie', ';'.repeat(15_000)] }],
    ['cookies with half a name', { headers: ['Cookie', `${COOKIE};`.repeat(1_000)] }],
    ['a cookie often', { headers: ['Cookie', `${COOKIE}=a;`.repeat(1_000)] }],
    ['a parameter often', { query: `?${'access_token=a&'.repeat(1_000)}` }],
    ['escapes', { query: `?${'%61'.repeat(5_000)}` }],
  ];

  it.each(long)('%s: nothing is parsed or hashed', (_, sent) => {
    const parse = vi.spyOn(JSON, 'parse');
    const decode = vi.spyOn(Buffer, 'from');
    try {
      extracted(sent, ANYWHERE);
      expect(parse).not.toHaveBeenCalled();
      expect(decode).not.toHaveBeenCalled();
    } finally {
      parse.mockRestore();
      decode.mockRestore();
    }
  });

  it('all of them cost less, a hundred times over, than the first costs passport-jwt once', () => {
    const [[, first] = ['', {}]] = long;
    const theirs = cpuOf(() =>
      ExtractJwt.fromAuthHeaderAsBearerToken()(
        Object.assign(Object.create(null), { headers: { authorization: first.headers?.[1] } }),
      ),
    );
    const ours = cpuOf(() => {
      for (let time = 0; time < 100; time++) for (const [, sent] of long) extracted(sent, ANYWHERE);
    });
    expect(ours).toBeLessThan(theirs);
  });
});

/** Processor time in microseconds: what other processes do meanwhile is not in it. */
function cpuOf(work: () => unknown): number {
  const before = process.cpuUsage();
  work();
  return process.cpuUsage(before).user;
}
