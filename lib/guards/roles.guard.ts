import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { AuthRequest } from '../transport/auth-request.js';
import type { AccessRule } from '../decision/access.js';
import { EnforcesRoles } from '../decorators/enforces-roles.decorator.js';
import { AuthException } from '../errors/auth.exceptions.js';
import { accessRuleOf } from './access-rule.js';
import { enforce } from './enforce.js';
import { httpRequestOf, writeHeaders } from '../transport/http-context.js';
import { principalOf } from '../transport/branded-principal.js';

/**
 * Enforces `@Roles`, `@AllRoles` and `@Permissions` on the principal that a guard before it found:
 * `@UseGuards(JwtAuthGuard, RolesGuard)`, or `AuthGuard('jwt')` of @nestjs/passport in place of the
 * first. Without one before it, it denies (401). Denies on every transport but HTTP.
 */
@EnforcesRoles()
@Injectable()
export class RolesGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = this.requestOf(context);
    if (request === undefined) return false;
    try {
      enforce(this.ruleOf(context), principalOf(request));
      return true;
    } catch (error) {
      return this.turnAway(error, context);
    }
  }

  /** The request whose user is judged; `undefined` where there is none, and the guard denies. */
  protected requestOf(context: ExecutionContext): AuthRequest | undefined {
    return httpRequestOf(context);
  }

  /** Who may come in, out of the route's decorators. */
  protected ruleOf(context: ExecutionContext): AccessRule {
    return accessRuleOf(context.getClass(), context.getHandler());
  }

  /** Turns a refusal into the answer. */
  protected turnAway(error: unknown, context: ExecutionContext): boolean {
    // For the reason given in JwtAuthGuard: not every application leaves this to the filter.
    if (error instanceof AuthException && context.getType() === 'http') {
      writeHeaders(context, error);
    }
    throw error;
  }
}
