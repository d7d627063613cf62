import { Body, Controller, Get, HttpCode, Post } from '@nestjs/common';
import { UsersService } from '../users/users.service.js';
import { AuthService } from './auth.service.js';
import { Public, UserId } from './decorators.js';

@Controller()
export class AuthController {
  constructor(
    private readonly auth: AuthService,
    private readonly users: UsersService,
  ) {}

  @Post('register')
  @Public()
  async register(@Body() { email, password }: { email: string; password: string }) {
    const { id } = await this.users.create(email, password);
    return { id };
  }

  @Post('auth/login')
  @Public()
  @HttpCode(200)
  login(@Body() { email, password }: { email: string; password: string }) {
    return this.auth.login(email, password);
  }

  @Post('auth/refresh')
  @Public()
  @HttpCode(200)
  refresh(@Body() { refreshToken }: { refreshToken: string }) {
    return this.auth.refresh(refreshToken);
  }

  @Get('me')
  async me(@UserId() id: string) {
    const user = await this.users.findById(id);
    return { id, email: user?.email };
  }
}
