import { Injectable, UnauthorizedException } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import { compare } from 'bcryptjs';
import { createHash } from 'node:crypto';
import { User } from '../users/user.entity';
import { UsersService } from '../users/users.service';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

@Injectable()
export class AuthService {
  constructor(
    private readonly users: UsersService,
    private readonly jwt: JwtService,
  ) {}

  async login(email: string, password: string) {
    const user = await this.users.findByEmail(email);
    if (!user?.active || !(await compare(password, user.passwordHash))) {
      throw new UnauthorizedException('Wrong email or password');
    }
    return this.issue(user);
  }

  async refresh(refreshToken: string) {
    const { sub } = await this.jwt
      .verifyAsync<{ sub: number }>(refreshToken, { secret: process.env.JWT_REFRESH_SECRET })
      .catch(() => {
        throw new UnauthorizedException();
      });
    const user = await this.users.findById(sub);
    if (!user?.active || user.refreshTokenHash !== sha256(refreshToken)) {
      throw new UnauthorizedException();
    }
    return this.issue(user);
  }

  private async issue({ id, email, role }: User) {
    const accessToken = await this.jwt.signAsync(
      { sub: id, email, role },
      { secret: process.env.JWT_SECRET, expiresIn: '1h' },
    );
    const refreshToken = await this.jwt.signAsync(
      { sub: id, n: Math.random() },
      { secret: process.env.JWT_REFRESH_SECRET, expiresIn: '14d' },
    );
    await this.users.setRefreshTokenHash(id, sha256(refreshToken));
    return { accessToken, refreshToken };
  }
}
