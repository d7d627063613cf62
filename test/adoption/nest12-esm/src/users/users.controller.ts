import { Controller, Delete, HttpCode, Param, ParseUUIDPipe, Put } from '@nestjs/common';
import { Roles } from '../auth/decorators.js';
import { UsersService } from './users.service.js';

@Controller('users/:id')
@Roles('editor')
export class UsersController {
  constructor(private readonly users: UsersService) {}

  @Put('lock')
  @HttpCode(204)
  lock(@Param('id', ParseUUIDPipe) id: string) {
    return this.users.lock(id);
  }

  @Delete()
  @HttpCode(204)
  remove(@Param('id', ParseUUIDPipe) id: string) {
    return this.users.remove(id);
  }
}
