import { Body, Controller, Get, HttpCode, Inject, Post } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { CurrentUser, FreshAuth, type Principal, Public } from 'nestjs-revocable-jwt';
import { AuditTrail } from '../audit/audit-trail.js';
import { Caller } from '../http/caller.decorator.js';
import { NeedsToken, PublicSummary, Refuses, Summary } from '../http/documented.js';
import { Accounts } from '../users/accounts.js';
import { AccountView } from '../users/user.views.js';
import { ChangePasswordRequest, LoginRequest, RegisterRequest } from './auth.requests.js';
import { TokenView, WhoamiView } from './auth.views.js';
import { RECENTLY } from './recently.js';
import { SignIn } from './sign-in.js';

/** The routes that the library does not serve. It serves `auth/refresh`, `auth/logout` and `auth/sessions`. */
@ApiTags('auth')
@Controller('auth')
export class AuthController {
  constructor(
    @Inject(Accounts) private readonly accounts: Accounts,
    @Inject(SignIn) private readonly signIn: SignIn,
    @Inject(AuditTrail) private readonly trail: AuditTrail,
  ) {}

  @Public()
  @Post('register')
  @PublicSummary('Creates an account.')
  @ApiCreatedResponse({ type: AccountView })
  @Refuses({ 400: ['invalid_request'], 409: ['email_taken'] })
  async register(@Body() { email, password, name }: RegisterRequest): Promise<AccountView> {
    const user = await this.accounts.register({ email, password, name, roles: ['user'] });
    this.trail.note({ type: 'registered', userId: user.id, actorId: user.id });
    return new AccountView(user);
  }

  @Public()
  @Post('login')
  @PublicSummary('Signs in with e-mail address and password.')
  @HttpCode(200)
  @ApiOkResponse({ type: TokenView })
  @Refuses({
    400: ['invalid_request'],
    401: ['invalid_credentials'],
    429: ['too_many_attempts'],
    503: ['auth_unavailable'],
  })
  async login(
    @Body() { email, password, device }: LoginRequest,
    @Caller() caller: Caller,
  ): Promise<TokenView> {
    return new TokenView(await this.signIn.withPassword(email, password, { ...caller, device }));
  }

  @Post('password')
  @Summary('Changes the password and ends every other token of the account.')
  @HttpCode(200)
  @FreshAuth(RECENTLY)
  @ApiOkResponse({ type: TokenView, description: 'Every other token of the account has ended.' })
  @NeedsToken({
    400: ['invalid_request'],
    401: ['invalid_credentials', 'insufficient_user_authentication'],
    429: ['too_many_attempts'],
  })
  async changePassword(
    @Body() { currentPassword: current, newPassword: next }: ChangePasswordRequest,
    @CurrentUser() principal: Principal,
    @Caller() caller: Caller,
  ): Promise<TokenView> {
    return new TokenView(await this.signIn.changePassword(principal, { current, next }, caller));
  }

  @Get('whoami')
  @Summary('What the token says, as it was decided. Reads nothing more.')
  @ApiOkResponse({ type: WhoamiView })
  @NeedsToken()
  whoami(@CurrentUser() principal: Principal): WhoamiView {
    return new WhoamiView(principal);
  }
}
