import type { INestApplication, ModuleMetadata, Type } from '@nestjs/common';
import { APP_FILTER, DiscoveryModule } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test, type TestingModuleBuilder } from '@nestjs/testing';
import { Authenticator } from '../../../lib/transport/authenticator.js';
import { AuthExceptionFilter } from '../../../lib/transport/auth-exception.filter.js';
import { JwtAuthGuard } from '../../../lib/guards/jwt-auth.guard.js';
import { JwtRolesGuard } from '../../../lib/guards/jwt-roles.guard.js';
import { RolesGuard } from '../../../lib/guards/roles.guard.js';
import { RouteAudit } from '../../../lib/guards/route-audit.js';
import { authToken } from '../../../lib/injection.js';
import { TokenBook } from './token-book.js';
import { type AdapterName, type Answer, send } from '../../support/http.js';

export interface Setup {
  readonly controllers: Type[];
  readonly providers?: ModuleMetadata['providers'];
  readonly adapter?: AdapterName;
  readonly book?: TokenBook;
  /** Books of other realms. */
  readonly named?: readonly TokenBook[];
  /** What else a test changes before the module is compiled, and before it starts. */
  readonly override?: (builder: TestingModuleBuilder) => TestingModuleBuilder;
  readonly prepare?: (app: INestApplication) => void;
}

/** A started application, without a port. */
export async function start(setup: Setup): Promise<INestApplication> {
  const { book = new TokenBook(), named = [], override = (builder) => builder } = setup;
  const builder = Test.createTestingModule({
    imports: [DiscoveryModule],
    controllers: setup.controllers,
    providers: [
      { provide: Authenticator, useValue: book },
      ...named.map((other) => ({
        provide: authToken(Authenticator, other.realm),
        useValue: other,
      })),
      JwtAuthGuard,
      RolesGuard,
      JwtRolesGuard,
      RouteAudit,
      { provide: APP_FILTER, useClass: AuthExceptionFilter },
      ...(setup.providers ?? []),
    ],
  });
  const module = await override(builder).compile();
  const app = module.createNestApplication(
    setup.adapter === 'fastify' ? new FastifyAdapter() : new ExpressAdapter(),
    { logger: false },
  );
  setup.prepare?.(app);
  await app.init();
  return app;
}

/** A started application that listens, with a way to ask it. */
export async function serve(setup: Setup): Promise<Served> {
  const app = await start(setup);
  await app.listen(0, '127.0.0.1');
  const url = await app.getUrl();
  return {
    app,
    get: (path, token) => send(`${url}${path}`, { token }),
    close: () => app.close(),
  };
}

export interface Served {
  readonly app: INestApplication;
  get(path: string, token?: string): Promise<Answer>;
  close(): Promise<void>;
}
