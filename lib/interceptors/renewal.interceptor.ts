import {
  type CallHandler,
  type ExecutionContext,
  Inject,
  Injectable,
  type NestInterceptor,
} from '@nestjs/common';
import { concatMap, type Observable } from 'rxjs';
import { AuthRuntime } from '../module/auth.runtime.js';
import { type AuthRequest, authenticatorOf } from '../transport/authenticator.js';
import type { Principal } from '../decision/principal.js';
import { AuthUnavailableException } from '../errors/auth.exceptions.js';
import { httpRequestOf } from '../transport/http-context.js';
import { principalOf } from '../transport/request-principal.js';
import { cameInCookie } from '../transport/token-extractor.js';
import { isForgetful } from '../transport/forget-token.interceptor.js';
import { ResponseHeaders } from '../transport/response-headers.js';

/**
 * Short life with renewal: a token that is used past a set share of its life is answered with a
 * fresh one of the same sign-in, in a response header or the token cookie.
 *
 * After the handler, so that a request that ends its own session gets none; and only on success.
 */
@Injectable()
export class RenewalInterceptor implements NestInterceptor {
  constructor(@Inject(AuthRuntime) private readonly runtime: AuthRuntime) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const request = httpRequestOf(context);
    const principal = principalOf(request);
    if (request === undefined || principal === undefined) return next.handle();
    if (!this.isDue(principal)) return next.handle();
    let asked = false;
    return next.handle().pipe(
      concatMap(async (value: unknown) => {
        if (!asked && !isForgetful(request)) {
          await this.renew(principal, request, ResponseHeaders.of(context));
        }
        asked = true;
        return value;
      }),
    );
  }

  /** Whether it is one of ours, old enough, and can still be prolonged. */
  private isDue(principal: Principal): boolean {
    const { renewal } = this.runtime.settings.tokens;
    if (renewal === undefined || authenticatorOf(principal) !== this.runtime.services.authenticator)
      return false;
    const { iat, exp, auth_time } = principal.claims;
    // A session's end is in its row, and may have nothing to do with when it began.
    const { sessions } = this.runtime.settings;
    if (sessions === undefined && exp >= auth_time + renewal.maxAgeSeconds) return false;
    return Date.now() / 1000 >= iat + renewal.after * (exp - iat);
  }

  private async renew(
    principal: Principal,
    request: AuthRequest,
    response: ResponseHeaders,
  ): Promise<void> {
    if (!response.open || response.isError) return;
    try {
      const token = await this.runtime.services.auth.renew(principal);
      if (token === undefined || !response.open) return;
      const { from, renewal } = this.runtime.settings.tokens;
      // Back the way it came.
      if (cameInCookie(request, from)) {
        response.addCookies(this.runtime.services.authenticator.cookies.carrying(token));
      } else response.set(renewal?.header ?? '', token.accessToken);
      response.forbidStoring();
    } catch (error) {
      // The request has been served; its token still lives, and the next one asks again.
      if (!(error instanceof AuthUnavailableException)) throw error;
    }
  }
}
