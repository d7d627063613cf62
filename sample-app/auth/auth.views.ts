import { ApiProperty } from '@nestjs/swagger';
import type { IssuedToken, Principal } from 'nestjs-revocable-jwt';

/** The members of RFC 6749 §5.1, in camel case. */
export class TokenView {
  @ApiProperty({ description: 'A JWT, for the Authorization header.' })
  readonly accessToken: string;
  @ApiProperty({ enum: ['Bearer'] })
  readonly tokenType: 'Bearer';
  @ApiProperty({ description: 'Seconds.' })
  readonly expiresIn: number;
  @ApiProperty({ type: String, description: 'Works once, at /auth/refresh.' })
  readonly refreshToken: string | undefined;
  @ApiProperty()
  readonly sessionId: string;

  constructor({ accessToken, tokenType, expiresIn, refreshToken, sessionId }: IssuedToken) {
    this.accessToken = accessToken;
    this.tokenType = tokenType;
    this.expiresIn = expiresIn;
    this.refreshToken = refreshToken;
    this.sessionId = sessionId;
  }
}

/** The principal, as the guard made it. */
export class WhoamiView {
  @ApiProperty()
  readonly subject: string;
  @ApiProperty({ type: String, isArray: true })
  readonly roles: readonly string[];
  @ApiProperty()
  readonly sessionId: string;

  constructor({ subject, roles, sessionId }: Principal) {
    this.subject = subject;
    this.roles = roles;
    this.sessionId = sessionId;
  }
}
