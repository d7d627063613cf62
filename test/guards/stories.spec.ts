import {
  type ArgumentsHost,
  Catch,
  Controller,
  type ExceptionFilter,
  Get,
  HttpException,
  Injectable,
  type NestMiddleware,
  Req,
  UseFilters,
  UseGuards,
} from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { afterEach, describe, expect, it } from 'vitest';
import type { AuthRequest } from '../../lib/transport/auth-request.js';
import type { AccessRule } from '../../lib/decision/access.js';
import type { Principal } from '../../lib/decision/principal.js';
import { CurrentUser } from '../../lib/decorators/current-user.decorator.js';
import { OptionalAuth, Public, Roles } from '../../lib/decorators/access.decorators.js';
import { JwtAuthGuard } from '../../lib/guards/jwt-auth.guard.js';
import { JwtRolesGuard } from '../../lib/guards/jwt-roles.guard.js';
import { RolesGuard } from '../../lib/guards/roles.guard.js';
import type { AuthTransport } from '../../lib/transport/transport.js';
import { serve, type Served, type Setup } from './support/application.js';
import { TokenBook } from './support/token-book.js';
import { ADAPTERS } from '../support/http.js';

let running: Served | undefined;
afterEach(async () => {
  await running?.close();
  running = undefined;
});

async function run(setup: Setup): Promise<Served> {
  running = await serve(setup);
  return running;
}

describe.each(ADAPTERS)('on %s', (adapter) => {
  it('an editor opens one page to the world, and the rest of the site stays closed', async () => {
    @Controller()
    @UseGuards(JwtRolesGuard)
    @Roles('editor')
    class Site {
      @Get('front')
      @Public()
      front() {
        return 'welcome';
      }

      @Get('drafts')
      drafts() {
        return 'drafts';
      }
    }
    const site = await run({ controllers: [Site], adapter });
    expect((await site.get('/front')).status).toBe(200);
    expect((await site.get('/drafts')).status).toBe(401);
    expect((await site.get('/drafts', 'alice')).status).toBe(403);
    expect((await site.get('/drafts', 'ed')).status).toBe(200);
  });

  it('RolesGuard alone authenticates nobody, even if a middleware sets a user', async () => {
    @Injectable()
    class Impostor implements NestMiddleware {
      use(request: AuthRequest, _response: unknown, next: () => void) {
        request.user = { userId: 'root', roles: ['admin'], permissions: [] };
        next();
      }
    }
    @Controller()
    @UseGuards(RolesGuard)
    class Site {
      @Get('admin')
      @Roles('admin')
      admin() {
        return 'secret';
      }

      @Get('nothing-asked')
      open(@CurrentUser() user?: Principal) {
        return { user: user ?? null };
      }
    }
    const impostor = new Impostor();
    const site = await run({
      controllers: [Site],
      adapter,
      prepare: (app) => app.use(impostor.use),
    });
    for (const token of [undefined, 'root']) {
      const answer = await site.get('/admin', token);
      expect(answer.status).toBe(401);
      expect(answer.body).toMatchObject({ code: 'token_missing' });
      expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    }
    // @CurrentUser does not believe it either.
    expect((await site.get('/nothing-asked')).body).toEqual({ user: null });
  });

  it('an optional route removes a user that other code has set', async () => {
    @Controller()
    class Site {
      @Get('perhaps')
      @OptionalAuth()
      @UseGuards(JwtAuthGuard)
      perhaps(@Req() request: AuthRequest) {
        return { user: request.user ?? null };
      }
    }
    const site = await run({
      controllers: [Site],
      adapter,
      prepare: (app) =>
        app.use((request: AuthRequest, _response: unknown, next: () => void) => {
          request.user = { userId: 'root' };
          next();
        }),
    });
    expect((await site.get('/perhaps', 'expired')).body).toEqual({ user: null });
    expect((await site.get('/perhaps')).body).toEqual({ user: null });
  });

  it('RolesGuard before authentication denies', async () => {
    @Controller()
    @UseGuards(RolesGuard, JwtAuthGuard)
    class Site {
      @Get('edit')
      @Roles('editor')
      edit() {
        return 'edited';
      }
    }
    const site = await run({ controllers: [Site], adapter });
    expect((await site.get('/edit', 'ed')).status).toBe(401);
  });

  it('a catch-all filter of the application does not lose the challenge', async () => {
    @Catch()
    class Everything implements ExceptionFilter {
      catch(exception: unknown, host: ArgumentsHost) {
        const status = exception instanceof HttpException ? exception.getStatus() : 500;
        const response = host.switchToHttp().getResponse<{
          status(code: number): { send(body: unknown): void };
        }>();
        response.status(status).send({ oops: true });
      }
    }
    @Controller()
    @UseFilters(Everything)
    class Site {
      @Get('mine')
      @UseGuards(JwtAuthGuard)
      mine() {
        return 'mine';
      }

      @Get('edit')
      @Roles('editor')
      @UseGuards(JwtAuthGuard, RolesGuard)
      edit() {
        return 'edited';
      }
    }
    const site = await run({ controllers: [Site], adapter, book: new TokenBook('later') });
    const header = async (path: string, token: string | undefined, name: string) => {
      const answer = await site.get(path, token);
      expect(answer.body).toEqual({ oops: true });
      return answer.headers.get(name);
    };
    expect(await header('/mine', undefined, 'www-authenticate')).toBe('Bearer');
    expect(await header('/mine', 'expired', 'www-authenticate')).toContain('invalid_token');
    expect(await header('/edit', 'alice', 'www-authenticate')).toContain('insufficient_scope');
    expect(await header('/mine', 'down', 'retry-after')).toBe('1');
  });
});

