/** Exception filters: the application's win, wherever it provides them, and have every header that they need. */
import {
  type ArgumentsHost,
  Catch,
  Controller,
  type ExceptionFilter,
  Get,
  HttpException,
  type INestApplication,
  Injectable,
  Module,
  Post,
  Scope,
  type Type,
  UseFilters,
  UseGuards,
} from '@nestjs/common';
import { APP_FILTER, ApplicationConfig, BaseExceptionFilter } from '@nestjs/core';
import { AuthGuard } from '@nestjs/passport';
import { afterEach, describe, expect, it } from 'vitest';
import {
  AuthException,
  AuthUnavailableException,
  JwtAuthGuard,
  OptionalAuth,
} from 'nestjs-revocable-jwt';
import { type AuthApp, type AuthAppOptions, startAuthApp } from '../support/auth-app.js';
import { ADAPTERS, send } from '../support/http.js';

/** What the replies of both adapters have. */
interface Reply {
  status(code: number): { send(body: unknown): unknown };
}

/** Answers in a form of its own, and knows nothing of headers. */
class OwnForm implements ExceptionFilter {
  catch(exception: unknown, host: ArgumentsHost): void {
    const status = exception instanceof HttpException ? exception.getStatus() : 500;
    host.switchToHttp().getResponse<Reply>().status(status).send({ own: status });
  }
}

@Catch()
class CatchAll extends OwnForm {}
@Catch(HttpException)
class CatchHttp extends OwnForm {}
@Catch(AuthException)
class CatchAuth extends OwnForm {}
@Catch()
@Injectable({ scope: Scope.REQUEST })
class CatchByRequest extends OwnForm {}
/** As the documents of NestJS have it. */
@Catch()
class Extended extends BaseExceptionFilter {
  override catch(exception: unknown, host: ArgumentsHost): void {
    // oxlint-disable-next-line promise/valid-params -- it is a filter, not a promise
    super.catch(new HttpException({ own: 401 }, 401, { cause: exception }), host);
  }
}
/** It answers nothing, and fails. */
@Catch(AuthException)
class Throwing implements ExceptionFilter {
  catch(): never {
    throw new Error('a bug in a filter');
  }
}

const moduleWith = (filter: Type) => {
  @Module({ providers: [{ provide: APP_FILTER, useClass: filter }] })
  class FilterModule {}
  return FilterModule;
};
/** A provider that registers a filter while the modules are made. */
const inFactory = (filter: Type) => ({
  provide: 'filter',
  useFactory: (config: ApplicationConfig) => config.useGlobalFilters(new filter()),
  inject: [ApplicationConfig],
});
const inModuleFactory = (filter: Type) => {
  @Module({ providers: [inFactory(filter)] })
  class FactoryModule {}
  return FactoryModule;
};

/** Lets in who has no good token too, as many applications do. */
class Either extends AuthGuard('jwt') {
  override handleRequest<User>(_error: unknown, user: User): User {
    return user;
  }
}

@Controller()
class Site {
  @Get('passport-refused')
  @UseGuards(AuthGuard('jwt'))
  passport() {}

  @Get('refused')
  @UseGuards(JwtAuthGuard)
  refused() {}

  @Get('optional')
  @OptionalAuth()
  @UseGuards(JwtAuthGuard)
  optional() {
    return { ok: true };
  }

  @Get('either')
  @UseGuards(Either)
  either() {
    return { ok: true };
  }

  @Post('sign-in')
  signIn() {
    throw new AuthUnavailableException();
  }

  @Get('on-method')
  @UseFilters(CatchAuth)
  @UseGuards(AuthGuard('jwt'))
  onMethod() {}
}

@Controller('filtered')
@UseFilters(CatchHttp)
@UseGuards(JwtAuthGuard)
class Filtered {
  @Get()
  get() {}
}

const PLACES: readonly (readonly [string, AuthAppOptions])[] = [
  ['the root module', { providers: [{ provide: APP_FILTER, useClass: CatchAll }] }],
  [
    'the root module, for AuthException',
    { providers: [{ provide: APP_FILTER, useClass: CatchAuth }] },
  ],
  [
    'the root module, by useValue',
    { providers: [{ provide: APP_FILTER, useValue: new CatchAll() }] },
  ],
  [
    'the root module, by request',
    { providers: [{ provide: APP_FILTER, useClass: CatchByRequest }] },
  ],
  ['the root module, by extending', { providers: [{ provide: APP_FILTER, useClass: Extended }] }],
  ['a module before AuthModule', { first: [moduleWith(CatchHttp)] }],
  ['a module after AuthModule', { imports: [moduleWith(CatchAll)] }],
  [
    'app.useGlobalFilters()',
    { prepare: (app: INestApplication) => void app.useGlobalFilters(new CatchAuth()) },
  ],
  ['a factory of the root module', { providers: [inFactory(CatchAll)] }],
  ['a factory of a module before AuthModule', { first: [inModuleFactory(CatchAll)] }],
];

