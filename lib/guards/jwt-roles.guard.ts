import { Injectable } from '@nestjs/common';
import type { AccessRule } from '../decision/access.js';
import type { Principal } from '../decision/principal.js';
import { EnforcesRoles } from '../decorators/enforces-roles.decorator.js';
import { enforce } from './enforce.js';
import { JwtAuthGuard } from './jwt-auth.guard.js';

/** `JwtAuthGuard` and `RolesGuard` in one: authenticates, and enforces roles and permissions. */
@EnforcesRoles()
@Injectable()
export class JwtRolesGuard extends JwtAuthGuard {
  protected override demand(rule: AccessRule, principal: Principal): void {
    enforce(rule, principal);
  }
}
