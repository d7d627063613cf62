/** A transport that the application registers: here, operations in the form in which Nest calls GraphQL resolvers. */
import { ForbiddenException, Injectable, UseGuards, UseInterceptors } from '@nestjs/common';
import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { ExternalContextCreator } from '@nestjs/core';
import { map } from 'rxjs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  AuthenticationRefusedException,
  Authenticator,
  type AuthException,
  type AuthRequest,
  CurrentUser,
  ForgetToken,
  type HttpResponse,
  InsufficientRoleException,
  JwtAuthGuard,
  JwtRolesGuard,
  OptionalAuth,
  type Principal,
  Public,
  registerTransport,
  Roles,
  RolesGuard,
  AuthTransport,
} from 'nestjs-revocable-jwt';
import { type AuthApp, startAuthApp } from '../support/auth-app.js';

/** What is shared by all handlers of one operation. */
interface Operation {
  readonly request: AuthRequest;
  readonly response?: HttpResponse;
  /** The token, where the operation does not come with an HTTP request. */
  readonly token?: string;
}

const operationOf = (context: ExecutionContext) => context.getArgByIndex<Operation | undefined>(2);

/** Over HTTP: the token is where `jwt.from` says. */
class OperationTransport extends AuthTransport {
  override requestOf(context: ExecutionContext) {
    return operationOf(context)?.request;
  }

  override responseOf(context: ExecutionContext) {
    return operationOf(context)?.response;
  }
}

/** Over a connection: the token came when it was opened, and a refusal has a form of its own. */
class ConnectionTransport extends AuthTransport {
  private readonly tokens = new WeakMap<AuthRequest, string>();

  override requestOf(context: ExecutionContext) {
    const { request, token } = operationOf(context) ?? {};
    if (request !== undefined && token !== undefined) this.tokens.set(request, token);
    return request;
  }

  override tokenOf(request: AuthRequest, ...usual: [Parameters<AuthTransport['tokenOf']>[1]]) {
    return this.tokens.get(request) ?? super.tokenOf(request, ...usual);
  }

  override refuse({ code }: AuthException) {
    return new Error(`closed: ${code}`);
  }

  override answer(exception: AuthException) {
    return this.refuse(exception);
  }
}

@Injectable()
class AddUser implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler) {
    const user = operationOf(context)?.request.user;
    return next.handle().pipe(map((value: unknown) => ({ value, hasUser: user !== undefined })));
  }
}

@Injectable()
class Resolver {
  @UseGuards(JwtAuthGuard)
  me(@CurrentUser() user: Principal, @CurrentUser('roles') roles: readonly string[]) {
    return { userId: user.userId, roles };
  }

  @UseGuards(JwtRolesGuard)
  @Roles('admin')
  rule(@CurrentUser('userId') id: string) {
    return id;
  }

  @UseGuards(JwtAuthGuard, RolesGuard)
  @Roles('user')
  join(@CurrentUser('userId') id: string) {
    return id;
  }

  @UseGuards(JwtAuthGuard)
  @OptionalAuth()
  look(@CurrentUser('userId') id?: string) {
    return id ?? null;
  }

  @UseGuards(JwtAuthGuard)
  @Public()
  open(@CurrentUser() user?: Principal) {
    return user ?? null;
  }

  refusing() {
    throw new InsufficientRoleException();
  }

  @UseGuards(JwtAuthGuard)
  @UseInterceptors(AddUser)
  @ForgetToken()
  leave() {
    return 'left';
  }
}

type Handler = Exclude<keyof Resolver, symbol>;

let app: AuthApp;
let token: string;
let userId: string;
beforeAll(async () => {
  registerTransport('operation', new OperationTransport());
  registerTransport('connection', new ConnectionTransport());
  app = await startAuthApp({ providers: [Resolver, AddUser] });
  const alice = await app.addPerson({ roles: ['user'] });
  userId = String(alice.id);
  token = (await app.auth.signIn(alice)).accessToken;
});
afterAll(() => app.close());

/** Calls a handler as Nest does on other transports, with the operation where GraphQL has its context. */
async function call(name: Handler, operation?: Operation, type = 'operation'): Promise<unknown> {
  const resolver = app.app.get(Resolver);
  const { value: handler } = Object.getOwnPropertyDescriptor(Resolver.prototype, name) ?? {};
  const handle = app.app
    .get(ExternalContextCreator)
    .create(
      resolver,
      handler,
      name,
      '__routeArguments__',
      { exchangeKeyForValue: () => undefined },
      undefined,
      undefined,
      undefined,
      type,
    );
  const outcome = await handle(undefined, {}, operation, {});
  // The library's exception filter returns a refusal, and GraphQL reports a returned error.
  if (outcome instanceof Error) throw outcome;
  return outcome;
}