describe('one request, one decision', () => {
  it('is decided once, even if several guards protect the route', async () => {
    @Controller()
    @UseGuards(JwtAuthGuard)
    class Site {
      @Get('edit')
      @Roles('editor')
      @UseGuards(JwtRolesGuard, JwtAuthGuard)
      edit(@CurrentUser('subject') subject: string) {
        return subject;
      }
    }
    const book = new TokenBook('later');
    const site = await run({
      controllers: [Site],
      book,
      providers: [{ provide: APP_GUARD, useExisting: JwtRolesGuard }],
    });
    expect((await site.get('/edit', 'ed')).body).toBe('ed');
    expect(book.asked).toBe(1);
    await site.get('/edit', 'ed');
    expect(book.asked).toBe(2);
  });

  it('is not spared by a principal that the application kept from an earlier request', async () => {
    @Controller()
    @UseGuards(JwtAuthGuard)
    class Site {
      @Get('mine')
      mine() {
        return 'mine';
      }
    }
    const book = new TokenBook();
    const kept = book.principal('ed');
    const site = await run({
      controllers: [Site],
      book,
      prepare: (app) =>
        app.use((request: AuthRequest, _response: unknown, next: () => void) => {
          request.user = kept;
          next();
        }),
    });
    expect((await site.get('/mine', 'expired')).status).toBe(401);
  });

  it('waits for a promise of another library, and takes its failure for one', async () => {
    @Controller()
    @UseGuards(JwtAuthGuard)
    class Site {
      @Get('mine')
      mine(@CurrentUser('userId') id: string) {
        return id;
      }
    }
    class Foreign extends TokenBook {
      override authenticate(request: AuthRequest): Principal | Promise<Principal> {
        const pending = Promise.resolve(super.authenticate(request));
        return {
          // oxlint-disable-next-line unicorn/no-thenable
          then: pending.then.bind(pending),
          catch: pending.catch.bind(pending),
          finally: pending.finally.bind(pending),
          [Symbol.toStringTag]: 'Foreign',
        };
      }
    }
    const site = await run({ controllers: [Site], book: new Foreign('later') });
    expect((await site.get('/mine', 'alice')).body).toBe('alice');
    expect((await site.get('/mine', 'expired')).status).toBe(401);
  });
});

