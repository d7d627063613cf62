import { Controller, Get, Inject } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { CurrentUser, type Principal } from 'nestjs-revocable-jwt';
import { NeedsToken, Summary } from '../http/documented.js';
import { notFound } from '../http/refusals.js';
import { Accounts } from './accounts.js';
import { MyAccountView } from './user.views.js';

@ApiTags('auth')
@Controller('me')
export class MeController {
  constructor(@Inject(Accounts) private readonly accounts: Accounts) {}

  @Get()
  @Summary('The account, as it is in the database.')
  @ApiOkResponse({ type: MyAccountView })
  @NeedsToken()
  async me(@CurrentUser() { userId, sessionId }: Principal): Promise<MyAccountView> {
    const user = await this.accounts.byId(userId);
    // Deleted since the guard let this request in.
    if (user === null) throw notFound('account');
    return new MyAccountView(user, sessionId);
  }
}
