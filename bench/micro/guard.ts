import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Authenticator, JwtAuthGuard } from 'nestjs-revocable-jwt';
import { fillDatabase } from '../server/database.js';
import { libraryServer } from '../server/library.js';

/** Longer than any piece is measured, and holds up the timers that read the log. */
const MAX_STALENESS_MS = 60_000;
/** From the start of the first process to the first token that speaks for itself, and a little more. */
const SETTLE_MS = 1_200;

/** The guard of an application that runs, over a token that it knows and a subject that did not change. */
export async function warmGuard(): Promise<() => unknown> {
  const directory = mkdtempSync(join(tmpdir(), 'revocable-jwt-guard-'));
  process.on('exit', () => rmSync(directory, { recursive: true, force: true }));
  const database = `sqlite:${join(directory, 'guard.sqlite')}`;
  await fillDatabase(database);
  const server = libraryServer({
    database,
    freshness: 'tracked',
    by: 'own',
    algorithm: 'HS256',
    maxStaleness: MAX_STALENESS_MS,
  });
  class AppModule {}
  Module(server.metadata)(AppModule);
  const app = await NestFactory.create(AppModule, new FastifyAdapter(), { logger: false });
  await app.init();
  await setTimeout(SETTLE_MS);
  const [token] = await server.tokens(1, 1, app);
  const authorization = `Bearer ${token}`;
  const guard = new JwtAuthGuard(app.get(Authenticator));
  class Controller {
    handler(): void {}
  }
  const { handler } = Controller.prototype;
  const run = () => {
    // A text of its own, as a request brings it: its hash is not known yet.
    const fresh = Buffer.from(authorization, 'latin1').toString('latin1');
    const request = { headers: { authorization: fresh } };
    return guard.canActivate(new ExecutionContextHost([request], Controller, handler));
  };
  if (run() !== true) throw new Error('The guard did not answer at once.');
  return run;
}
