import { Body, Controller, Get, HttpCode, Inject, Post } from '@nestjs/common';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import {
  CurrentUser,
  ForgetToken,
  type Principal,
  Public,
  RevocationService,
} from 'nestjs-revocable-jwt';
import { AuditTrail } from '../audit/audit-trail.js';
import { ClientAddress } from '../http/client-address.decorator.js';
import { NeedsToken, Refuses } from '../http/documented.js';
import { invalidRequest } from '../http/refusals.js';
import { Accounts } from '../users/accounts.js';
import { AccountView } from '../users/user.views.js';
import {
  ChangePasswordRequest,
  LoginRequest,
  LogoutAllRequest,
  RegisterRequest,
} from './auth.requests.js';
import { TokenView, WhoamiView } from './auth.views.js';
import { SignIn } from './sign-in.js';

@ApiTags('auth')
@Controller('auth')
export class AuthController {
  constructor(
    @Inject(Accounts) private readonly accounts: Accounts,
    @Inject(SignIn) private readonly signIn: SignIn,
    @Inject(RevocationService) private readonly revocations: RevocationService,
    @Inject(AuditTrail) private readonly trail: AuditTrail,
  ) {}

  @Public()
  @Post('register')
  @ApiCreatedResponse({ type: AccountView })
  @Refuses({ 400: ['invalid_request'], 409: ['email_taken'] })
  async register(@Body() { email, password, name }: RegisterRequest): Promise<AccountView> {
    const user = await this.accounts.register({ email, password, name, roles: ['user'] });
    this.trail.note({ type: 'registered', userId: user.id, actorId: user.id });
    return new AccountView(user);
  }

  @Public()
  @Post('login')
  @HttpCode(200)
  @ApiOkResponse({ type: TokenView })
  @Refuses({
    400: ['invalid_request'],
    401: ['invalid_credentials'],
    429: ['too_many_attempts'],
    503: ['auth_unavailable'],
  })
  async login(
    @Body() { email, password }: LoginRequest,
    @ClientAddress() address: string,
  ): Promise<TokenView> {
    return new TokenView(await this.signIn.withPassword(email, password, address));
  }

  @Post('logout')
  @HttpCode(204)
  @ForgetToken()
  @ApiNoContentResponse({ description: 'This session has ended.' })
  @NeedsToken()
  async logout(@CurrentUser() { sessionId, userId }: Principal): Promise<void> {
    await this.revocations.revokeSession(sessionId, { userId, actor: userId, reason: 'logout' });
  }

  @Post('logout-all')
  @HttpCode(204)
  @ForgetToken()
  @ApiNoContentResponse({ description: 'Every session of the account has ended.' })
  @NeedsToken({ 400: ['invalid_request'] })
  async logoutAll(
    @Body() { keepCurrent }: LogoutAllRequest,
    @CurrentUser() { userId }: Principal,
  ): Promise<void> {
    if (keepCurrent === true) {
      throw invalidRequest('keepCurrent needs sessions, which this version does not have');
    }
    await this.revocations.revokeUser(userId, { actor: userId, reason: 'logout everywhere' });
  }

  @Post('password')
  @HttpCode(200)
  @ApiOkResponse({ type: TokenView, description: 'Every other token of the account has ended.' })
  @NeedsToken({
    400: ['invalid_request'],
    401: ['invalid_credentials'],
    429: ['too_many_attempts'],
  })
  async changePassword(
    @Body() { currentPassword: current, newPassword: next }: ChangePasswordRequest,
    @CurrentUser() principal: Principal,
    @ClientAddress() address: string,
  ): Promise<TokenView> {
    return new TokenView(await this.signIn.changePassword(principal, { current, next }, address));
  }

  @Get('whoami')
  @ApiOkResponse({ type: WhoamiView })
  @NeedsToken()
  whoami(@CurrentUser() principal: Principal): WhoamiView {
    return new WhoamiView(principal);
  }
}
