/**
 * A small real application on a real database: one route that asks who calls, one for admins.
 *
 *     const app = await startAuthApp({ kind: 'sqlite', auth: { policies: [tokenVersion()] } });
 *     const alice = await app.addPerson({ roles: ['user'] });
 *     const { accessToken } = await app.auth.signIn(alice);
 *     expect(await app.whoami(accessToken)).toMatchObject({ status: 200 });
 *     await app.close();
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  Controller,
  type DynamicModule,
  Get,
  type INestApplication,
  type InjectionToken,
  type LoggerService,
  type ModuleMetadata,
  type NestApplicationOptions,
  type Type,
  UseGuards,
} from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { ExpressAdapter } from '@nestjs/platform-express';
import { Test } from '@nestjs/testing';
import {
  AUTH_ENTITIES,
  AuthEvents,
  AuthModule,
  type AuthEvent,
  type AuthModuleExtras,
  type AuthModuleOptions,
  AuthService,
  authToken,
  CurrentUser,
  Freshness,
  JwtAuthGuard,
  JwtRolesGuard,
  type Principal,
  RevocationService,
  Roles,
  SessionService,
} from 'nestjs-revocable-jwt';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { createTestDatabase, type DatabaseKind, type TestDatabase } from './databases.js';
import { CountingLogger } from './counting-logger.js';
import { Person } from './person.entity.js';
import { type AdapterName, type Answer, send } from './http.js';
import { WAIT_LIMIT_MS } from './wait-limit.js';

@Controller()
class WhoController {
  @Get('whoami')
  @UseGuards(JwtAuthGuard)
  whoami(@CurrentUser() { subject, userId, roles, sessionId }: Principal) {
    return { subject, userId, roles, sessionId };
  }

  @Get('passport')
  @UseGuards(AuthGuard('jwt'))
  passport(@CurrentUser() { subject, userId, roles, sessionId }: Principal) {
    return { subject, userId, roles, sessionId };
  }

  @Get('strict')
  @UseGuards(JwtAuthGuard)
  @Freshness('strict')
  strict(@CurrentUser() { subject, userId, roles, sessionId }: Principal) {
    return { subject, userId, roles, sessionId };
  }

  @Get('admin')
  @UseGuards(JwtRolesGuard)
  @Roles('admin')
  admin() {
    return { ok: true };
  }
}

export const ISSUER = 'https://api.example.com';
export const AUDIENCE = 'example-api';

export interface AuthAppOptions {
  readonly kind?: DatabaseKind;
  /** An existing database; the caller drops it. */
  readonly database?: TestDatabase;
  /** Default true; false for a second application on one database. */
  readonly synchronize?: boolean;
  readonly adapter?: AdapterName;
  /** Where it listens. Default: where there is room. */
  readonly port?: number;
  readonly auth?: Partial<AuthModuleOptions>;
  readonly jwt?: Partial<AuthModuleOptions['jwt']>;
  readonly user?: Partial<AuthModuleOptions['user']>;
  readonly extras?: AuthModuleExtras;
  /** Whether a factory makes the options, in its own time; or what it is given, and the options that it adds. */
  readonly asynchronous?:
    | boolean
    | {
        readonly inject: readonly InjectionToken[];
        // As in forRootAsync: Nest resolves the arguments by token at run time.
        // oxlint-disable-next-line typescript/no-explicit-any
        readonly options: (...injected: any[]) => Partial<AuthModuleOptions>;
      };
  /** What makes the DataSource initialized; default: TypeORM alone. */
  readonly dataSourceFactory?: (options: DataSourceOptions) => Promise<DataSource>;
  /** Beside the person and the library's tables. */
  readonly entities?: readonly Type[];
  readonly controllers?: readonly Type[];
  readonly providers?: ModuleMetadata['providers'];
  /** Before TypeORM and the AuthModule. */
  readonly first?: ModuleMetadata['imports'];
  /** Beside TypeORM and the AuthModule, such as a second AuthModule. */
  readonly imports?: ModuleMetadata['imports'];
  /** What else is done to the application before it listens. */
  readonly prepare?: (app: INestApplication) => void;
  /** Whether `X-Forwarded-*` counts, from any sender. Default false. */
  readonly trustsProxy?: boolean;
  /** Options of Nest's own. */
  readonly nest?: NestApplicationOptions;
  /** Told what Nest and the library log; by default nobody is. */
  readonly logger?: LoggerService;
}

