import {
  type CanActivate,
  type ExecutionContext,
  Inject,
  Injectable,
  type Type,
} from '@nestjs/common';
import type { AccessRule } from '../decision/access.js';
import type { Principal } from '../decision/principal.js';
import { AuthenticationRefusedException } from '../errors/auth.exceptions.js';
import { authToken, DEFAULT_REALM } from '../injection.js';
import type { AuthRequest } from '../transport/auth-request.js';
import { Authenticator } from '../transport/authenticator.js';
import { admitted, foundFor } from '../transport/branded-principal.js';
import type { AuthTransport } from '../transport/transport.js';
import { refusalIn, transportOf } from '../transport/transports.js';
import { accessRuleOf } from './access-rule.js';
import { requireRecent } from './enforce.js';

/**
 * Lets in requests whose access token is accepted, and sets `request.user` to the `Principal`. Obeys
 * `@Public` and `@OptionalAuth`. Denies if the library knows no {@link AuthTransport} for the request.
 *
 * To change one step, extend the guard and override that step. Each is protected and does one thing.
 */
@Injectable()
export class JwtAuthGuard implements CanActivate {
  constructor(@Inject(Authenticator) protected readonly authenticator: Authenticator) {}

  /**
   * This guard for another realm: `@UseGuards(JwtAuthGuard.for('admin-jwt'))`. The same realm yields the
   * same class. On a subclass, it yields a subclass of that.
   */
  static for(realm: string): Type<JwtAuthGuard> {
    return realm === DEFAULT_REALM ? this : guardFor(this, realm);
  }

  /** The steps, in order. Returns no promise if the authenticator returns none. */
  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const transport = transportOf(context);
    const request = transport?.requestOf(context);
    if (transport === undefined || request === undefined) return false;
    const rule = this.ruleOf(context);
    if (rule.mode === 'public') return true;
    try {
      const principal = this.authenticate(request, rule, transport);
      // Looks for the method, because a promise of another library may be no instance of Promise. It must not be
      // taken for a principal.
      return 'then' in principal
        ? this.whenKnown(principal, request, rule, context)
        : this.admit(principal, request, rule);
    } catch (error) {
      return this.turnAway(error, request, rule, context);
    }
  }

  /** The rule of the route, from its decorators. */
  protected ruleOf(context: ExecutionContext): AccessRule {
    return accessRuleOf(context.getClass(), context.getHandler());
  }

  /** The principal of the request. Asked once per request, however many guards stand before the route. */
  protected authenticate(
    request: AuthRequest,
    { freshness }: AccessRule,
    transport: AuthTransport,
  ): Principal | Promise<Principal> {
    // Only what was found for this request: an application that keeps a principal and puts it on a later
    // request must not get past the decision with it.
    return (
      foundFor(request, this.authenticator) ??
      this.authenticator.authenticate(request, freshness, transport)
    );
  }

  /** Sets `request.user`. To turn the request away after all, throw an AuthException or return false. */
  protected admit(principal: Principal, request: AuthRequest, rule: AccessRule): boolean {
    // Noted on the principal. Express's requests have so many properties that two more make V8 copy them all.
    admitted(principal, request);
    request.user = principal;
    this.demand(rule, principal);
    return true;
  }

  /** What the rule asks of the principal: here, a recent sign-in. Throws an AuthException. */
  protected demand(rule: AccessRule, principal: Principal): void {
    requireRecent(rule, principal);
  }

  /**
   * Turns a refusal into the answer. On an optional route, a refused token means that there is no user. A 503 never
   * means that, because the auth state is not known.
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
    throw refusalIn(context, error, this.authenticator);
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

const guards = new WeakMap<Type<JwtAuthGuard>, Map<string, Type<JwtAuthGuard>>>();

/**
 * The guard class of a realm, made once. Nest knows a guard by its class: with two classes for one realm,
 * a test that overrides one would miss the other.
 */
function guardFor(base: Type<JwtAuthGuard>, realm: string): Type<JwtAuthGuard> {
  let ofBase = guards.get(base);
  if (ofBase === undefined) guards.set(base, (ofBase = new Map()));
  let guard = ofBase.get(realm);
  if (guard === undefined) ofBase.set(realm, (guard = makeGuard(base, realm)));
  return guard;
}

function makeGuard(base: Type<JwtAuthGuard>, realm: string): Type<JwtAuthGuard> {
  @Injectable()
  class RealmGuard extends base {}
  // As a decorator on the first parameter would do it. The base keeps the only constructor.
  Inject(authToken(Authenticator, realm))(RealmGuard, undefined, 0);
  Object.defineProperty(RealmGuard, 'name', { value: `${base.name}(${realm})` });
  return RealmGuard;
}
