/** What stands before NestJS's own pipeline: CORS, body parsers, compression, security headers, middleware. */
import compression from 'compression';
import fastifyCompress from '@fastify/compress';
import fastifyHelmet from '@fastify/helmet';
import helmet from 'helmet';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Controller, Get, type INestApplication, UseGuards } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { afterEach, describe, expect, it } from 'vitest';
import { JwtAuthGuard } from 'nestjs-revocable-jwt';
import { DeskController } from '../interceptors/support/desk.controller.js';
import { type AuthApp, type AuthAppOptions, startAuthApp } from '../support/auth-app.js';
import { ADAPTERS, send } from '../support/http.js';
import { aged } from '../support/tokens.js';

let entered = 0;

@Controller('room')
@UseGuards(JwtAuthGuard)
class Room {
  @Get()
  enter() {
    entered++;
    return { ok: true };
  }
}

const plugged = (app: INestApplication, express: () => unknown, fastify: unknown, options = {}) => {
  const adapter: unknown = app.getHttpAdapter();
  if (adapter instanceof ExpressAdapter) adapter.use(express());
  else if (adapter instanceof FastifyAdapter) {
    const instance: { register(plugin: unknown, options: object): unknown } = adapter.getInstance();
    instance.register(fastify, options);
  }
};

describe.each(ADAPTERS)('on %s', (adapter) => {
  let app: AuthApp;
  const start = async (prepare: (app: INestApplication) => void, given: AuthAppOptions = {}) => {
    app = await startAuthApp({
      adapter,
      prepare,
      controllers: [DeskController, Room],
      ...given,
    });
  };
  afterEach(() => app.close());
  const tokenOf = async () => (await app.auth.signIn(await app.addPerson())).accessToken;

  it('a CORS preflight needs no token, and refusals have the CORS headers', async () => {
    await start((nest) => nest.enableCors({ origin: 'https://shop.example' }), {
      extras: { globalGuard: true },
    });
    const origin = 'https://shop.example';
    const preflight = await send(`${app.url}/whoami`, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'GET',
        'access-control-request-headers': 'authorization',
      },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-origin')).toBe(origin);
    for (const path of ['whoami', 'passport']) {
      const refused = await app.get(path, undefined, { origin });
      expect(refused).toMatchObject({ status: 401, body: { code: 'token_missing' } });
      expect(refused.headers.get('access-control-allow-origin')).toBe(origin);
    }
  });

  it('without body parsers guards work, and routes that need a body answer 400', async () => {
    const secret = 'Zt4Nf-q9sWm2xVtLcZb4NfHd6YgTpQaE';
    await start(() => undefined, {
      nest: { bodyParser: false },
      auth: { sessions: {}, oauth: { clients: [{ id: 'billing', secret }] } },
      extras: { routes: {} },
    });
    const { accessToken } = await app.auth.signIn(await app.addPerson());
    expect(await app.whoami(accessToken)).toMatchObject({ status: 200 });
    const refresh = await send(`${app.url}/auth/refresh`, { method: 'POST' });
    expect(refresh).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
    const authorization = `Basic ${Buffer.from(`billing:${secret}`).toString('base64')}`;
    const asked = await send(`${app.url}/oauth/introspect`, {
      method: 'POST',
      headers: { authorization },
    });
    expect(asked).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
    const left = await send(`${app.url}/auth/logout`, { method: 'POST', token: accessToken });
    expect(left.status).toBe(204);
    expect(await app.whoami(accessToken)).toMatchObject({ status: 401 });
  });

  it('compression keeps the headers of renewal, of @ForgetToken() and of refusals', async () => {
    await start(
      (nest) =>
        plugged(nest, () => compression({ threshold: 0 }), fastifyCompress, { threshold: 0 }),
      { auth: { renewal: {} } },
    );
    const token = aged(await tokenOf(), app.options, 800);
    for (const path of ['ok', 'own', 'stream', 'headers']) {
      const { status, headers } = await app.get(`desk/${path}`, token);
      expect(status).toBe(200);
      expect(headers.get('content-encoding'), path).not.toBeNull();
      expect(headers.get('x-renewed-token'), path).not.toBeNull();
    }
    for (const path of ['forget', 'own-forget']) {
      const { headers } = await app.get(`desk/${path}`, token);
      expect(headers.get('content-encoding')).not.toBeNull();
      expect(headers.get('clear-site-data')).toContain('"cookies"');
    }
    for (const path of ['whoami', 'passport']) {
      const { status, headers } = await app.get(path);
      expect(status).toBe(401);
      expect(headers.get('www-authenticate')).toBe('Bearer');
    }
  });

  it('the headers of helmet are on refusals too, beside those of the library', async () => {
    await start((nest) => plugged(nest, () => helmet(), fastifyHelmet));
    for (const path of ['whoami', 'passport', 'desk/ok']) {
      const { status, headers } = await app.get(path);
      expect(status).toBe(401);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('content-security-policy')).not.toBeNull();
      expect(headers.get('www-authenticate')).toBe('Bearer');
    }
    expect(await app.get('desk/ok', await tokenOf())).toMatchObject({ status: 200 });
  });

  it('middleware that ends the response is final: the library checks and adds nothing', async () => {
    await start((nest) =>
      nest.use((_request: IncomingMessage, response: ServerResponse) => {
        response.writeHead(503, { 'retry-after': '60' }).end('maintenance');
      }),
    );
    const token = await tokenOf();
    entered = 0;
    for (const sent of [token, undefined]) {
      const answer = await app.get('room', sent);
      expect(answer).toMatchObject({ status: 503, text: 'maintenance' });
      expect(answer.headers.get('retry-after')).toBe('60');
      expect(answer.headers.get('www-authenticate')).toBeNull();
    }
    expect(entered).toBe(0);
  });

  it('if middleware sent the headers, a refusal ends the response, and the handler does not run', async () => {
    await start((nest) =>
      nest.use((_request: IncomingMessage, response: ServerResponse, next: () => void) => {
        response.writeHead(200, { 'content-type': 'text/plain' }).write('early ');
        next();
      }),
    );
    entered = 0;
    for (const path of ['room', 'passport']) {
      const text = await app.get(path, 'bad').then(
        (answer) => answer.text,
        () => 'cut',
      );
      expect(['early ', 'cut']).toContain(text);
    }
    expect(entered).toBe(0);
  });
});
