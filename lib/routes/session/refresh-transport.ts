import { Refusal } from '../../decision/refusal.js';
import {
  AuthenticationRefusedException,
  InvalidRequestException,
} from '../../errors/auth.exceptions.js';
import type { SessionService } from '../../sessions/session.service.js';
import type { TokenCookies, TokenTransport } from '../../transport/token-cookies.js';
import { isRecord } from '../../validation/records.js';
import type { RouteRequest } from '../route-request.js';
import { requestBodyOf, textOf } from './request-body.js';

/** Longer texts are refused without reading them. The refresh tokens of this library have 101 characters. */
export const LONGEST_REFRESH_TOKEN = 8_192;

/** Finds the refresh token of a request: in its cookie or in its body. The new pair goes back the same way. */
export class RefreshTransport {
  constructor(
    private readonly parts: {
      readonly cookies: TokenCookies;
      /** Whether tokens may also travel in bodies, for clients that are not browsers. */
      readonly bodies: boolean;
      readonly sessions: Pick<SessionService, 'oneOf'>;
    },
  ) {}

  get cookies(): TokenCookies {
    return this.parts.cookies;
  }

  /**
   * @throws InvalidRequestException, CrossSiteRequestException, AuthenticationRefusedException
   * @throws AuthUnavailableException (503) the database cannot say which of several cookies counts
   */
  async read(
    request: RouteRequest,
  ): Promise<{ readonly token: string; readonly transport: TokenTransport }> {
    const { cookies, bodies } = this.parts;
    const { carryRefresh } = cookies;
    if (bodies && (!carryRefresh || isSentInBody(request))) {
      return { token: tokenInBody(request), transport: 'body' };
    }
    // Even if the token is in the body: no other site may put a token into a visitor's browser.
    cookies.origins.require(request);
    const token = carryRefresh ? await this.tokenInCookie(request) : tokenInBody(request);
    return { token, transport: 'cookies' };
  }

  private async tokenInCookie(request: RouteRequest): Promise<string> {
    const { cookies, sessions } = this.parts;
    requestBodyOf(request.body, []);
    const found = cookies.refreshIn(request);
    if (found instanceof Refusal) {
      // Otherwise nobody would expire them: a sign-in at another path does not get them.
      throw new AuthenticationRefusedException(found, cookies.expiredRefresh(request));
    }
    const [first, ...others] = found;
    if (first === undefined) {
      const missing = new Refusal('token_missing', 'No refresh token was sent.');
      throw new AuthenticationRefusedException(missing);
    }
    if (others.length === 0) return first;
    try {
      return await sessions.oneOf(found);
    } catch (error) {
      // Tokens of several accounts: none is chosen, and the browser forgets them all.
      throw error instanceof AuthenticationRefusedException
        ? new AuthenticationRefusedException(error.refusal, cookies.expiredRefresh(request))
        : error;
    }
  }
}

function isSentInBody({ body }: RouteRequest): boolean {
  return isRecord(body) && Object.hasOwn(body, 'refreshToken');
}

function tokenInBody({ body }: RouteRequest): string {
  const token = textOf(
    requestBodyOf(body, ['refreshToken']),
    'refreshToken',
    LONGEST_REFRESH_TOKEN,
  );
  if (token === undefined) throw new InvalidRequestException('refreshToken is required.');
  return token;
}
