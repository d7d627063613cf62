import { Injectable } from '@nestjs/common';
import type { AuthRequest } from '../authenticator.js';
import type { AccessRule } from '../decision/access.js';
import type { Principal } from '../decision/principal.js';
import { EnforcesRoles } from '../decorators/enforces-roles.decorator.js';
import { enforce } from './enforce.js';
import { JwtAuthGuard } from './jwt-auth.guard.js';

/** `JwtAuthGuard` and `RolesGuard` in one: who it is, and whether they may. */
@EnforcesRoles()
@Injectable()
export class JwtRolesGuard extends JwtAuthGuard {
  protected override admit(principal: Principal, request: AuthRequest, rule: AccessRule): boolean {
    super.admit(principal, request, rule);
    enforce(rule, principal);
    return true;
  }
}
