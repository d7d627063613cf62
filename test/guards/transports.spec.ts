import {
  type CanActivate,
  Controller,
  type ExecutionContext,
  Get,
  type INestMicroservice,
  UseGuards,
} from '@nestjs/common';
import { APP_FILTER, APP_GUARD, DiscoveryModule } from '@nestjs/core';
import {
  type ClientProxy,
  ClientProxyFactory,
  Ctx,
  MessagePattern,
  Payload,
  TcpContext,
  Transport,
} from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import { lastValueFrom } from 'rxjs';
import { afterEach, describe, expect, it } from 'vitest';
import { Authenticator } from '../../lib/transport/authenticator.js';
import type { Principal } from '../../lib/decision/principal.js';
import { Refusal } from '../../lib/decision/refusal.js';
import { CurrentUser } from '../../lib/decorators/current-user.decorator.js';
import { Public, Roles } from '../../lib/decorators/access.decorators.js';
import { AuthExceptionFilter } from '../../lib/transport/auth-exception.filter.js';
import { AuthenticationRefusedException } from '../../lib/errors/auth.exceptions.js';
import { JwtAuthGuard } from '../../lib/guards/jwt-auth.guard.js';
import { JwtRolesGuard } from '../../lib/guards/jwt-roles.guard.js';
import { RolesGuard } from '../../lib/guards/roles.guard.js';
import { RouteAudit } from '../../lib/guards/route-audit.js';
import { serve } from './support/application.js';
import { TokenBook } from './support/token-book.js';
import { freePort } from '../support/own-server.js';

/** What the handlers got to see. */
const seen: unknown[] = [];

/** What came before the guards: a payload that nobody may write on. */
const sent: unknown[] = [];

class SealPayload implements CanActivate {
  canActivate(context: ExecutionContext) {
    if (context.getType() === 'rpc') sent.push(Object.freeze(context.switchToRpc().getData()));
    return true;
  }
}

@UseGuards(SealPayload)
class Handlers {
  @MessagePattern('guarded')
  @UseGuards(JwtAuthGuard)
  guarded(@Payload() payload: unknown) {
    seen.push(payload);
    return 'handled';
  }

  @MessagePattern('roles')
  @UseGuards(RolesGuard)
  roles(@Payload() payload: unknown) {
    seen.push(payload);
    return 'handled';
  }

  @MessagePattern('both')
  @Roles('admin')
  @UseGuards(JwtRolesGuard)
  both(@Payload() payload: unknown) {
    seen.push(payload);
    return 'handled';
  }

  // Guards do not know yet what public means here, so even this is denied.
  @MessagePattern('public')
  @Public()
  @UseGuards(JwtAuthGuard)
  public(@Payload() payload: unknown) {
    seen.push(payload);
    return 'handled';
  }

  @MessagePattern('free')
  free(
    @Payload() payload: unknown,
    @CurrentUser() user: Principal | undefined,
    @Ctx() _context: TcpContext,
  ) {
    seen.push(payload);
    return { user: user ?? null };
  }

  @MessagePattern('refusing')
  refusing() {
    throw new AuthenticationRefusedException(new Refusal('token_revoked'));
  }
}

@Controller()
class Messages extends Handlers {}

/** What a sender would put into a payload to be taken for a request with a good token, or a user. */
const FORGED = {
  headers: { authorization: 'Bearer root' },
  user: { userId: 'root', roles: ['admin'] },
};

const closing: (() => unknown)[] = [];
afterEach(async () => {
  seen.length = 0;
  sent.length = 0;
  for (const close of closing.splice(0).toReversed()) await close();
});

interface Endpoint {
  readonly transport: Transport.TCP;
  readonly options: { readonly host: string; readonly port: number };
}

/** Nest's TCP server does not tell which port it was given. */
async function tcp(): Promise<Endpoint> {
  return { transport: Transport.TCP, options: { host: '127.0.0.1', port: await freePort() } };
}

