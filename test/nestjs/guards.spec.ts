/** Guards of the application beside the library's, providers of requests, and who replaces `request.user`. */
import {
  type CallHandler,
  type CanActivate,
  Controller,
  type ExecutionContext,
  Get,
  Inject,
  Injectable,
  type INestApplication,
  type NestInterceptor,
  Scope,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common';
import { ContextIdFactory, REQUEST } from '@nestjs/core';
import { afterEach, describe, expect, it } from 'vitest';
import {
  Authenticator,
  AuthModule,
  AuthService,
  CurrentUser,
  ForgetToken,
  JwtAuthGuard,
  JwtRolesGuard,
  type Principal,
  Roles,
  RolesGuard,
} from 'nestjs-revocable-jwt';
import {
  type AuthApp,
  type AuthAppOptions,
  authOptions,
  startAuthApp,
} from '../support/auth-app.js';
import { ADAPTERS } from '../support/http.js';
import { aged } from '../support/tokens.js';

interface AnyRequest {
  headers: Readonly<Record<string, unknown>>;
  user?: unknown;
}
const requestOf = (context: ExecutionContext) => context.switchToHttp().getRequest<AnyRequest>();

/** As middleware and strategies of other packages do: it looks like a principal of an admin. */
class Impostor implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    requestOf(context).user = { userId: '1', roles: ['admin'], claims: {}, sessionId: 's' };
    return true;
  }
}
class Closed implements CanActivate {
  canActivate(): boolean {
    return false;
  }
}
class ReplaceUser implements CanActivate, NestInterceptor {
  canActivate(context: ExecutionContext): boolean {
    requestOf(context).user = { id: 1, roles: ['admin'] };
    return true;
  }
  intercept(context: ExecutionContext, next: CallHandler) {
    this.canActivate(context);
    return next.handle();
  }
}

/** A guard of the application that is made for each request. */
@Injectable({ scope: Scope.REQUEST })
class PerRequestGuard extends JwtRolesGuard {
  constructor(
    @Inject(Authenticator) authenticator: Authenticator,
    @Inject(REQUEST) readonly request: AnyRequest,
  ) {
    super(authenticator);
  }
  override canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    return this.request.headers['x-open'] === 'no' ? false : super.canActivate(context);
  }
}

@Injectable({ scope: Scope.REQUEST })
class PerRequest {
  constructor(
    @Inject(REQUEST) readonly request: AnyRequest,
    @Inject(AuthService) readonly auth: AuthService,
  ) {}
}
@Injectable({ scope: Scope.REQUEST, durable: true })
class PerTenant {
  readonly made = {};
  constructor(@Inject(AuthService) readonly auth: AuthService) {}
}

@Controller('per-request')
class PerRequestController {
  constructor(
    @Inject(PerRequest) private readonly own: PerRequest,
    @Inject(AuthService) private readonly auth: AuthService,
  ) {}

  @Get()
  @UseGuards(JwtRolesGuard)
  @Roles('user')
  whoami(@CurrentUser() { userId }: Principal) {
    return { userId, one: this.own.auth === this.auth };
  }

  @Get('guard')
  @UseGuards(PerRequestGuard)
  @Roles('user')
  guarded(@CurrentUser() { userId }: Principal) {
    return { userId };
  }
}

@Controller('per-tenant')
class PerTenantController {
  constructor(@Inject(PerTenant) private readonly tenant: PerTenant) {}

  @Get()
  @UseGuards(JwtRolesGuard)
  @Roles('user')
  whoami(@CurrentUser() { userId }: Principal) {
    return { userId, auth: this.tenant.auth instanceof AuthService };
  }
}

@Controller('replaced')
class ReplacedController {
  @Get('between')
  @UseGuards(JwtAuthGuard, ReplaceUser, RolesGuard)
  @Roles('admin')
  between() {}

  @Get('later')
  @UseGuards(JwtAuthGuard)
  @UseInterceptors(ReplaceUser)
  later(@CurrentUser() user: Principal | undefined) {
    return { known: user !== undefined };
  }

  @Get('again')
  @UseGuards(JwtAuthGuard, ReplaceUser, JwtAuthGuard)
  again(@CurrentUser() { userId }: Principal) {
    return { userId };
  }

  @Get('forget')
  @UseGuards(JwtAuthGuard)
  @UseInterceptors(ReplaceUser)
  @ForgetToken()
  forget() {}
}

const globally = (guard: CanActivate) => ({
  prepare: (nest: INestApplication) => void nest.useGlobalGuards(guard),
});

