import { Refusal } from '../../decision/refusal.js';
import {
  AuthenticationRefusedException,
  InvalidRequestException,
} from '../../errors/auth.exceptions.js';
import type { TokenCookies, TokenTransport } from '../../transport/token-cookies.js';
import { isRecord } from '../../validation/records.js';
import type { RouteRequest } from '../route-request.js';
import { requestBodyOf, textOf } from './request-body.js';

/** Longer texts are refused unread; the refresh tokens of this library have 101 characters. */
const LONGEST_TOKEN = 8_192;

/** Finds the refresh token of a request: in its cookie or in its body. The new pair goes back the same way. */
export class RefreshTransport {
  constructor(
    private readonly parts: {
      readonly cookies: TokenCookies;
      /** Whether tokens may also travel in bodies: not every client is a browser. */
      readonly bodies: boolean;
    },
  ) {}

  get cookies(): TokenCookies {
    return this.parts.cookies;
  }

  /** @throws InvalidRequestException, CrossSiteRequestException, AuthenticationRefusedException */
  read(request: RouteRequest): { readonly token: string; readonly transport: TokenTransport } {
    const { cookies, bodies } = this.parts;
    const { carryRefresh } = cookies;
    if (bodies && (!carryRefresh || isSentInBody(request))) {
      return { token: tokenInBody(request), transport: 'body' };
    }
    // Even when the token is in the body: no other site may put a token into a visitor's browser.
    cookies.origins.require(request);
    const token = carryRefresh ? tokenInCookie(request, cookies) : tokenInBody(request);
    return { token, transport: 'cookies' };
  }
}

function isSentInBody({ body }: RouteRequest): boolean {
  return isRecord(body) && Object.hasOwn(body, 'refreshToken');
}

function tokenInBody({ body }: RouteRequest): string {
  const token = textOf(requestBodyOf(body, ['refreshToken']), 'refreshToken', LONGEST_TOKEN);
  if (token === undefined) throw new InvalidRequestException('refreshToken is required.');
  return token;
}

function tokenInCookie(request: RouteRequest, cookies: TokenCookies): string {
  requestBodyOf(request.body, []);
  const token =
    cookies.refreshIn(request) ?? new Refusal('token_missing', 'No refresh token was sent.');
  if (token instanceof Refusal) throw new AuthenticationRefusedException(token);
  return token;
}
