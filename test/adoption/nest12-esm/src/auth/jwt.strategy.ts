import { Injectable, UnauthorizedException } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { ExtractJwt, Strategy } from 'passport-jwt';

@Injectable()
export class JwtStrategy extends PassportStrategy(Strategy) {
  constructor() {
    super({
      jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
      secretOrKey: process.env['JWT_PUBLIC_KEY'] ?? '',
      algorithms: ['RS256'],
      issuer: 'papers',
      audience: 'papers-api',
    });
  }

  validate({ sub, roles, use }: { sub: string; roles: string[]; use?: string }) {
    if (use !== undefined) throw new UnauthorizedException();
    return { id: sub, roles };
  }
}
