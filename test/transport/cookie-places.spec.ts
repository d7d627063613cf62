/** Where a browser may keep a cookie of earlier options. */
import { describe, expect, it } from 'vitest';
import { type FormerPlace, placesOf } from '../../lib/transport/cookie-places.js';

const NAME = '__Secure-refresh';
const HERE = { path: '/auth', partitioned: false };

function places(
  host: string | undefined,
  {
    name = NAME,
    current = HERE,
    former = [],
  }: { name?: string; current?: object; former?: readonly FormerPlace[] } = {},
): string[] {
  const request = { headers: host === undefined ? {} : { host } };
  const given = { paths: ['/', '/auth/refresh'], former, request };
  return placesOf(name, { ...HERE, ...current }, given).map(
    ({ domain = '', path, partitioned }) => `${domain}${path}${partitioned ? ' partitioned' : ''}`,
  );
}
const everywhere = (...domains: string[]) =>
  ['', ...domains].flatMap((domain) => [`${domain}/auth`, `${domain}/`, `${domain}/auth/refresh`]);

describe('the places of a host', () => {
  it.each<[string | undefined, string[]]>([
    ['api.example.com', ['api.example.com', 'example.com']],
    ['API.Example.com:8443', ['api.example.com', 'example.com']],
    ['example.com', ['example.com']],
    ['a.b.c.d.e.example.com', ['d.e.example.com', 'e.example.com', 'example.com']],
    ['localhost:3000', []],
    ['127.0.0.1:3000', []],
    ['[::1]:3000', []],
    ['example.com.', []],
    ['', []],
    [undefined, []],
    ['a.example.com; Path=/x', []],
    ['a.example.com\r\nSet-Cookie: x', []],
    ['a_b.example.com', []],
    ['-a.example.com', []],
    ['a-.example.com', []],
    ['api.example-', []],
    [`${'a'.repeat(64)}.example.com`, []],
    [`${'a'.repeat(63)}.example`, [`${'a'.repeat(63)}.example`]],
    ['a--b.example', ['a--b.example']],
    ['a..example', []],
    ['.example.com', []],
    [`${'a.'.repeat(200)}com`, []],
  ])('%j', (host, domains) => {
    const found = places(host);
    if (host?.startsWith('a.b.c')) {
      // Few enough for the header of a response.
      expect(found).toHaveLength(3 * 5);
      expect(found).toEqual(expect.arrayContaining(everywhere(...domains)));
    } else expect(found.toSorted()).toEqual(everywhere(...domains).toSorted());
    expect(found[0]).toBe('/auth');
  });

  it('a __Host- cookie has one', () => {
    const name = '__Host-refresh';
    expect(places('api.example.com', { name, current: { path: '/' } })).toEqual(['/']);
    const former = [{ domain: 'example.com', partitioned: true }];
    expect(places('api.example.com', { name, current: { path: '/' }, former })).toEqual([
      '/',
      '/ partitioned',
    ]);
  });

  it('a partitioned one has one more, from before it was', () => {
    const found = places('localhost', { current: { partitioned: true } });
    expect(found).toEqual([
      '/auth partitioned',
      '/auth',
      '/ partitioned',
      '/auth/refresh partitioned',
    ]);
  });

  it('former ones come beside them: in the path that they name, or in each', () => {
    const former = [
      { domain: 'example.org', path: '/old', partitioned: false },
      { domain: 'example.net', partitioned: false },
    ];
    const found = places('localhost', { former });
    expect(found.toSorted()).toEqual([...everywhere('example.net'), 'example.org/old'].toSorted());
  });
});
