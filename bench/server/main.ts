/** One server under load, in a process of its own: `main.js '{"adapter": …, "guard": …}'`. */
import 'reflect-metadata';
import type { AddressInfo } from 'node:net';
import { type INestApplication, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { Answer, Question } from './messages.js';
import type { Server } from './server.js';
import type { GuardSpec, ServerSpec } from './spec.js';
import { count, usage } from './usage.js';

/** Only what the server needs is loaded, as in the application that it stands for. */
async function serverOf(guard: GuardSpec): Promise<Server> {
  switch (guard.kind) {
    case 'none':
    case 'noop':
      return (await import('./open.js')).openServer(guard.kind);
    case 'passport':
      return (await import('./passport.js')).passportServer(guard);
    case 'library':
      return (await import('./library.js')).libraryServer(guard);
  }
}

async function answer(server: Server, app: INestApplication, asked: Question): Promise<Answer> {
  switch (asked.ask) {
    case 'tokens':
      return { kind: 'tokens', tokens: await server.tokens(asked.count, asked.from, app) };
    case 'revoke':
      await server.revoke?.(asked.token, app);
      return { kind: 'done' };
    case 'collect':
      globalThis.gc?.();
      return { kind: 'done' };
    case 'usage':
      return { kind: 'usage', usage: await usage() };
  }
}

function send(message: Answer): void {
  process.send?.(message);
}

count();
const spec: ServerSpec = JSON.parse(process.argv[2] ?? '');
const server = await serverOf(spec.guard);

@Module(server.metadata)
class AppModule {}

const adapter = spec.adapter === 'fastify' ? new FastifyAdapter() : new ExpressAdapter();
const app = await NestFactory.create(AppModule, adapter, { logger: ['error', 'warn'] });
await app.listen(0, '127.0.0.1');
process.on('message', (asked: Question) => {
  answer(server, app, asked).then(send, (error: unknown) =>
    send({ kind: 'failed', reason: error instanceof Error ? String(error.stack) : String(error) }),
  );
});
process.on('disconnect', () => process.exit());
const { port }: AddressInfo = app.getHttpServer().address();
send({ kind: 'listening', port, revokes: server.revoke !== undefined });
