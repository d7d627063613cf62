import { Controller, Get, Post, UseGuards } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { AuthGuard } from '@nestjs/passport';
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { ExpressAdapter } from '@nestjs/platform-express';
import passport from 'passport';
import { isObservable, lastValueFrom, type Observable } from 'rxjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Principal } from '../../lib/decision/principal.js';
import { Refusal } from '../../lib/decision/refusal.js';
import { CurrentUser } from '../../lib/decorators/current-user.decorator.js';
import { Roles } from '../../lib/decorators/access.decorators.js';
import { AuthExceptionFilter } from '../../lib/transport/auth-exception.filter.js';
import {
  AuthenticationRefusedException,
  AuthUnavailableException,
} from '../../lib/errors/auth.exceptions.js';
import { registerTransport } from '../../lib/transport/transports.js';
import { AuthTransport } from '../../lib/transport/transport.js';
import { RolesGuard } from '../../lib/guards/roles.guard.js';
import { serve, type Served } from '../guards/support/application.js';
import { TokenBook } from '../guards/support/token-book.js';
import { ADAPTERS } from '../support/http.js';

const STRATEGY = 'token-book';
const book = new TokenBook();
passport.use(STRATEGY, {
  async authenticate(request) {
    try {
      this.success(await book.authenticate(request));
    } catch (error) {
      this.error(error);
    }
  },
});

@Controller()
class Site {
  @Get('mine')
  @UseGuards(AuthGuard(STRATEGY))
  mine(@CurrentUser() user: Principal) {
    return { user: user.userId };
  }

  @Get('edit')
  @Roles('editor')
  @UseGuards(AuthGuard(STRATEGY), RolesGuard)
  edit(@CurrentUser() user: Principal) {
    return { user: user.userId };
  }

  @Get('login')
  login() {
    throw new AuthenticationRefusedException(new Refusal('account_disabled'));
  }

  @Post('login')
  signIn() {
    throw new AuthUnavailableException(new Error('connect ECONNREFUSED 10.0.0.7:5432'));
  }
}

describe.each(ADAPTERS)('an exception of the library on %s', (adapter) => {
  let site: Served;
  beforeAll(async () => {
    site = await serve({ controllers: [Site], adapter, book });
  });
  afterAll(() => site.close());

  it.each([
    ['/mine', undefined, 401, 'token_missing', 'Bearer'],
    ['/mine', 'expired', 401, 'token_expired', 'Bearer error="invalid_token"'],
    ['/mine', 'down', 503, 'auth_unavailable', null],
    ['/edit', 'alice', 403, 'insufficient_role', 'Bearer error="insufficient_scope"'],
    ['/login', undefined, 401, 'account_disabled', 'Bearer error="invalid_token"'],
  ])(
    'from AuthGuard of @nestjs/passport or from a handler: %s, %s: %i %s',
    async (path, token, status, code, challenge) => {
      const answer = await site.get(path, token);
      expect(answer.status).toBe(status);
      expect(answer.body).toEqual({
        statusCode: status,
        error: expect.any(String),
        code,
        message: expect.any(String),
      });
      expect(answer.headers.get('content-type')).toContain('application/json');
      const sent = answer.headers.get('www-authenticate');
      if (challenge === null) expect(sent).toBeNull();
      else expect(sent?.startsWith(challenge)).toBe(true);
      expect(answer.headers.get('retry-after')).toBe(status === 503 ? '1' : null);
    },
  );

  it('does not change requests that AuthGuard authenticated', async () => {
    expect((await site.get('/mine', 'alice')).body).toEqual({ user: 'alice' });
    expect((await site.get('/edit', 'ed')).body).toEqual({ user: 'ed' });
  });

  it('logs the cause for operators, and does not send it to the client', async () => {
    const answer = await fetch(`${await site.app.getUrl()}/login`, { method: 'POST' });
    expect(answer.status).toBe(503);
    expect(await answer.text()).not.toMatch(/ECONNREFUSED|10\.0\.0\.7/);
  });
});

function contextOf(type: string, ...args: unknown[]) {
  const context = new ExecutionContextHost(args);
  context.setType(type);
  return context;
}

it('ends an answer that has begun, and writes nothing more', () => {
  const adapterHost = new HttpAdapterHost();
  adapterHost.httpAdapter = new ExpressAdapter();
  const request = new IncomingMessage(new Socket());
  const response = new ServerResponse(request);
  response.write('half of it');
  const context = contextOf('http', request, response);
  new AuthExceptionFilter(adapterHost).catch(new AuthUnavailableException(), context);
  expect(response.writableEnded).toBe(true);
  expect(response.statusCode).toBe(200);
});

function observed(answer: unknown): Observable<unknown> {
  if (!isObservable(answer)) throw new Error('It is not an observable.');
  return answer;
}

describe('elsewhere than on HTTP', () => {
  const adapterHost = new HttpAdapterHost();
  const filter = new AuthExceptionFilter(adapterHost);
  const exception = new AuthenticationRefusedException(new Refusal('token_revoked'));
  const data = {
    status: 'error',
    code: 'token_revoked',
    message: 'The access token was revoked.',
  };

  it('a Socket.IO client gets the event that Nest itself would send', () => {
    const events: unknown[][] = [];
    const client = { emit: (...event: unknown[]) => events.push(event) };
    filter.catch(exception, contextOf('ws', client, {}));
    expect(events).toEqual([['exception', data]]);
  });

  it('a client of the ws package gets it as text, and no listener in this process is called', () => {
    const sent: string[] = [];
    const client = {
      readyState: 1,
      send: (text: string) => sent.push(text),
      emit: () => expect.unreachable(),
    };
    filter.catch(exception, contextOf('ws', client, {}));
    expect(sent.map((text) => JSON.parse(text))).toEqual([{ event: 'exception', data }]);
  });

  it('a resolver gets the error as its value, which GraphQL reports as one', () => {
    expect(filter.catch(exception, contextOf('graphql', {}, {}, {}))).toBe(exception);
  });

  class Bare extends AuthTransport {
    override requestOf(): undefined {}
  }

  it.each([
    ['of the library', () => undefined],
    ['of the application without a form for errors', () => registerTransport('rpc', new Bare())],
  ])('the client of a microservice gets the body, by the transport %s', async (_, register) => {
    register();
    const answer = filter.catch(exception, contextOf('rpc', {}));
    await expect(lastValueFrom(observed(answer))).rejects.toEqual(exception.getResponse());
  });

  it('a registered transport gives its answer, also if that is nothing', () => {
    const heard: unknown[][] = [];
    class Telling extends Bare {
      override answer(...given: unknown[]) {
        heard.push(given);
      }
    }
    registerTransport('telling', new Telling());
    const context = contextOf('telling', {});
    expect(filter.catch(exception, context)).toBeUndefined();
    expect(heard).toEqual([[exception, context, adapterHost]]);
  });
});
