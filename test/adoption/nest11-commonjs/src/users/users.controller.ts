import { Controller, Get, HttpCode, Param, ParseIntPipe, Post, UseGuards } from '@nestjs/common';
import { JwtAuthGuard } from '../auth/jwt-auth.guard';
import { Roles } from '../auth/roles.decorator';
import { RolesGuard } from '../auth/roles.guard';
import { UsersService } from './users.service';

@Controller('users')
@UseGuards(JwtAuthGuard, RolesGuard)
@Roles('admin')
export class UsersController {
  constructor(private readonly users: UsersService) {}

  @Get()
  list() {
    return this.users.list();
  }

  @Get(':id/events')
  events(@Param('id', ParseIntPipe) id: number) {
    return this.users.eventsOf(id);
  }

  @Post(':id/disable')
  @HttpCode(204)
  disable(@Param('id', ParseIntPipe) id: number) {
    return this.users.disable(id);
  }
}
