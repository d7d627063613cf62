import { Injectable, UnauthorizedException } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import { compare } from 'bcryptjs';
import type { User } from '../users/user.entity.js';
import { UsersService } from '../users/users.service.js';

@Injectable()
export class AuthService {
  constructor(
    private readonly users: UsersService,
    private readonly jwt: JwtService,
  ) {}

  async login(email: string, password: string) {
    const user = await this.users.findByEmail(email);
    if (user?.accountStatus !== 'active' || !(await compare(password, user.passwordHash))) {
      throw new UnauthorizedException();
    }
    return this.issue(user);
  }

  async refresh(refreshToken: string) {
    const claims = await this.jwt
      .verifyAsync<{ sub: string; use?: string }>(refreshToken)
      .catch(() => undefined);
    const user = claims?.use === 'refresh' ? await this.users.findById(claims.sub) : null;
    if (user?.accountStatus !== 'active') throw new UnauthorizedException();
    return this.issue(user);
  }

  private async issue({ id, roles }: User) {
    return {
      accessToken: await this.jwt.signAsync({ sub: id, roles }, { expiresIn: '30m' }),
      refreshToken: await this.jwt.signAsync({ sub: id, use: 'refresh' }, { expiresIn: '30d' }),
    };
  }
}
