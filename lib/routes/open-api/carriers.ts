import type { CookieSettings } from '../../transport/cookie.settings.js';
import { allowsBodies, type TokenLocation } from '../../transport/token-location.settings.js';
import { object, REFRESH_BODY, type Schema, TOKEN_PAIR } from './schemas.js';

/** What carries the tokens of a realm. */
export interface TokenCarriers {
  readonly from: TokenLocation;
  readonly cookies: Pick<CookieSettings, 'refresh'>;
}

/** The names of security schemes, as an application declares them with `DocumentBuilder`. */
export type Scheme = 'bearer' | 'header' | 'cookie' | 'query' | 'refresh';

/** Where an access token may be. One of them is enough. */
export function accessSchemes({ from }: TokenCarriers): readonly Scheme[] {
  return [
    ...(from.header === true ? (['bearer'] as const) : []),
    ...(typeof from.header === 'string' ? (['header'] as const) : []),
    ...(from.cookie === undefined ? [] : (['cookie'] as const)),
    ...(from.query === undefined ? [] : (['query'] as const)),
  ];
}

/** Whether a cookie carries any token. */
export function usesCookies({ from, cookies }: TokenCarriers): boolean {
  return from.cookie !== undefined || cookies.refresh !== undefined;
}

/** Whether a refresh may be answered with cookies. Then it must come from a page of the application. */
export function allowsCookies({ from, cookies }: TokenCarriers): boolean {
  return cookies.refresh !== undefined || !allowsBodies(from);
}

/** What a refresh takes; `undefined`: no body, because the cookie carries the token. */
export function refreshBody(carriers: TokenCarriers): Schema | undefined {
  if (carriers.cookies.refresh === undefined) return REFRESH_BODY;
  return allowsBodies(carriers.from) ? object(REFRESH_BODY.properties ?? {}) : undefined;
}

/** What a refresh answers: a token that a cookie carries is not in the body. */
export function refreshAnswer(carriers: TokenCarriers): Schema {
  const inCookies = new Set([
    ...(carriers.from.cookie === undefined ? [] : ['accessToken']),
    ...(carriers.cookies.refresh === undefined ? [] : ['refreshToken']),
  ]);
  if (!allowsCookies(carriers)) return TOKEN_PAIR;
  const { properties = {} } = TOKEN_PAIR;
  const always = Object.keys(properties).filter((name) => !inCookies.has(name));
  const shown = allowsBodies(carriers.from) ? Object.keys(properties) : always;
  return {
    ...object(Object.fromEntries(shown.map((name) => [name, properties[name] ?? {}]))),
    required: always,
  };
}
