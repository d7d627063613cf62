/** Customers and staff in one application: their own tables, secrets, guards and revocations. */
import { randomBytes } from 'node:crypto';
import { Controller, Get, UseGuards } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import {
  AuthModule,
  type AuthModuleExtras,
  type AuthModuleOptions,
  AuthService,
  authToken,
  CurrentUser,
  JwtAuthGuard,
  JwtRolesGuard,
  type Principal,
  RevocationService,
  Roles,
  tokenVersion,
} from 'nestjs-revocable-jwt';
import { Column, CreateDateColumn, Entity, PrimaryGeneratedColumn } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type AuthApp, AUDIENCE, authOptions, ISSUER, startAuthApp } from '../support/auth-app.js';
import { createTestDatabase } from '../support/databases.js';
import { ADAPTERS } from '../support/http.js';

@Entity('staff')
class Staff {
  @PrimaryGeneratedColumn({ type: 'integer' })
  id!: number;

  @Column({ type: 'varchar', length: 20, default: 'active' })
  status!: string;

  @Column({ type: 'integer', default: 0 })
  tokenVersion!: number;

  @Column({ type: 'simple-array', default: 'clerk' })
  roles!: string[];

  @CreateDateColumn()
  createdAt!: Date;
}

const NAME = 'admin-jwt';

@Controller('staff')
class StaffController {
  @Get('guard')
  @UseGuards(JwtAuthGuard.for(NAME))
  guard(@CurrentUser() { userId }: Principal) {
    return { userId };
  }

  @Get('passport')
  @UseGuards(AuthGuard(NAME))
  passport(@CurrentUser() { userId }: Principal) {
    return { userId };
  }

  @Get('clerk')
  @UseGuards(JwtRolesGuard.for(NAME))
  @Roles('clerk')
  clerk() {
    return { ok: true };
  }
}

const staffOptions = (): AuthModuleOptions => ({
  jwt: { secret: randomBytes(32), issuer: ISSUER, audience: AUDIENCE },
  user: { entity: Staff, status: 'status', tokenVersion: 'tokenVersion', roles: 'roles' },
});

const OF_CUSTOMERS = ['whoami', 'passport'];
const OF_STAFF = ['staff/guard', 'staff/passport', 'staff/clerk'];

describe.each(ADAPTERS)('on %s', (adapter) => {
  let app: AuthApp;
  let staffAuth: AuthService;
  let staffRevocation: RevocationService;
  let customer: { id: number; token: string };
  let clerk: { id: number; token: string };
  beforeAll(async () => {
    app = await startAuthApp({
      adapter,
      entities: [Staff],
      controllers: [StaffController],
      imports: [AuthModule.forRoot({ ...staffOptions(), realm: NAME })],
    });
    staffAuth = app.app.get(authToken(AuthService, NAME));
    staffRevocation = app.app.get(authToken(RevocationService, NAME));
  });
  afterAll(() => app.close());
  beforeEach(async () => {
    await app.dataSource.getRepository('person').clear();
    await app.dataSource.getRepository(Staff).clear();
    await app.dataSource.query('DELETE FROM auth_revocation');
    await app.dataSource.query('UPDATE auth_state SET issued_before = 0');
    // The same primary key in both tables, so that what is confused is seen.
    const person = await app.addPerson({ id: 7 });
    const { id } = await app.dataSource.getRepository(Staff).save({ id: 7 });
    const member = await app.dataSource.getRepository(Staff).findOneByOrFail({ id });
    customer = { id: person.id, token: (await app.auth.signIn(person)).accessToken };
    clerk = { id, token: (await staffAuth.signIn(member)).accessToken };
  });

  const statuses = async (paths: readonly string[], token: string) =>
    new Set((await Promise.all(paths.map((path) => app.get(path, token)))).map((a) => a.status));

  it('each token is accepted for its own type, by every guard, and for no other', async () => {
    expect(await statuses(OF_CUSTOMERS, customer.token)).toEqual(new Set([200]));
    expect(await statuses(OF_STAFF, clerk.token)).toEqual(new Set([200]));
    expect(await statuses(OF_STAFF, customer.token)).toEqual(new Set([401]));
    expect(await statuses(OF_CUSTOMERS, clerk.token)).toEqual(new Set([401]));
  });

  const revoking = async (_: string, revoke: (of: RevocationService) => Promise<void>) => {
    await revoke(app.revocation);
    expect(await statuses(OF_CUSTOMERS, customer.token)).toEqual(new Set([401]));
    expect(await statuses(OF_STAFF, clerk.token)).toEqual(new Set([200]));
    await revoke(staffRevocation);
    expect(await statuses(OF_STAFF, clerk.token)).toEqual(new Set([401]));
  };

  it.each([
    ['revokeUser', (of: RevocationService) => of.revokeUser(7)],
    ['revokeAll', (of: RevocationService) => of.revokeAll()],
  ] as const)('%s of one type does not affect the other', revoking);

  it('a revoked id of one does not refuse the token of the other', async () => {
    const { jti, sid } = await app.auth.authenticate(customer.token).then(({ claims }) => claims);
    await staffRevocation.revokeToken({ jti });
    await staffRevocation.revokeSession(sid);
    expect(await statuses(OF_CUSTOMERS, customer.token)).toEqual(new Set([200]));
    await expect(staffRevocation.revokeToken(customer.token)).rejects.toMatchObject({
      code: 'invalid_token',
    });
  });

  it.each([
    ['revokeUser', (of: RevocationService) => of.revokeUser(7, { issuedBefore: inAMinute() })],
    ['revokeAll', (of: RevocationService) => of.revokeAll({ issuedBefore: inAMinute() })],
  ] as const)('%s before a time of one type does not affect the other', revoking);
});

