import { IsArray, IsIn } from 'class-validator';
import { ApiProperty } from '@nestjs/swagger';
import {
  ChoiceField,
  CountField,
  EmailField,
  InstantField,
  MayBeAbsent,
  PasswordField,
  TextField,
} from '../http/fields.js';
import { ROLES, type Role, STATUSES, type Status } from '../users/user.entity.js';

/** Why an admin does something; kept in the audit trail. */
class Reasoned {
  @TextField({ max: 255, optional: true })
  reason?: string;
}

/** `?visibility=everywhere`: answer only when no process accepts the revoked tokens any more. */
export class VisibilityQuery {
  @ChoiceField(['everywhere'])
  visibility?: 'everywhere';
}

export class UsersQuery {
  @TextField({ max: 100, optional: true })
  q?: string;
  @CountField({ min: 1, max: 200, byDefault: 50 })
  limit = 50;
  @CountField({ min: 0, max: 1_000_000_000, byDefault: 0 })
  offset = 0;
}

export class EventsQuery {
  @TextField({ max: 64, optional: true })
  userId?: string;
  @CountField({ min: 1, max: 500, byDefault: 50 })
  limit = 50;
}

export class UserChange extends Reasoned {
  @ChoiceField(STATUSES)
  status?: Status;

  @MayBeAbsent()
  @IsArray()
  @IsIn(ROLES, { each: true })
  @ApiProperty({ enum: ROLES, isArray: true, required: false })
  roles?: Role[];

  /** The time at which a suspension ends by itself. */
  @InstantField({ nullable: true })
  suspendedUntil?: string | null;
}

export class ResetSubjectRequest {
  @EmailField({ optional: true })
  email?: string;
  @PasswordField({ min: 8 })
  newPassword!: string;
}

/** Exactly one of the two. */
export class RevokeTokenRequest {
  @TextField({ min: 1, max: 8_192, optional: true })
  token?: string;
  @TextField({ min: 1, max: 255, optional: true })
  jti?: string;
}

export class RevokeAllRequest {
  @InstantField()
  issuedBefore?: string;
}