export interface AuthApp {
  readonly app: INestApplication;
  readonly url: string;
  readonly database: TestDatabase;
  readonly dataSource: DataSource;
  readonly auth: AuthService;
  readonly revocation: RevocationService;
  /** Works where the options have `sessions`. */
  readonly sessions: SessionService;
  readonly events: AuthEvent[];
  readonly queries: CountingLogger;
  readonly options: AuthModuleOptions;
  addPerson(given?: Partial<Person>): Promise<Person>;
  get(path: string, token?: string, headers?: Record<string, string>): Promise<Answer>;
  whoami(token?: string): Promise<Answer>;
  close(): Promise<void>;
}

/** Options that work, with every column of `Person` mapped but the subject. */
export function authOptions({ auth, jwt, user }: AuthAppOptions = {}): AuthModuleOptions {
  return {
    jwt: { secret: randomBytes(32), issuer: ISSUER, audience: AUDIENCE, ...jwt },
    user: {
      entity: Person,
      status: 'status',
      suspendedUntil: 'suspendedUntil',
      suspendedStatuses: ['suspended'],
      validUntil: 'validUntil',
      tokenVersion: 'tokenVersion',
      roles: 'roles',
      ...user,
    },
    // Two seconds are soon over on a machine that has much to do.
    strict: { timeout: WAIT_LIMIT_MS / 2 },
    ...auth,
  };
}

export async function startAuthApp(given: AuthAppOptions = {}): Promise<AuthApp> {
  const database = given.database ?? (await createTestDatabase(given.kind ?? 'sqlite'));
  const options = authOptions(given);
  const queries = new CountingLogger();
  const testing = await Test.createTestingModule({
    imports: [
      ...(given.first ?? []),
      TypeOrmModule.forRootAsync({
        useFactory: () => ({
          ...database.options,
          entities: [Person, ...AUTH_ENTITIES, ...(given.entities ?? [])],
          synchronize: given.synchronize ?? true,
          logger: queries,
        }),
        dataSourceFactory: async (typeorm) => {
          if (typeorm === undefined) throw new Error('TypeORM was given no options.');
          const make = given.dataSourceFactory;
          return make ? make(typeorm) : new DataSource(typeorm).initialize();
        },
      }),
      authModule(given, options),
      ...(given.imports ?? []),
    ],
    controllers: [WhoController, ...(given.controllers ?? [])],
    providers: given.providers ?? [],
  }).compile();
  const { trustsProxy = false } = given;
  const adapter =
    given.adapter === 'fastify'
      ? new FastifyAdapter({ trustProxy: trustsProxy })
      : new ExpressAdapter();
  if (adapter instanceof ExpressAdapter) adapter.set('trust proxy', trustsProxy);
  const app = testing.createNestApplication(adapter, {
    ...given.nest,
    logger: given.logger ?? false,
  });
  given.prepare?.(app);
  await app.listen(given.port ?? 0, '127.0.0.1');
  const url = await app.getUrl();
  const dataSource = app.get(DataSource);
  const events: AuthEvent[] = [];
  const realm = given.extras?.realm;
  app.get<AuthEvents>(authToken(AuthEvents, realm)).stream.subscribe((event) => events.push(event));
  const get = (path: string, token?: string, headers: Record<string, string> = {}) =>
    send(`${url}/${path}`, { token, headers });
  return {
    app,
    url,
    database,
    dataSource,
    auth: app.get<AuthService>(authToken(AuthService, realm)),
    revocation: app.get<RevocationService>(authToken(RevocationService, realm)),
    sessions: app.get<SessionService>(authToken(SessionService, realm)),
    events,
    queries,
    options,
    addPerson: async (person = {}) => {
      const repository = dataSource.getRepository(Person);
      const { id } = await repository.save(
        repository.create({
          subject: randomUUID(),
          email: `${randomUUID()}@example.com`,
          passwordHash: '$argon2id$one',
          roles: [],
          ...person,
        }),
      );
      return repository.findOneByOrFail({ id });
    },
    get,
    whoami: (token) => get('whoami', token),
    close: async () => {
      await app.close();
      if (given.database === undefined) await database.drop();
    },
  };
}

function authModule(
  { asynchronous = false, extras }: AuthAppOptions,
  options: AuthModuleOptions,
): DynamicModule {
  if (asynchronous === false) return AuthModule.forRoot({ ...options, ...extras });
  const { inject, options: more } =
    asynchronous === true ? { inject: [], options: () => ({}) } : asynchronous;
  return AuthModule.forRootAsync({
    ...extras,
    inject,
    useFactory: (...injected: unknown[]) => sleep(1, { ...options, ...more(...injected) }),
  });
}