const inAMinute = () => new Date(Date.now() + 60_000);

it('with a secret, an issuer and an audience in common, neither type is accepted as the other', async () => {
  // No column tells the accounts of one id apart, and no generation the deployments.
  const shared = { jwt: staffOptions().jwt, policies: [tokenVersion()] };
  const user = { ...staffOptions().user, createdAt: false as const };
  const app = await startAuthApp({
    entities: [Staff],
    controllers: [StaffController],
    jwt: shared.jwt,
    auth: { policies: shared.policies },
    user: { createdAt: false },
    imports: [AuthModule.forRoot({ ...shared, user, realm: NAME })],
  });
  await app.dataSource.getRepository(Staff).save({ id: 7 });
  const { accessToken } = await app.auth.signIn(await app.addPerson({ id: 7 }));
  expect((await app.whoami(accessToken)).status).toBe(200);
  for (const path of OF_STAFF) {
    expect(await app.get(path, accessToken)).toMatchObject({
      status: 401,
      body: { code: 'token_invalid' },
    });
  }
  await app.close();
});

describe('two AuthModules of one realm in one application', () => {
  it('stop the start', async () => {
    const database = await createTestDatabase('sqlite');
    const again = AuthModule.forRoot(authOptions());
    await expect(startAuthApp({ database, imports: [again] })).rejects.toThrow(
      /second AuthModule with the realm "jwt"/,
    );
    await database.drop();
  });

  it('but one dynamic module may be imported in many places', async () => {
    const shared = AuthModule.forRoot({ ...authOptions(), realm: 'other' });
    class Feature {}
    const app = await startAuthApp({
      imports: [{ module: Feature, imports: [shared] }, shared],
    });
    await app.close();
  });
});

it('two of one realm are refused for their realm, and not for their routes', async () => {
  const second = AuthModule.forRoot({ ...authOptions(), jwks: true });
  await expect(startAuthApp({ extras: { jwks: true }, imports: [second] })).rejects.toThrow(
    'second AuthModule with the realm "jwt"',
  );
});

it('two of them with one path do not start', async () => {
  const oauth = { clients: [{ id: 'gateway', secret: randomBytes(32).toString('base64url') }] };
  const both = { sessions: {}, routes: { admin: { roles: ['admin'] } }, oauth, jwks: true };
  const start = (paths: Partial<AuthModuleExtras>) =>
    startAuthApp({
      entities: [Staff],
      auth: { sessions: {}, oauth },
      extras: { routes: { admin: { roles: ['admin'] } }, jwks: true, oauthRoutes: true },
      imports: [AuthModule.forRoot({ ...staffOptions(), ...both, ...paths, realm: NAME })],
    });
  const message = await start({}).then(
    () => 'it started',
    (error: unknown) => String(error),
  );
  for (const option of ['jwks', 'oauthRoutes', 'routes.path', 'routes.admin.path']) {
    expect(message).toContain(`${option}: "`);
  }
  const admin = { path: 'staff/admin', roles: ['admin'] };
  const apart = { jwks: 'staff/jwks.json', oauthRoutes: 'staff' };
  const likeAUsers = { ...apart, routes: { path: 'staff', admin: { ...admin, path: 'auth' } } };
  await expect(start(likeAUsers)).rejects.toThrow('routes.admin.path: "auth"');
  // Of one instance, several may be below one path; and so may other routes of another one.
  for (const path of ['staff', 'oauth']) {
    // oxlint-disable-next-line no-await-in-loop
    await (await start({ ...apart, routes: { path, admin } })).close();
  }
});
