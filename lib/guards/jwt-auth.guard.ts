import {
  type CanActivate,
  type ExecutionContext,
  Inject,
  Injectable,
  type Type,
} from '@nestjs/common';
import { admitted, foundFor } from '../transport/branded-principal.js';
import { Authenticator } from '../transport/authenticator.js';
import type { AuthRequest } from '../transport/auth-request.js';
import type { AccessRule } from '../decision/access.js';
import type { Principal } from '../decision/principal.js';
import { AuthenticationRefusedException, AuthException } from '../errors/auth.exceptions.js';
import { accessRuleOf } from './access-rule.js';
import { requireRecent } from './enforce.js';
import { httpRequestOf, writeHeaders } from '../transport/http-context.js';
import { namedGuard } from './named-guard.js';

/**
 * Lets in requests whose access token the decision accepts, and sets `request.user` to the
 * `Principal`. Obeys `@Public` and `@OptionalAuth`. Denies on every transport but HTTP.
 *
 * To change one step, extend it and override that step; each is protected and does one thing.
 */
@Injectable()
export class JwtAuthGuard implements CanActivate {
  constructor(@Inject(Authenticator) protected readonly authenticator: Authenticator) {}

  /**
   * This guard for another realm: `@UseGuards(JwtAuthGuard.for('admin-jwt'))`.
   * The same realm yields the same class. Of a subclass it makes the subclass's.
   */
  static for(realm: string): Type<JwtAuthGuard> {
    return namedGuard(this, realm);
  }

  /** The steps, in order. Answers at once where the authenticator does. */
  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const request = this.requestOf(context);
    if (request === undefined) return false;
    const rule = this.ruleOf(context);
    if (rule.mode === 'public') return true;
    try {
      const principal = this.authenticate(request, rule);
      // By its method: a promise of another library is no instance of this process's Promise, and
      // must not be taken for a principal.
      return 'then' in principal
        ? this.whenKnown(principal, request, rule, context)
        : this.admit(principal, request, rule);
    } catch (error) {
      return this.turnAway(error, request, rule, context);
    }
  }

  /**
   * The request to authenticate. `undefined` where there is none, as on RPC and WebSocket contexts:
   * the guard then denies, which Nest turns into the transport's own refusal.
   */
  protected requestOf(context: ExecutionContext): AuthRequest | undefined {
    return httpRequestOf(context);
  }

  /** Who may come in, out of the route's decorators. */
  protected ruleOf(context: ExecutionContext): AccessRule {
    return accessRuleOf(context.getClass(), context.getHandler());
  }

  /** Who makes the request; asked once per request, however many guards stand before the route. */
  protected authenticate(
    request: AuthRequest,
    { freshness }: AccessRule,
  ): Principal | Promise<Principal> {
    // For this request: an application that keeps principals and puts one on a later request must not get
    // past the decision with it.
    return (
      foundFor(request, this.authenticator) ?? this.authenticator.authenticate(request, freshness)
    );
  }

  /** Sets `request.user`. Throws an AuthException, or answers false, to turn away after all. */
  protected admit(principal: Principal, request: AuthRequest, rule: AccessRule): boolean {
    // Noted on the principal. Express's requests have so many properties that two more have V8 copy them all.
    admitted(principal, request);
    request.user = principal;
    this.demand(rule, principal);
    return true;
  }

  /** What the rule asks of who is authenticated: here, not too long ago. Throws an AuthException. */
  protected demand(rule: AccessRule, principal: Principal): void {
    requireRecent(rule, principal);
  }

  /**
   * Turns a refusal into the answer. On an optional route a refusal of the token means nobody; that
   * the auth state cannot be known (503) is never taken for that.
   */
  protected turnAway(
    error: unknown,
    request: AuthRequest,
    rule: AccessRule,
    context: ExecutionContext,
  ): boolean {
    if (rule.mode === 'optional' && error instanceof AuthenticationRefusedException) {
      request.user = undefined;
      return true;
    }
    // Here and not in the exception filter alone: an application's own catch-all filter goes before
    // the library's and knows nothing of the challenge that a 401 must carry (RFC 9110 §11.6.1).
    if (error instanceof AuthException && context.getType() === 'http') {
      writeHeaders(context, error);
    }
    throw error;
  }

  private async whenKnown(
    pending: Promise<Principal>,
    request: AuthRequest,
    rule: AccessRule,
    context: ExecutionContext,
  ): Promise<boolean> {
    try {
      return this.admit(await pending, request, rule);
    } catch (error) {
      return this.turnAway(error, request, rule, context);
    }
  }
}