describe.each(ADAPTERS)('guards on %s', (adapter) => {
  let app: AuthApp;
  const start = async (given: AuthAppOptions = {}) => {
    app = await startAuthApp({ adapter, ...given });
  };
  afterEach(() => app.close());
  const signIn = async (roles: string[] = ['user']) => {
    const person = await app.addPerson({ roles });
    return { id: String(person.id), token: (await app.auth.signIn(person)).accessToken };
  };

  it('that run before those of the library may refuse, and then the library checks nothing', async () => {
    await start(globally(new Closed()));
    const { token } = await signIn(['admin']);
    expect(await app.get('admin', token)).toMatchObject({ status: 403 });
    expect(await app.get('admin', 'bad')).toMatchObject({ status: 403 });
  });

  it('that run before those of the library authenticate nobody: their request.user is not a principal', async () => {
    await start(globally(new Impostor()));
    expect(await app.get('admin')).toMatchObject({ status: 401, body: { code: 'token_missing' } });
    const { id, token } = await signIn();
    expect(await app.get('admin', token)).toMatchObject({ status: 403 });
    expect(await app.whoami(token)).toMatchObject({ status: 200, body: { userId: id } });
    expect(await app.get('passport', token)).toMatchObject({ status: 200, body: { userId: id } });
  });

  it('protect request-scoped controllers, which get the same services', async () => {
    await start({
      controllers: [PerRequestController],
      providers: [PerRequest],
    });
    const { id, token } = await signIn();
    expect((await app.get('per-request', token)).body).toEqual({ userId: id, one: true });
    expect(await app.get('per-request')).toMatchObject({ status: 401 });
    expect(await app.get('per-request', (await signIn([])).token)).toMatchObject({ status: 403 });
  });

  it('may be request-scoped, as subclasses', async () => {
    await start({ controllers: [PerRequestController], providers: [PerRequest] });
    const { id, token } = await signIn();
    expect((await app.get('per-request/guard', token)).body).toEqual({ userId: id });
    expect(await app.get('per-request/guard')).toMatchObject({ status: 401 });
    expect(await app.get('per-request/guard', token, { 'x-open': 'no' })).toMatchObject({
      status: 403,
    });
    expect(await app.get('per-request/guard', (await signIn([])).token)).toMatchObject({
      status: 403,
    });
  });

  it('protect controllers with durable providers: a tenant shares providers, but no decision', async () => {
    const tenants = new Map<unknown, ReturnType<typeof ContextIdFactory.create>>();
    ContextIdFactory.apply({
      attach: (contextId, request: AnyRequest) => {
        const tenant = request.headers?.['x-tenant'];
        if (tenant === undefined) return () => contextId;
        const shared = tenants.get(tenant) ?? ContextIdFactory.create();
        tenants.set(tenant, shared);
        return ({ isTreeDurable }) => (isTreeDurable ? shared : contextId);
      },
    });
    await start({ controllers: [PerTenantController], providers: [PerTenant] });
    const [alice, bob] = [await signIn(), await signIn()];
    for (const { id, token } of [alice, bob, alice]) {
      const answer = await app.get('per-tenant', token, { 'x-tenant': 'acme' });
      expect(answer.body).toEqual({ userId: id, auth: true });
    }
    expect(tenants.size).toBe(1);
    await app.revocation.revokeUser(alice.id);
    expect(await app.get('per-tenant', alice.token, { 'x-tenant': 'acme' })).toMatchObject({
      status: 401,
    });
    expect(await app.get('per-tenant', undefined, { 'x-tenant': 'acme' })).toMatchObject({
      status: 401,
    });
  });

  it('deny if a guard between them replaced request.user', async () => {
    await start({ controllers: [ReplacedController] });
    const { id, token } = await signIn(['admin']);
    expect(await app.get('replaced/between', token)).toMatchObject({ status: 401 });
    expect((await app.get('replaced/again', token)).body).toEqual({ userId: id });
  });

  it('@CurrentUser() is undefined if an interceptor replaced request.user', async () => {
    await start({ controllers: [ReplacedController] });
    const { token } = await signIn();
    expect((await app.get('replaced/later', token)).body).toEqual({ known: false });
  });

  it('renewal and @ForgetToken() work if an interceptor of the route replaced request.user', async () => {
    await start({
      controllers: [ReplacedController],
      jwt: { from: { cookie: '__Host-access' } },
      auth: { renewal: {} },
    });
    const { token } = await signIn();
    const ask = (path: string) =>
      app.get(path, undefined, { cookie: `__Host-access=${aged(token, app.options, 800)}` });
    expect((await ask('replaced/later')).headers.getSetCookie()[0]).toMatch(/^__Host-access=ey/);
    const forgotten = await ask('replaced/forget');
    expect(forgotten.headers.get('clear-site-data')).toContain('"cookies"');
    expect(forgotten.headers.getSetCookie()[0]).toMatch(/^__Host-access=; Max-Age=0/);
  });

  it('@ForgetToken() expires the cookies even if a global interceptor replaced request.user', async () => {
    await start({
      controllers: [ReplacedController],
      jwt: { from: { cookie: '__Host-access' } },
      prepare: (nest) => nest.useGlobalInterceptors(new ReplaceUser()),
    });
    const { token } = await signIn();
    const { headers } = await app.get('replaced/forget', undefined, {
      cookie: `__Host-access=${token}`,
    });
    expect(headers.get('clear-site-data')).toContain('"cookies"');
    expect(headers.getSetCookie()).toEqual([
      '__Host-access=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Strict',
    ]);
  });

  it('with two realms, @ForgetToken() then expires the cookies that came with the request', async () => {
    const staff = authOptions({ jwt: { from: { cookie: '__Host-staff' } } });
    await start({
      controllers: [ReplacedController],
      jwt: { from: { cookie: '__Host-access' } },
      imports: [AuthModule.forRoot({ ...staff, realm: 'staff' })],
      prepare: (nest) => nest.useGlobalInterceptors(new ReplaceUser()),
    });
    const { token } = await signIn();
    for (const [cookie, expected] of [
      [`__Host-access=${token}`, ['__Host-access']],
      [`__Host-access=${token}; __Host-staff=x`, ['__Host-access', '__Host-staff']],
    ] as const) {
      const { headers } = await app.get('replaced/forget', undefined, { cookie });
      expect(headers.getSetCookie().map((set) => set.split('=')[0])).toEqual(expected);
    }
  });
});
