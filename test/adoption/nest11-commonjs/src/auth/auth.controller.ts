import { Body, Controller, Get, Headers, HttpCode, Post, Request, UseGuards } from '@nestjs/common';
import { UsersService } from '../users/users.service';
import { AuthService } from './auth.service';
import { JwtAuthGuard } from './jwt-auth.guard';

@Controller('auth')
export class AuthController {
  constructor(
    private readonly auth: AuthService,
    private readonly users: UsersService,
  ) {}

  @Post('register')
  async register(@Body() { email, password }: { email: string; password: string }) {
    const { id } = await this.users.create(email, password);
    return { id };
  }

  @Post('login')
  @HttpCode(200)
  login(@Body() { email, password }: { email: string; password: string }) {
    return this.auth.login(email, password);
  }

  @Post('refresh')
  @HttpCode(200)
  refresh(@Headers('x-refresh-token') refreshToken: string) {
    return this.auth.refresh(refreshToken ?? '');
  }

  @Get('me')
  @UseGuards(JwtAuthGuard)
  me(@Request() { user }: { user: { id: number; email: string; role: string } }) {
    return user;
  }
}
