import { ApiProperty } from '@nestjs/swagger';
import { ROLES, type Role, STATUSES, type Status, type User } from './user.entity.js';

/** What users see of their own account. */
export class AccountView {
  @ApiProperty({ format: 'uuid' })
  readonly id: string;
  @ApiProperty({ format: 'email' })
  readonly email: string;
  @ApiProperty({ type: String, nullable: true })
  readonly name: string | null;
  @ApiProperty({ enum: ROLES, isArray: true })
  readonly roles: readonly Role[];
  @ApiProperty({ enum: STATUSES })
  readonly status: Status;

  constructor({ id, email, name, roles, status }: User) {
    this.id = id;
    this.email = email;
    this.name = name;
    this.roles = roles;
    this.status = status;
  }
}

/** The caller's account, with the session of the request. */
export class MyAccountView extends AccountView {
  @ApiProperty()
  readonly sessionId: string;

  constructor(user: User, sessionId: string) {
    super(user);
    this.sessionId = sessionId;
  }
}

/** What an admin sees of an account. */
export class UserView extends AccountView {
  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  readonly suspendedUntil: Date | null;
  @ApiProperty()
  readonly tokenVersion: number;
  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  readonly lastLoginAt: Date | null;

  constructor(user: User) {
    super(user);
    this.suspendedUntil = user.suspendedUntil;
    this.tokenVersion = user.tokenVersion;
    this.lastLoginAt = user.lastLoginAt;
  }
}

export class UserListView {
  @ApiProperty({ type: UserView, isArray: true })
  readonly items: readonly UserView[];
  @ApiProperty()
  readonly total: number;

  constructor(users: readonly User[], total: number) {
    this.items = users.map((user) => new UserView(user));
    this.total = total;
  }
}
