import {
  type CallHandler,
  type ExecutionContext,
  Logger,
  type NestInterceptor,
} from '@nestjs/common';
import 'reflect-metadata';
import { concatMap, defer, type Observable, tap } from 'rxjs';
import type { AuthService } from '../auth/auth.service.js';
import type { RequestAuthenticator } from '../auth/request-authenticator.js';
import type { Principal } from '../decision/principal.js';
import { AuthUnavailableException } from '../errors/auth.exceptions.js';
import { TokenTooLongError } from '../errors/sign-in.errors.js';
import type { AuthEvents } from '../events/auth-events.js';
import type { IssuedToken } from '../tokens/token-issuer.js';
import type { RenewalSettings } from '../tokens/token.settings.js';
import type { AuthRequest, HttpResponse } from '../transport/auth-request.js';
import { authenticatorOf, principalOf } from '../transport/branded-principal.js';
import { isForgetful } from '../transport/forget-token.interceptor.js';
import { beforeHeaders, onceClosed } from '../transport/before-headers.js';
import { ResponseHeaders } from '../transport/response-headers.js';
import type { TokenLocation } from '../transport/token-location.settings.js';
import { cameInCookie } from '../transport/token-source.js';
import { transportOf } from '../transport/transports.js';
import { isWithdrawalOf } from './withdrawal.js';

/** The metadata with which Nest 11 and 12 mark a handler of server-sent events. */
const SSE_METADATA = '__sse__';

/**
 * Renews short-lived tokens in use: a request with a token past a set share of its life is answered with a
 * fresh token of the same sign-in, in a response header or in the token cookie.
 *
 * After the handler and only on success, so that a request that ends its own session gets none. A handler that
 * may send the response itself ends too late for that. Its token is made before the handler runs, and is sent unless
 * the handler fails or revokes the old one. Server-sent events carry none.
 */
export class RenewalInterceptor implements NestInterceptor {
  private readonly logger = new Logger('AuthModule');

  constructor(
    private readonly parts: {
      readonly auth: AuthService;
      readonly authenticator: RequestAuthenticator;
      readonly events: AuthEvents;
      readonly renewal: RenewalSettings;
      readonly from: TokenLocation;
      readonly hasSessions: boolean;
    },
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const transport = transportOf(context);
    const request = transport?.requestOf(context);
    const principal = principalOf(request);
    if (!transport || !request || !principal) return next.handle();
    if (!this.isDue(principal)) return next.handle();
    const response = transport.responseOf(context);
    if (response === undefined) return next.handle();
    // Nest sends the headers of events at once, even if an interceptor still waits.
    if (Reflect.hasMetadata(SSE_METADATA, context.getHandler())) return next.handle();
    return transport.mayAnswerItself(context)
      ? this.before(next, { principal, request, response })
      : this.after(next, { principal, request, response });
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

  private after(next: CallHandler, { principal, request, response }: Due): Observable<unknown> {
    const headers = new ResponseHeaders(response);
    let asked = false;
    return next.handle().pipe(
      concatMap(async (value: unknown) => {
        const isWanted = !asked && !isForgetful(request) && headers.open && !headers.isError;
        asked = true;
        const token = isWanted ? await this.renewed(principal) : undefined;
        if (token === undefined || !headers.open) return value;
        const { cookies, header } = this.carried(token, request);
        headers.addCookies(cookies);
        for (const [name, text] of header) headers.set(name, text);
        return value;
      }),
    );
  }

  private before(next: CallHandler, { principal, request, response }: Due): Observable<unknown> {
    return defer(() => this.renewed(principal)).pipe(
      concatMap((token) => {
        if (token === undefined) return next.handle();
        let isCancelled = false;
        const cancel = () => {
          isCancelled = true;
        };
        const withdrawn = this.parts.events.stream.subscribe((event) => {
          if (isWithdrawalOf(principal, event)) cancel();
        });
        beforeHeaders(response, (raw, status) => {
          withdrawn.unsubscribe();
          if (isCancelled || status >= 400 || isForgetful(request)) return;
          const { cookies, header } = this.carried(token, request);
          for (const cookie of cookies) raw.appendHeader('Set-Cookie', cookie);
          for (const [name, text] of header) raw.setHeader(name, text);
        });
        onceClosed(response, () => withdrawn.unsubscribe());
        return next.handle().pipe(tap({ error: cancel }));
      }),
    );
  }

  /** `undefined`: it cannot be renewed. The request is served; its token is still good, and the next one asks again. */
  private async renewed(principal: Principal): Promise<IssuedToken | undefined> {
    try {
      return await this.parts.auth.renew(principal);
    } catch (error) {
      if (error instanceof AuthUnavailableException) return undefined;
      if (!(error instanceof TokenTooLongError)) throw error;
      // The account has more roles or permissions now. Its requests are served until the old token expires.
      this.logger.error(`A token was not renewed. ${error.message}`);
      return undefined;
    }
  }

  /** The new token goes back the way the old one came. RFC 6749 §5.1: no cache may keep a response with a token. */
  private carried(token: IssuedToken, request: AuthRequest): Carried {
    const { authenticator, renewal, from } = this.parts;
    const noStore = ['Cache-Control', 'no-store'] as const;
    return cameInCookie(request, from)
      ? { cookies: authenticator.cookies.carrying(token, request), header: [noStore] }
      : { cookies: [], header: [[renewal.header, token.accessToken], noStore] };
  }
}

/** A request whose token is to be renewed. */
interface Due {
  readonly principal: Principal;
  readonly request: AuthRequest;
  readonly response: HttpResponse;
}

/** How a response carries a renewed token. */
interface Carried {
  readonly cookies: readonly string[];
  readonly header: readonly (readonly [name: string, text: string])[];
}
