/** Whether a request comes from a page of the application's own, by what browsers say. */
import { describe, expect, it } from 'vitest';
import { CrossSiteRequestException } from '../../lib/errors/auth.exceptions.js';
import { isSafe, Origins } from '../../lib/transport/origins.js';

type Headers = Readonly<Record<string, string | string[] | undefined>>;

const origins = new Origins(['https://app.example.net', 'http://127.0.0.1:5173']);
const host = 'api.example.com';

describe('comes from a page of the application', () => {
  it.each<[string, Headers]>([
    ['it says so', { host, 'sec-fetch-site': 'same-origin' }],
    ['the user made it', { host, 'sec-fetch-site': 'none' }],
    ['the origin is our host', { host, origin: 'https://api.example.com' }],
    ['whatever its case', { host: 'API.Example.com', origin: 'https://api.example.com' }],
    ['with its port', { host: 'api.example.com:8443', origin: 'https://api.example.com:8443' }],
    ['while developing', { host: 'localhost:3000', origin: 'http://localhost:3000' }],
    ['by its address', { host: '[::1]:3000', origin: 'http://[::1]:3000' }],
    ['it is trusted', { host, origin: 'https://app.example.net', 'sec-fetch-site': 'cross-site' }],
    ['it is trusted, says an old browser', { host, origin: 'http://127.0.0.1:5173' }],
  ])('%s', (_, headers) => {
    expect(() => origins.require({ headers })).not.toThrow();
  });
});

describe('does not', () => {
  it.each<[string, Headers]>([
    ['it says nothing', { host }],
    ['no host either', {}],
    ['another site', { host, 'sec-fetch-site': 'cross-site' }],
    ['another host of the site', { host, 'sec-fetch-site': 'same-site' }],
    ['the site is said twice', { host, 'sec-fetch-site': ['same-origin', 'cross-site'] }],
    ['the site is said twice in one', { host, 'sec-fetch-site': 'same-origin, cross-site' }],
    ['nothing is said of the site', { host, 'sec-fetch-site': '' }],
    [
      'the site is another one, whatever the origin',
      { host, 'sec-fetch-site': 'cross-site', origin: 'https://api.example.com' },
    ],
    ['no origin', { host, origin: 'null' }],
    ['an empty one', { host, origin: '' }],
    ['another origin', { host, origin: 'https://evil.example' }],
    ['ours on plain HTTP', { host, origin: 'http://api.example.com' }],
    ['ours on another port', { host, origin: 'https://api.example.com:8443' }],
    ['what begins like ours', { host, origin: 'https://api.example.com.evil.example' }],
    ['what ends like ours', { host, origin: 'https://evil-api.example.com' }],
    ['ours as a name', { host, origin: 'https://api.example.com@evil.example' }],
    ['ours after a name', { host, origin: 'https://evil.example@api.example.com' }],
    ['ours with a path', { host, origin: 'https://api.example.com/x' }],
    ['another scheme', { host, origin: 'ftp://api.example.com' }],
    ['what begins like a trusted one', { host, origin: 'https://app.example.net.evil.example' }],
    ['a trusted one on plain HTTP', { host, origin: 'http://app.example.net' }],
    ['two origins', { host, origin: ['https://app.example.net', 'https://evil.example'] }],
  ])('%s', (_, headers) => {
    expect(() => origins.require({ headers })).toThrow(CrossSiteRequestException);
  });
});

/** How the request itself came in, by the adapter and the proxies that it trusts. */
describe('without Sec-Fetch-Site, the scheme of the request counts too', () => {
  const secure = 'https://api.example.com';
  it.each<[boolean, string | undefined, string, string]>([
    [true, 'https', host, secure],
    [true, 'http', 'localhost:3000', 'http://localhost:3000'],
    [true, 'https', 'localhost:3000', 'https://localhost:3000'],
    [true, undefined, host, secure],
    [true, undefined, 'localhost:3000', 'http://localhost:3000'],
    // A page on plain HTTP is another origin, and one that anybody on the network can write.
    [false, 'https', host, 'http://api.example.com'],
    [false, 'https', 'localhost:3000', 'http://localhost:3000'],
    [false, 'http', 'localhost:3000', 'https://localhost:3000'],
    // TLS ends at a proxy that the application does not trust.
    [false, 'http', host, secure],
    // Browsers send secure cookies to no such host.
    [false, 'http', host, 'http://api.example.com'],
    [false, '', host, secure],
    [false, 'https, http', host, secure],
    [false, 'HTTPS', host, secure],
  ])('%s: by %s, to %s, from %s', (expected, protocol, named, origin) => {
    const request = {
      headers: { host: named, origin },
      ...(protocol !== undefined && { protocol }),
    };
    expect(origins.areOwn(request)).toBe(expected);
  });

  it('it does not matter if the browser sends the site, or the origin is trusted', () => {
    const own = { host, 'sec-fetch-site': 'same-origin', origin: 'http://api.example.com' };
    expect(origins.areOwn({ headers: own, protocol: 'https' })).toBe(true);
    const trusted = { host, origin: 'https://app.example.net' };
    expect(origins.areOwn({ headers: trusted, protocol: 'http' })).toBe(true);
  });
});

it.each([
  ['GET', true],
  ['HEAD', true],
  ['OPTIONS', true],
  ['POST', false],
  ['PUT', false],
  ['PATCH', false],
  ['DELETE', false],
  ['QUERY', false],
  ['get', false],
  [undefined, false],
])('%s changes nothing: %s', (method, expected) => {
  expect(isSafe({ headers: {}, ...(method === undefined ? {} : { method }) })).toBe(expected);
});
