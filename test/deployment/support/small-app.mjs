/**
 * A process whose policies and lifetimes the environment decides, as two versions of an application
 * have them while the one replaces the other. Says where it listens as the sample application does.
 */
import 'reflect-metadata';
import { Controller, Get, Inject, Module, Param, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource, EntitySchema } from 'typeorm';
import {
  accountStatus,
  AUTH_ENTITIES,
  AuthModule,
  AuthService,
  boundTo,
  createAuthMigration,
  denylist,
  issuedAfter,
  Public,
  session,
  tokenVersion,
} from '../../../dist/lib/index.js';

const { DATABASE_URL = '', VERSION = 'old', ACCESS_TOKEN_TTL, FRESHNESS = '{}' } = process.env;

const Member = new EntitySchema({
  name: 'Member',
  tableName: 'members',
  columns: {
    id: { type: 'integer', primary: true },
    status: { type: 'varchar', length: 32, default: 'active' },
    tokenVersion: { type: 'integer', default: 0 },
    passwordHash: { type: 'varchar', length: 100, default: 'x' },
    roles: { type: 'simple-array' },
  },
});

/** What each version watches; the new one also binds tokens to the password, and has roles. */
const common = [accountStatus(), tokenVersion(), denylist(), session(), issuedAfter()];
const user = { entity: Member, status: 'status', tokenVersion: 'tokenVersion', createdAt: false };
const WATCHED = {
  old: { user, policies: common },
  new: { user: { ...user, roles: 'roles' }, policies: [...common, boundTo('passwordHash')] },
};

class CreateMembers1 {
  name = 'CreateMembers1764000000000';
  async up(runner) {
    const quote = runner.dataSource.options.type === 'postgres' ? '"' : '`';
    const [version, hash] = ['tokenVersion', 'passwordHash'].map((name) => quote + name + quote);
    await runner.query(
      `CREATE TABLE members (id integer PRIMARY KEY, status varchar(32) NOT NULL DEFAULT 'active', ${version} integer NOT NULL DEFAULT 0, ${hash} varchar(100) NOT NULL DEFAULT 'x', roles varchar(100) NOT NULL DEFAULT '')`,
    );
  }
  async down(runner) {
    await runner.query('DROP TABLE members');
  }
}
const MIGRATIONS = {
  old: [
    CreateMembers1,
    createAuthMigration({ name: 'WatchOld1764000001000', watch: { options: WATCHED.old } }),
  ],
  new: [
    createAuthMigration({
      name: 'WatchNew1764000002000',
      watch: { options: WATCHED.new },
      tables: false,
    }),
  ],
};

class AppController {
  constructor(auth, dataSource) {
    this.auth = auth;
    this.dataSource = dataSource;
  }

  async login(id) {
    const user = await this.dataSource.getRepository(Member).findOneByOrFail({ id: Number(id) });
    return this.auth.signIn(user);
  }

  whoami() {
    return {};
  }
}
const route = (name, ...decorators) => {
  const descriptor = Object.getOwnPropertyDescriptor(AppController.prototype, name);
  for (const decorator of decorators) decorator(AppController.prototype, name, descriptor);
};
Controller('auth')(AppController);
Inject(AuthService)(AppController, undefined, 0);
Inject(DataSource)(AppController, undefined, 1);
route('login', Post('login/:id'), Public());
Param('id')(AppController.prototype, 'login', 0);
route('whoami', Get('whoami'));

class AppModule {}
Module({
  imports: [
    TypeOrmModule.forRoot({
      type: DATABASE_URL.startsWith('mysql') ? 'mysql' : 'postgres',
      url: DATABASE_URL,
      entities: [Member, ...AUTH_ENTITIES],
      migrations: MIGRATIONS[process.env.MIGRATE] ?? [],
      migrationsRun: true,
      retryAttempts: 0,
    }),
    AuthModule.forRoot({
      ...WATCHED[VERSION],
      jwt: {
        secret: process.env.AUTH_JWT_SECRET,
        issuer: 'small',
        audience: 'small',
        accessTokenTtl: ACCESS_TOKEN_TTL,
      },
      freshness: JSON.parse(FRESHNESS),
      globalGuard: true,
    }),
  ],
  controllers: [AppController],
})(AppModule);

const app = await NestFactory.create(AppModule, { logger: ['error', 'warn'] });
app.enableShutdownHooks();
await app.listen(0, '127.0.0.1');
console.log(`listening on ${await app.getUrl()}`);
