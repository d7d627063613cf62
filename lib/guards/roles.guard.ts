import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { AccessRule } from '../decision/access.js';
import { EnforcesRoles } from '../decorators/enforces-roles.decorator.js';
import { authenticatorOf, principalOf } from '../transport/branded-principal.js';
import { refusalIn, requestOf } from '../transport/transports.js';
import { accessRuleOf } from './access-rule.js';
import { enforce } from './enforce.js';

/**
 * Enforces `@Roles`, `@AllRoles` and `@Permissions` on the principal that an earlier guard found:
 * `@UseGuards(JwtAuthGuard, RolesGuard)`, or `AuthGuard('jwt')` of @nestjs/passport in place of the
 * first. Without an earlier guard it denies (401). Denies if the library knows no {@link AuthTransport} for the
 * request.
 */
@EnforcesRoles()
@Injectable()
export class RolesGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = requestOf(context);
    if (request === undefined) return false;
    try {
      enforce(this.ruleOf(context), principalOf(request));
      return true;
    } catch (error) {
      return this.turnAway(error, context);
    }
  }

  /** The rule of the route, from its decorators. */
  protected ruleOf(context: ExecutionContext): AccessRule {
    return accessRuleOf(context.getClass(), context.getHandler());
  }

  /** Turns a refusal into the answer. */
  protected turnAway(error: unknown, context: ExecutionContext): boolean {
    throw refusalIn(context, error, authenticatorOf(principalOf(requestOf(context))));
  }
}