function clientOf(options: Endpoint): ClientProxy {
  const client = ClientProxyFactory.create(options);
  closing.push(() => client.close());
  return client;
}

const send = (client: ClientProxy, pattern: string, payload: unknown): Promise<unknown> =>
  lastValueFrom(client.send(pattern, payload));

/** @param sealed whether the payload gets as far as the guards of the class */
async function expectDenied(
  client: ClientProxy,
  book: TokenBook,
  pattern: string,
  sealed: boolean,
) {
  await expect(send(client, pattern, FORGED)).rejects.toEqual({
    status: 'error',
    message: 'Forbidden resource',
  });
  expect(sent.splice(0)).toEqual(sealed ? [FORGED] : []);
  expect(seen).toEqual([]);
  expect(book.asked).toBe(0);
}

const DENIED = ['guarded', 'roles', 'both', 'public'];

describe('a microservice', () => {
  it('denies, and does not treat a payload as a request', async () => {
    const book = new TokenBook();
    const options = await tcp();
    const module = await Test.createTestingModule({
      imports: [DiscoveryModule],
      controllers: [Messages],
      providers: [
        { provide: Authenticator, useValue: book },
        RouteAudit,
        { provide: APP_FILTER, useClass: AuthExceptionFilter },
      ],
    }).compile();
    const service: INestMicroservice = module.createNestMicroservice({ ...options, logger: false });
    closing.push(() => service.close());
    await service.listen();
    const client = clientOf(options);

    for (const pattern of DENIED) await expectDenied(client, book, pattern, true);
    expect(await send(client, 'free', FORGED)).toEqual({ user: null });
    expect(seen).toEqual([FORGED]);
    await expect(send(client, 'refusing', {})).rejects.toEqual({
      statusCode: 401,
      error: 'Unauthorized',
      code: 'token_revoked',
      message: 'The access token was revoked.',
    });
  });

  it('denies with a global guard too, which is enough for the check at boot here', async () => {
    @Controller()
    class Unguarded extends Handlers {
      @MessagePattern('asking')
      @Roles('admin')
      asking() {}
    }
    const book = new TokenBook();
    const options = await tcp();
    const module = await Test.createTestingModule({
      imports: [DiscoveryModule],
      controllers: [Unguarded],
      providers: [
        { provide: Authenticator, useValue: book },
        RouteAudit,
        { provide: APP_GUARD, useClass: JwtRolesGuard },
      ],
    }).compile();
    const service = module.createNestMicroservice({ ...options, logger: false });
    closing.push(() => service.close());
    await service.listen();
    const client = clientOf(options);
    for (const pattern of ['free', 'asking']) await expectDenied(client, book, pattern, false);
  });
});

describe.each([true, false])(
  'a hybrid application with inheritAppConfig %s',
  (inheritAppConfig) => {
    it('denies messages and serves requests', async () => {
      @Controller()
      class Site extends Handlers {
        @Get('mine')
        mine(@CurrentUser('userId') id: string) {
          return id;
        }
      }
      const book = new TokenBook();
      const options = await tcp();
      const site = await serve({
        controllers: [Site],
        book,
        providers: [{ provide: APP_GUARD, useExisting: JwtAuthGuard }],
        prepare: (app) => app.connectMicroservice(options, { inheritAppConfig }),
      });
      closing.push(() => site.close());
      await site.app.startAllMicroservices();
      const client = clientOf(options);

      for (const pattern of DENIED) await expectDenied(client, book, pattern, !inheritAppConfig);
      if (inheritAppConfig) await expectDenied(client, book, 'free', false);
      // Without it Nest leaves global guards out, and nothing on the handler asks for one.
      else expect(await send(client, 'free', FORGED)).toEqual({ user: null });
      expect((await site.get('/mine', 'alice')).body).toBe('alice');
      expect((await site.get('/mine')).status).toBe(401);
    });
  },
);
