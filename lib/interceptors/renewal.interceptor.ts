import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { concatMap, type Observable } from 'rxjs';
import type { AuthService } from '../auth/auth.service.js';
import type { RequestAuthenticator } from '../auth/request-authenticator.js';
import type { Principal } from '../decision/principal.js';
import { AuthUnavailableException } from '../errors/auth.exceptions.js';
import type { RenewalSettings } from '../tokens/token.settings.js';
import type { AuthRequest } from '../transport/auth-request.js';
import { authenticatorOf, principalOf } from '../transport/branded-principal.js';
import { isForgetful } from '../transport/forget-token.interceptor.js';
import type { ResponseHeaders } from '../transport/response-headers.js';
import type { TokenLocation } from '../transport/token-location.js';
import { cameInCookie } from '../transport/token-source.js';
import { requestOf, responseHeadersOf } from '../transport/transports.js';

export interface RenewalInterceptorParts {
  readonly auth: AuthService;
  readonly authenticator: RequestAuthenticator;
  readonly renewal: RenewalSettings;
  readonly from: TokenLocation;
  readonly hasSessions: boolean;
}

/**
 * Renews short-lived tokens in use: a request with a token past a set share of its life is answered with a
 * fresh token of the same sign-in, in a response header or in the token cookie.
 *
 * After the handler and only on success, so that a request that ends its own session gets none.
 */
export class RenewalInterceptor implements NestInterceptor {
  constructor(private readonly parts: RenewalInterceptorParts) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const request = requestOf(context);
    const principal = principalOf(request);
    if (request === undefined || principal === undefined) return next.handle();
    if (!this.isDue(principal)) return next.handle();
    let asked = false;
    return next.handle().pipe(
      concatMap(async (value: unknown) => {
        if (!asked && !isForgetful(request)) {
          await this.renew(principal, request, responseHeadersOf(context));
        }
        asked = true;
        return value;
      }),
    );
  }

  /** Whether the principal is of this realm, and its token is old enough and can still be renewed. */
  private isDue(principal: Principal): boolean {
    const { authenticator, renewal, hasSessions } = this.parts;
    if (authenticatorOf(principal) !== authenticator) return false;
    const { iat, exp, auth_time } = principal.claims;
    // A session's end is in its row, and may have nothing to do with when it began.
    if (!hasSessions && exp >= auth_time + renewal.maxAgeSeconds) return false;
    return Date.now() / 1000 >= iat + renewal.after * (exp - iat);
  }

  private async renew(
    principal: Principal,
    request: AuthRequest,
    response: ResponseHeaders | undefined,
  ): Promise<void> {
    if (!response?.open || response.isError) return;
    const { auth, authenticator, renewal, from } = this.parts;
    try {
      const token = await auth.renew(principal);
      if (token === undefined || !response.open) return;
      // Back the way it came.
      if (cameInCookie(request, from)) {
        response.addCookies(authenticator.cookies.carrying(token));
      } else response.set(renewal.header, token.accessToken);
      response.forbidStoring();
    } catch (error) {
      // The request was served. Its token is still good, and the next request asks again.
      if (!(error instanceof AuthUnavailableException)) throw error;
    }
  }
}
