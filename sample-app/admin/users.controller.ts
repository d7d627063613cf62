import {
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  Inject,
  Param,
  Patch,
  Post,
  Query,
} from '@nestjs/common';
import { ApiNoContentResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { CurrentUser, FreshAuth, RevocationService, Roles } from 'nestjs-revocable-jwt';
import { RECENTLY } from '../auth/recently.js';
import { NeedsRole, Summary } from '../http/documented.js';
import { IdPipe } from '../http/id.pipe.js';
import { UserListView, UserView } from '../users/user.views.js';
import { ResetSubjectRequest, UserChange, UsersQuery, VisibilityQuery } from './admin.requests.js';
import { UserAdministration } from './user-administration.js';

@Roles('admin')
@ApiTags('admin')
@Controller('admin/users')
export class UsersController {
  constructor(
    @Inject(UserAdministration) private readonly users: UserAdministration,
    @Inject(RevocationService) private readonly revocations: RevocationService,
  ) {}

  @Get()
  @Summary('Finds users.')
  @ApiOkResponse({ type: UserListView })
  @NeedsRole({ 400: ['invalid_request'] })
  async list(@Query() query: UsersQuery): Promise<UserListView> {
    return new UserListView(...(await this.users.search(query)));
  }

  @Patch(':id')
  @Summary('Changes the status or the roles of a user.')
  @ApiOkResponse({ type: UserView })
  @NeedsRole({ 400: ['invalid_request'], 404: ['not_found'] })
  async change(
    @Param('id', IdPipe) id: string,
    @Body() change: UserChange,
    @Query() { visibility }: VisibilityQuery,
    @CurrentUser('userId') admin: string,
  ): Promise<UserView> {
    const user = await this.users.change(id, change, admin);
    await this.reach(visibility);
    return new UserView(user);
  }

  @Delete(':id')
  @Summary('Deletes a user.')
  @HttpCode(204)
  @FreshAuth(RECENTLY)
  @ApiNoContentResponse()
  @NeedsRole({ 401: ['insufficient_user_authentication'], 404: ['not_found'] })
  async remove(
    @Param('id', IdPipe) id: string,
    @Query() { visibility }: VisibilityQuery,
    @CurrentUser('userId') admin: string,
  ): Promise<void> {
    await this.users.remove(id, admin);
    await this.reach(visibility);
  }

  @Post(':id/reset-subject')
  @Summary('Gives a compromised account a new token subject and a new password.')
  @HttpCode(200)
  @ApiOkResponse({ type: UserView })
  @NeedsRole({ 400: ['invalid_request'], 404: ['not_found'], 409: ['email_taken'] })
  async resetSubject(
    @Param('id', IdPipe) id: string,
    @Body() request: ResetSubjectRequest,
    @Query() { visibility }: VisibilityQuery,
    @CurrentUser('userId') admin: string,
  ): Promise<UserView> {
    const user = await this.users.resetSubject(id, request, admin);
    await this.reach(visibility);
    return new UserView(user);
  }

  /** After the commit: before it, no other process can see the change. */
  private async reach(visibility: VisibilityQuery['visibility']): Promise<void> {
    if (visibility === 'everywhere') await this.revocations.everywhere();
  }
}
