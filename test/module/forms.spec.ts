/** The ways to import the module, and what each makes visible to whom. */
import { randomBytes } from 'node:crypto';
import {
  Controller,
  Get,
  Inject,
  Injectable,
  Module,
  type ModuleMetadata,
  UseGuards,
} from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { Test } from '@nestjs/testing';
import { getDataSourceToken, TypeOrmModule } from '@nestjs/typeorm';
import {
  AUTH_ENTITIES,
  AuthConfigurationError,
  AuthModule,
  type AuthModuleAsyncOptions,
  type AuthModuleOptions,
  type AuthOptionsFactory,
  AuthService,
  JwtAuthGuard,
  JwtRolesGuard,
  Public,
  RevocationService,
  Roles,
} from 'nestjs-revocable-jwt';
import type { DataSource } from 'typeorm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { authOptions } from '../support/auth-app.js';
import { createTestDatabase, type TestDatabase } from '../support/databases.js';
import { Person } from '../support/person.entity.js';
import { send } from '../support/http.js';

@Controller()
class Site {
  @Get('mine')
  @UseGuards(JwtAuthGuard)
  mine() {
    return { ok: true };
  }
}

let database: TestDatabase;
const closing: (() => Promise<unknown>)[] = [];
beforeEach(async () => {
  database = await createTestDatabase('sqlite');
});
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
  await database.drop();
});

/** The application's database, under a name of its own if it has one. */
const typeorm = (name?: string, of = database) =>
  TypeOrmModule.forRoot({
    ...of.options,
    ...(name === undefined ? {} : { name }),
    entities: [Person, ...AUTH_ENTITIES],
    synchronize: true,
  });

const plainly = () => [typeorm(), AuthModule.forRoot(authOptions())];
const globally = () => [typeorm(), AuthModule.forRoot({ ...authOptions(), globalGuard: true })];
const withRenewal = () => ({ ...authOptions(), renewal: {} });

async function boot(metadata: ModuleMetadata) {
  const testing = await Test.createTestingModule(metadata).compile();
  const app = testing.createNestApplication(new ExpressAdapter(), { logger: false });
  await app.listen(0, '127.0.0.1');
  closing.push(() => app.close());
  const url = await app.getUrl();
  return {
    app,
    status: async (path: string, token?: string) =>
      (await send(`${url}/${path}`, { token })).status,
  };
}

/** Signs a new person in, and asks with the token. */
async function works(
  { app, status }: Awaited<ReturnType<typeof boot>>,
  dataSource?: DataSource,
): Promise<void> {
  const source = dataSource ?? app.get<DataSource>(getDataSourceToken());
  const { id } = await source.getRepository(Person).save({
    subject: randomBytes(8).toString('hex'),
    email: 'a@example.com',
    passwordHash: 'x',
    roles: [],
  });
  const person = await source.getRepository(Person).findOneByOrFail({ id });
  const { accessToken } = await app.get(AuthService, { strict: false }).signIn(person);
  expect(await status('mine', accessToken)).toBe(200);
  await app.get(RevocationService, { strict: false }).revokeUser(id);
  expect(await status('mine', accessToken)).toBe(401);
}

@Injectable()
class Config {
  readonly options = authOptions();
}

@Module({ providers: [Config], exports: [Config] })
class ConfigModule {}

@Injectable()
class MadeByClass implements AuthOptionsFactory {
  readonly made = authOptions();

  createAuthOptions(): AuthModuleOptions {
    return this.made;
  }
}

@Injectable()
class MadeFromConfig implements AuthOptionsFactory {
  constructor(@Inject(Config) private readonly config: Config) {}

  async createAuthOptions(): Promise<AuthModuleOptions> {
    return Promise.resolve(this.config.options);
  }
}

@Module({ imports: [ConfigModule], providers: [MadeFromConfig], exports: [MadeFromConfig] })
class FactoryModule {}