const operation = (sent?: string): Operation => ({
  request: { headers: sent === undefined ? {} : { authorization: `Bearer ${sent}` } },
});

function responding(to: Operation) {
  const headers = new Map<string, string>();
  const response: HttpResponse = {
    statusCode: 200,
    getHeader: (name) => headers.get(name),
    header: (name, value) => headers.set(name, value),
  };
  return { headers, operation: { ...to, response } };
}

describe('a transport that the application registers', () => {
  it('gives guards and @CurrentUser() the same principal', async () => {
    expect(await call('me', operation(token))).toEqual({ userId, roles: ['user'] });
    expect(await call('join', operation(token))).toBe(userId);
    expect(await call('look', operation(token))).toBe(userId);
    expect(await call('look', operation())).toBeNull();
    expect(await call('open', operation(token))).toBeNull();
  });

  it('refuses with the codes of HTTP', async () => {
    await expect(call('me', operation())).rejects.toMatchObject({ code: 'token_missing' });
    await expect(call('me', operation('x'))).rejects.toMatchObject({ code: 'token_malformed' });
    await expect(call('rule', operation(token))).rejects.toBeInstanceOf(InsufficientRoleException);
    const bob = await app.addPerson();
    const { accessToken } = await app.auth.signIn(bob);
    await app.revocation.revokeUser(String(bob.id));
    await expect(call('me', operation(accessToken))).rejects.toMatchObject({
      code: 'token_superseded',
    });
  });

  it('puts the headers of a refusal on the response, if there is one', async () => {
    const { headers, operation: refused } = responding(operation());
    await expect(call('me', refused)).rejects.toBeInstanceOf(AuthenticationRefusedException);
    expect(headers.get('WWW-Authenticate')).toMatch(/^Bearer/);
  });

  it('decides once for an operation, and again for the next', async () => {
    const authenticate = vi.spyOn(app.app.get(Authenticator), 'authenticate');
    const one = operation(token);
    await call('me', one);
    await call('join', one);
    expect(authenticate).toHaveBeenCalledTimes(1);
    await call('me', operation(token));
    expect(authenticate).toHaveBeenCalledTimes(2);
    authenticate.mockRestore();
  });

  it('does not accept a principal from another operation', async () => {
    const one = operation(token);
    await call('me', one);
    const stolen: Operation = { request: { headers: {}, user: one.request.user } };
    await expect(call('me', stolen)).rejects.toMatchObject({ code: 'token_missing' });
    const forged: Operation = { request: { headers: {}, user: { userId, roles: ['admin'] } } };
    await expect(call('rule', forged)).rejects.toMatchObject({ code: 'token_missing' });
  });

  it('serves interceptors, with and without a response', async () => {
    const { headers, operation: leaving } = responding(operation(token));
    expect(await call('leave', leaving)).toEqual({ value: 'left', hasUser: true });
    expect(headers.get('Clear-Site-Data')).toContain('cookies');
    expect(await call('leave', operation(token))).toEqual({ value: 'left', hasUser: true });
  });

  it('denies if it finds nothing to authenticate', async () => {
    for (const name of ['me', 'open'] as const) {
      await expect(call(name)).rejects.toBeInstanceOf(ForbiddenException);
    }
  });

  it('can find the token elsewhere, and change the refusal', async () => {
    const opened = { request: { headers: {} }, token };
    expect(await call('me', opened, 'connection')).toEqual({ userId, roles: ['user'] });
    expect(await call('me', operation(token), 'connection')).toMatchObject({ userId });
    await expect(call('me', operation(), 'connection')).rejects.toThrow('closed: token_missing');
    await expect(call('rule', opened, 'connection')).rejects.toThrow('closed: insufficient_role');
  });

  it('can answer exceptions of a handler', async () => {
    await expect(call('refusing', operation(), 'connection')).rejects.toThrow(
      'closed: insufficient_role',
    );
    await expect(call('refusing', operation())).rejects.toBeInstanceOf(InsufficientRoleException);
  });
});

describe('a context of no registered transport', () => {
  it('is denied, also on a public route, and nothing is read', async () => {
    const authenticate = vi.spyOn(app.app.get(Authenticator), 'authenticate');
    for (const name of ['me', 'rule', 'look', 'open'] as const) {
      await expect(call(name, operation(token), 'graphql')).rejects.toBeInstanceOf(
        ForbiddenException,
      );
    }
    expect(authenticate).not.toHaveBeenCalled();
    authenticate.mockRestore();
  });
});

it('HTTP cannot be replaced', () => {
  expect(() => registerTransport('http', new OperationTransport())).toThrow(TypeError);
});