describe.each(ADAPTERS)('a filter of the application on %s', (adapter) => {
  let app: AuthApp;
  const start = async (given: AuthAppOptions = {}) => {
    app = await startAuthApp({
      adapter,
      controllers: [Site, Filtered],
      auth: { sessions: {} },
      extras: { jwks: true, routes: {} },
      ...given,
    });
  };
  afterEach(() => app.close());

  const CHALLENGE =
    'Bearer error="invalid_token", error_description="The access token is not a JWT of this application."';

  it.each(PLACES)('answers from %s, with the headers', async (_place, given) => {
    await start(given);
    for (const path of ['refused', 'passport-refused', 'auth/sessions']) {
      const answer = await app.get(path, 'bad');
      expect(answer, path).toMatchObject({ status: 401, body: { own: 401 } });
      expect(answer.headers.get('www-authenticate')).toBe(CHALLENGE);
    }
    const refresh = await send(`${app.url}/auth/refresh`, {
      method: 'POST',
      json: { refreshToken: 'bad' },
    });
    expect(refresh).toMatchObject({ status: 401, body: { own: 401 } });
    expect(refresh.headers.get('www-authenticate')).toMatch(/^Bearer error="invalid_token"/);
  });

  it.each(PLACES)('answers 403 and 503 too, from %s', async (place, given) => {
    await start(given);
    const { accessToken } = await app.auth.signIn(await app.addPerson());
    const forbidden = await app.get('admin', accessToken);
    expect(forbidden.body).toHaveProperty('own');
    expect(forbidden.headers.get('www-authenticate')).toMatch(/^Bearer error="insufficient_scope"/);
    await app.dataSource.query('ALTER TABLE auth_state RENAME TO auth_state_gone');
    for (const path of ['refused', 'passport-refused']) {
      const answer = await app.get(path, accessToken);
      expect(answer.body).toHaveProperty('own');
      if (!place.endsWith('extending')) expect(answer.status).toBe(503);
      expect(answer.headers.get('retry-after')).toBe('1');
    }
  });

  it('answers from @UseFilters on a method and on a controller', async () => {
    await start({ providers: [{ provide: APP_FILTER, useClass: Throwing }] });
    for (const path of ['on-method', 'filtered']) {
      const answer = await app.get(path, 'bad');
      expect(answer).toMatchObject({ status: 401, body: { own: 401 } });
      expect(answer.headers.get('www-authenticate')).toBe(CHALLENGE);
    }
  });

  it('without one, the library answers, and sends no header twice', async () => {
    await start();
    for (const path of ['refused', 'passport-refused', 'auth/sessions']) {
      const answer = await app.get(path, 'bad');
      expect(answer).toMatchObject({ status: 401, body: { code: 'token_malformed' } });
      expect(answer.headers.get('www-authenticate')).toBe(CHALLENGE);
    }
    const thrown = await send(`${app.url}/sign-in`, { method: 'POST' });
    expect(thrown).toMatchObject({ status: 503, body: { code: 'auth_unavailable' } });
    expect(thrown.headers.get('retry-after')).toBe('1');
  });

  it('sets the headers itself for an exception from a service in a handler', async () => {
    await start({ providers: [{ provide: APP_FILTER, useClass: CatchAll }] });
    const bare = await send(`${app.url}/sign-in`, { method: 'POST' });
    expect(bare).toMatchObject({ status: 503, body: { own: 503 } });
    expect(bare.headers.get('retry-after')).toBeNull();
  });

  it('is not called if a guard of the application overrides the refusal', async () => {
    await start();
    const answer = await app.get('either', 'bad');
    expect(answer).toMatchObject({ status: 200, body: { ok: true } });
    expect(answer.headers.get('www-authenticate')).toBeNull();
  });

  it('that throws ends the request with an error, and the handler does not run', async () => {
    await start({ providers: [{ provide: APP_FILTER, useClass: Throwing }] });
    const answer = await app.get('refused', 'bad');
    expect(answer.status).toBe(500);
    expect(answer.text).not.toContain('a bug in a filter');
    expect(await app.get('optional')).toMatchObject({ status: 200 });
  });
});