describe('forRoot and forRootAsync', () => {
  it('forRoot', async () => {
    await works(await boot({ imports: plainly(), controllers: [Site] }));
  });

  const forms: readonly (readonly [string, AuthModuleAsyncOptions])[] = [
    ['useFactory', { useFactory: () => authOptions() }],
    ['useFactory that takes its time', { useFactory: async () => Promise.resolve(authOptions()) }],
    [
      'useFactory with inject and imports',
      { imports: [ConfigModule], inject: [Config], useFactory: ({ options }: Config) => options },
    ],
    ['useClass', { useClass: MadeByClass }],
    ['useClass that injects', { imports: [ConfigModule], useClass: MadeFromConfig }],
    ['useExisting', { imports: [FactoryModule], useExisting: MadeFromConfig }],
    [
      'providers beside the factory',
      { providers: [Config], inject: [Config], useFactory: ({ options }: Config) => options },
    ],
  ];
  it('forRootAsync refuses an unknown option, and suggests realm for name', () => {
    const options = { useFactory: () => authOptions(), name: 'admin', globalGaurd: true };
    expect(() => AuthModule.forRootAsync(options)).toThrow(
      /forRootAsync\.name: there is no such option. Write realm\..*forRootAsync\.globalGaurd: /s,
    );
  });

  it.each(forms)('forRootAsync: %s', async (_, options) => {
    const imports = [typeorm(), AuthModule.forRootAsync(options)];
    await works(await boot({ imports, controllers: [Site] }));
  });

  it.each([
    ['none', {}],
    ['two', { useFactory: () => authOptions(), useClass: MadeByClass }],
  ])('exactly one of the three ways: %s', (_, options) => {
    expect(() => AuthModule.forRootAsync(options)).toThrow(/exactly one of useFactory, useClass/);
  });

  it.each([
    ['throws', () => Promise.reject(new Error('no configuration')), /no configuration/],
    ['gives nothing', () => undefined, /options: it is not an object of options/],
    ['gives bad ones', () => ({ ...authOptions(), strict: { timeout: -1 } }), /strict\.timeout/],
  ])('a factory that %s stops the start', async (_, make, message) => {
    const asynchronous: AuthModuleAsyncOptions = Object({ useFactory: make });
    const imports = [typeorm(), AuthModule.forRootAsync(asynchronous)];
    await expect(boot({ imports })).rejects.toThrow(message);
  });

  it('renewal needs the interceptor, which a factory cannot ask for', async () => {
    const silent = AuthModule.forRootAsync({ useFactory: withRenewal });
    await expect(boot({ imports: [typeorm(), silent] })).rejects.toThrow(/Write renewTokens: true/);
    const idle = AuthModule.forRootAsync({ useFactory: () => authOptions(), renewTokens: true });
    await expect(boot({ imports: [typeorm(), idle] })).rejects.toThrow(/Add renewal: \{\}/);
    const agreed = AuthModule.forRootAsync({ useFactory: withRenewal, renewTokens: true });
    await works(await boot({ imports: [typeorm(), agreed], controllers: [Site] }));
  });
});

describe('who can inject its services', () => {
  @Module({ controllers: [Site] })
  class Feature {}

  it('by default everybody', async () => {
    await works(await boot({ imports: [typeorm(), AuthModule.forRoot(authOptions()), Feature] }));
  });

  it('isGlobal: false: those who import it, and nobody else', async () => {
    const auth = AuthModule.forRoot({ ...authOptions(), isGlobal: false });
    await expect(boot({ imports: [typeorm(), auth, Feature] })).rejects.toThrow(
      /can't resolve dependencies of the JwtAuthGuard/,
    );
    const importing = { module: Feature, imports: [auth] };
    await works(await boot({ imports: [typeorm(), importing] }));
  });
});

@Controller()
class Open {
  @Get('closed')
  closed() {
    return { ok: true };
  }

  @Public()
  @Get('open')
  open() {
    return { ok: true };
  }

  @Roles('admin')
  @Get('admin')
  admin() {
    return { ok: true };
  }
}

describe('globalGuard', () => {
  it('closes every route that is not declared public', async () => {
    const { status } = await boot({ imports: globally(), controllers: [Open] });
    expect([await status('closed'), await status('open'), await status('admin')]).toEqual([
      401, 200, 401,
    ]);
  });

  it('without it a route without a guard is open, and one that requires roles stops the start', async () => {
    @Controller()
    class Plain {
      @Get('plain')
      plain() {
        return { ok: true };
      }
    }
    const { status } = await boot({ imports: plainly(), controllers: [Plain] });
    expect(await status('plain')).toBe(200);
    await expect(boot({ imports: plainly(), controllers: [Open] })).rejects.toBeInstanceOf(
      AuthConfigurationError,
    );
  });

  it('can be put on by hand, in place of the option', async () => {
    const guard = { provide: APP_GUARD, useExisting: JwtRolesGuard };
    const { status } = await boot({ imports: plainly(), controllers: [Open], providers: [guard] });
    expect([await status('closed'), await status('open')]).toEqual([401, 200]);
  });
});

describe('dataSource', () => {
  it('is the named one of two', async () => {
    const second = await createTestDatabase('sqlite');
    const imports = [
      // The default one has neither the library's tables nor people.
      TypeOrmModule.forRoot({ ...database.options, entities: [] }),
      typeorm('accounts', second),
      AuthModule.forRoot({ ...authOptions(), dataSource: getDataSourceToken('accounts') }),
    ];
    const running = await boot({ imports, controllers: [Site] });
    await works(running, running.app.get<DataSource>(getDataSourceToken('accounts')));
    await running.app.close();
    await second.drop();
  });
});
