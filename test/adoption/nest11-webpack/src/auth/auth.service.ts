import { Injectable, UnauthorizedException } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import { InjectRepository } from '@nestjs/typeorm';
import { compare } from 'bcryptjs';
import { createHash, randomBytes } from 'node:crypto';
import { Repository } from 'typeorm';
import { User } from '../users/user.entity';
import { UsersService } from '../users/users.service';
import { RefreshToken } from './refresh-token.entity';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

@Injectable()
export class AuthService {
  constructor(
    private readonly users: UsersService,
    private readonly jwt: JwtService,
    @InjectRepository(RefreshToken) private readonly refreshTokens: Repository<RefreshToken>,
  ) {}

  async login(email: string, password: string) {
    const user = await this.users.findByEmail(email);
    if (user === null || !(await compare(password, user.passwordHash))) {
      throw new UnauthorizedException();
    }
    return this.issue(user);
  }

  async refresh(refreshToken: string) {
    const hash = sha256(String(refreshToken));
    const found = await this.refreshTokens.findOneBy({ hash });
    const user = found && (await this.users.findById(found.userId));
    if (!user) throw new UnauthorizedException();
    await this.refreshTokens.delete({ hash });
    return this.issue(user);
  }

  async logout(userId: number) {
    await this.refreshTokens.delete({ userId });
  }

  private async issue({ id, roles }: User) {
    const refreshToken = randomBytes(32).toString('base64url');
    await this.refreshTokens.save({ hash: sha256(refreshToken), userId: id });
    return { accessToken: await this.jwt.signAsync({ sub: id, roles }), refreshToken };
  }
}
