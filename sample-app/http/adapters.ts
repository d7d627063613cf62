import type { ServerResponse } from 'node:http';
import querystring from 'node:querystring';
import fastifyHelmet from '@fastify/helmet';
import type {
  DynamicModule,
  INestApplication,
  LogLevel,
  NestApplicationOptions,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import helmet from 'helmet';
import type { Environment } from '../config/environment.js';
import { errorAnswer } from './error-answer.js';
import { requestMiddleware } from './request.middleware.js';

/** The largest body that is read, in bytes: an article. */
const BODY_LIMIT = 64 * 1024;

/** Scripts and styles are files of this application. No page may embed the console in a frame. */
const HEADERS = {
  contentSecurityPolicy: {
    directives: {
      defaultSrc: ["'self'"],
      scriptSrc: ["'self'"],
      // Swagger UI has inline styles, and icons from data: URLs.
      styleSrc: ["'self'", "'unsafe-inline'"],
      imgSrc: ["'self'", 'data:'],
      frameAncestors: ["'none'"],
      // On by default. Over plain HTTP, it would change every request of the page to HTTPS.
      upgradeInsecureRequests: null,
    },
  },
};

/** The levels that Nest's logger writes. */
export const LOGGED: LogLevel[] = ['error', 'warn'];

const OPTIONS: NestApplicationOptions = {
  // Each adapter gets only the parsers below.
  bodyParser: false,
  abortOnError: false,
  logger: LOGGED,
  // main.ts prints one line if the start fails. Nest's stack trace would hide it.
  bufferLogs: true,
  autoFlushLogs: false,
};

/** What the environment says about HTTP. */
type HttpEnvironment = Pick<Environment, 'trustProxy'>;

export async function createExpress(
  module: DynamicModule,
  { trustProxy }: HttpEnvironment,
): Promise<INestApplication> {
  const app = await NestFactory.create<NestExpressApplication>(module, OPTIONS);
  if (trustProxy !== undefined) app.set('trust proxy', trustProxy);
  app.use(helmet(HEADERS));
  app.use(requestMiddleware);
  app.useBodyParser('json', { limit: BODY_LIMIT });
  // What may come as a form, the middleware decides.
  app.useBodyParser('urlencoded', { limit: BODY_LIMIT, extended: false });
  return app;
}

export async function createFastify(
  module: DynamicModule,
  { trustProxy = 0 }: HttpEnvironment,
): Promise<INestApplication> {
  const adapter = new FastifyAdapter({
    bodyLimit: BODY_LIMIT,
    // Fastify takes no number here. Hop 0 is the proxy that the connection comes from.
    trustProxy: typeof trustProxy === 'number' ? (_address, hop) => hop < trustProxy : trustProxy,
    // A path that cannot be decoded never reaches Nest.
    frameworkErrors: (error: unknown, _request: unknown, { raw }: { raw: ServerResponse }) => {
      const { body } = errorAnswer(error);
      raw.writeHead(body.statusCode, { 'Content-Type': 'application/json; charset=utf-8' });
      raw.end(JSON.stringify(body));
    },
  });
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, OPTIONS);
  await app.register(fastifyHelmet, HEADERS);
  app.use(requestMiddleware);
  const fastify = app.getHttpAdapter().getInstance();
  const parse = fastify.getDefaultJsonParser('error', 'error');
  fastify.addContentTypeParser(
    'application/json',
    { parseAs: 'string', bodyLimit: BODY_LIMIT },
    // As with Express, an empty body is no body, even if the client declares it as JSON.
    (request, body, done) => (body === '' ? done(null) : parse(request, String(body), done)),
  );
  fastify.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string', bodyLimit: BODY_LIMIT },
    // What may come as a form, the middleware decides.
    (_request, body, done) => done(null, querystring.parse(String(body))),
  );
  return app;
}
