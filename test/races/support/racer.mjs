/**
 * A process of the library that does what its parent says, as soon as it is said: orders come in
 * lists, and those of one list run side by side, each after its delay.
 */
import 'reflect-metadata';
import { setTimeout as sleep } from 'node:timers/promises';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource, EntitySchema } from 'typeorm';
import {
  AUTH_ENTITIES,
  AuthModule,
  AuthService,
  createAuthMigration,
  RevocationService,
  SessionService,
} from '../../../dist/lib/index.js';

const { DATABASE_URL = '', SECRET, FRESHNESS = 'strict', MIGRATE } = process.env;

const Runner = new EntitySchema({
  name: 'Runner',
  tableName: 'runners',
  columns: {
    id: { type: 'integer', primary: true },
    status: { type: 'varchar', length: 32 },
    version: { type: 'integer' },
  },
});

const options = {
  user: { entity: Runner, status: 'status', tokenVersion: 'version', createdAt: false },
  sessions: {},
};

class CreateRunners {
  name = 'CreateRunners1764000000000';
  async up(runner) {
    await runner.query(
      'CREATE TABLE runners (id integer PRIMARY KEY, status varchar(32) NOT NULL, version integer NOT NULL)',
    );
  }
  async down(runner) {
    await runner.query('DROP TABLE runners');
  }
}

class RacerModule {}
Module({
  imports: [
    TypeOrmModule.forRoot({
      type: DATABASE_URL.startsWith('mysql') ? 'mysql' : 'postgres',
      url: DATABASE_URL,
      entities: [Runner, ...AUTH_ENTITIES],
      migrations: MIGRATE
        ? [CreateRunners, createAuthMigration({ name: 'Auth1764000001000', watch: { options } })]
        : [],
      migrationsRun: true,
      retryAttempts: 0,
    }),
    AuthModule.forRoot({
      ...options,
      jwt: { secret: SECRET, issuer: 'races', audience: 'races' },
      // The machine may have a lot to do; nothing here is about how long it takes.
      strict: { timeout: '60s' },
      freshness: FRESHNESS === 'strict' ? {} : { mode: 'tracked', maxStaleness: Number(FRESHNESS) },
    }),
  ],
})(RacerModule);

const app = await NestFactory.createApplicationContext(RacerModule, { logger: ['error', 'warn'] });
const auth = app.get(AuthService);
const sessions = app.get(SessionService);
const revocation = app.get(RevocationService);
const dataSource = app.get(DataSource);
const runners = dataSource.getRepository(Runner);

const DEEDS = {
  add: ({ ids }) => runners.insert(ids.map((id) => ({ id, status: 'active', version: 0 }))),
  load: ({ id }) => runners.findOneByOrFail({ id }),
  signIn: ({ user }) => auth.signIn(user),
  refresh: ({ token }) => sessions.refresh(token),
  request: async ({ token }) => void (await auth.authenticate(token)),
  // As the library's route does it.
  logout: ({ sessionId, id }) => {
    const userId = String(id);
    return revocation.revokeSession(sessionId, { userId, actor: userId, reason: 'logout' });
  },
  end: ({ sessionId }) => sessions.end(sessionId),
  revoke: ({ id }) => revocation.revokeUser(id),
  // As a service does it: what disables, and what keeps old tokens dead, in one transaction.
  disable: ({ id }) =>
    dataSource.transaction(async (manager) => {
      await manager.update(Runner, { id }, { status: 'disabled' });
      await revocation.revokeUser(id, { manager });
    }),
  enable: ({ id }) => runners.update({ id }, { status: 'active' }),
};

async function outcomeOf({ deed, delayMs = 0, ...given }) {
  if (delayMs > 0) await sleep(delayMs);
  try {
    return { code: 'accepted', value: await DEEDS[deed](given) };
  } catch (error) {
    return { code: error.code ?? 'failed', message: String(error.message) };
  }
}

process.on('message', async ({ number, orders }) => {
  process.send({ number, outcomes: await Promise.all(orders.map(outcomeOf)) });
});
process.on('disconnect', () => process.exit(0));
process.send('ready');
