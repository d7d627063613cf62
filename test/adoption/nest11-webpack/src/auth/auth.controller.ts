import { Body, Controller, Get, HttpCode, Post, Request, UseGuards } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import { UsersService } from '../users/users.service';
import { AuthService } from './auth.service';

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
  refresh(@Body() { refreshToken }: { refreshToken: string }) {
    return this.auth.refresh(refreshToken);
  }

  @Post('logout')
  @HttpCode(204)
  @UseGuards(AuthGuard('jwt'))
  logout(@Request() { user }: { user: { userId: number } }) {
    return this.auth.logout(user.userId);
  }

  @Get('me')
  @UseGuards(AuthGuard('jwt'))
  async me(@Request() { user }: { user: { userId: number; roles: string[] } }) {
    const found = await this.users.findById(Number(user.userId));
    return { id: found?.id, email: found?.email, roles: user.roles };
  }
}