describe('a guard of the application', () => {
  it('changes one step and keeps the others', async () => {
    @Injectable()
    class ApiKeyGuard extends JwtRolesGuard {
      protected override authenticate(
        request: AuthRequest,
        rule: AccessRule,
        transport: AuthTransport,
      ) {
        return request.headers['x-api-key'] === 'k'
          ? this.robots.principal('ed')
          : super.authenticate(request, rule, transport);
      }

      private readonly robots = new TokenBook();
    }
    @Injectable()
    class LockedGuard extends JwtAuthGuard {
      protected override ruleOf(): AccessRule {
        return { mode: 'authenticated', anyRole: [], allRoles: [], permissions: [] };
      }
    }
    @Controller()
    class Site {
      @Get('edit')
      @Roles('editor')
      @UseGuards(ApiKeyGuard)
      edit(@CurrentUser('userId') id: string) {
        return id;
      }

      @Get('locked')
      @Public()
      @UseGuards(LockedGuard)
      locked() {
        return 'in';
      }
    }
    const site = await run({ controllers: [Site] });
    const url = await site.app.getUrl();
    const byKey = await fetch(`${url}/edit`, { headers: { 'x-api-key': 'k' } });
    expect(await byKey.text()).toBe('ed');
    expect((await site.get('/edit', 'alice')).status).toBe(403);
    expect((await site.get('/locked')).status).toBe(401);
    expect((await site.get('/locked', 'alice')).status).toBe(200);
  });

  it('can be overridden in tests if the global guard is given with useExisting', async () => {
    @Controller()
    class Site {
      @Get('edit')
      @Roles('editor')
      edit() {
        return 'edited';
      }
    }
    const site = await run({
      controllers: [Site],
      providers: [{ provide: APP_GUARD, useExisting: JwtRolesGuard }],
      override: (builder) =>
        builder.overrideProvider(JwtRolesGuard).useValue({ canActivate: () => true }),
    });
    expect((await site.get('/edit')).body).toBe('edited');
  });
});

describe('realms', () => {
  const Admins = JwtRolesGuard.for('admin-jwt');

  it('are known by one class each, per guard', () => {
    class Own extends JwtAuthGuard {}
    expect(JwtAuthGuard.for('admin-jwt')).toBe(JwtAuthGuard.for('admin-jwt'));
    expect(JwtAuthGuard.for('jwt')).toBe(JwtAuthGuard);
    expect(JwtRolesGuard.for('admin-jwt')).toBe(Admins);
    expect(new Set([JwtAuthGuard, JwtRolesGuard, Own].map((guard) => guard.for('x'))).size).toBe(3);
    expect(Own.for('x').prototype).toBeInstanceOf(Own);
    expect(Admins.name).toBe('JwtRolesGuard(admin-jwt)');
  });

  it('do not accept the users of each other', async () => {
    class Staff extends TokenBook {
      protected override readonly accounts = { boss: ['admin'] };
    }
    const staff = new Staff('at once', 'admin-jwt');
    const book = new TokenBook();

    @Controller()
    class Site {
      @Get('staff')
      @Roles('admin')
      @UseGuards(Admins)
      staff(@CurrentUser('userId') id: string) {
        return id;
      }

      @Get('both')
      @UseGuards(JwtAuthGuard, JwtAuthGuard.for('admin-jwt'))
      both() {
        return 'in';
      }
    }
    const site = await run({ controllers: [Site], book, named: [staff] });
    expect((await site.get('/staff', 'boss')).body).toBe('boss');
    expect((await site.get('/staff', 'root')).status).toBe(401);
    // Good for the first guard, unknown to the second.
    expect((await site.get('/both', 'root')).status).toBe(401);
    expect(book.asked).toBe(1);
  });
});
