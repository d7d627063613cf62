import { Controller, Get, type Type, UseGuards } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CurrentUser } from '../../lib/decorators/current-user.decorator.js';
import {
  AllRoles,
  OptionalAuth,
  Permissions,
  Public,
  Roles,
} from '../../lib/decorators/access.decorators.js';
import { JwtAuthGuard } from '../../lib/guards/jwt-auth.guard.js';
import { JwtRolesGuard } from '../../lib/guards/jwt-roles.guard.js';
import { RolesGuard } from '../../lib/guards/roles.guard.js';
import { serve, type Served, type Setup } from './support/application.js';
import { TokenBook } from './support/token-book.js';
import { ADAPTERS } from '../support/http.js';

/** The same routes for every way to set guards; each answers with who the handler was told. */
class Articles {
  @Get('mine')
  mine(@CurrentUser('userId') user?: string) {
    return { user: user ?? null };
  }

  @Get('open')
  @Public()
  open(@CurrentUser('userId') user?: string) {
    return { user: user ?? null };
  }

  @Get('perhaps')
  @OptionalAuth()
  perhaps(@CurrentUser('userId') user?: string) {
    return { user: user ?? null };
  }

  @Get('edit')
  @Roles('editor', 'reviewer')
  edit(@CurrentUser('userId') user?: string) {
    return { user: user ?? null };
  }

  @Get('both')
  @AllRoles('editor', 'user')
  both(@CurrentUser('userId') user?: string) {
    return { user: user ?? null };
  }

  @Get('delete')
  @Permissions('articles:write', 'articles:delete')
  delete(@CurrentUser('userId') user?: string) {
    return { user: user ?? null };
  }
}

function controller(...guards: Type[]): Type {
  @Controller()
  @UseGuards(...guards)
  class Guarded extends Articles {}
  return Guarded;
}

const global = (guard: Type, how: 'useClass' | 'useExisting') =>
  how === 'useClass'
    ? { provide: APP_GUARD, useClass: guard }
    : { provide: APP_GUARD, useExisting: guard };

const WAYS: Record<string, Pick<Setup, 'controllers' | 'providers'>> = {
  '@UseGuards(JwtAuthGuard, RolesGuard)': { controllers: [controller(JwtAuthGuard, RolesGuard)] },
  '@UseGuards(JwtRolesGuard)': { controllers: [controller(JwtRolesGuard)] },
  'APP_GUARD useExisting JwtRolesGuard': {
    controllers: [controller()],
    providers: [global(JwtRolesGuard, 'useExisting')],
  },
  'APP_GUARD useClass JwtAuthGuard, RolesGuard': {
    controllers: [controller()],
    providers: [global(JwtAuthGuard, 'useClass'), global(RolesGuard, 'useClass')],
  },
};

const ok = (user: string | null) => ({ status: 200, user });
const no = (status: number, code: string) => ({ status, code });

/** Route, token, answer. */
const ROWS: [
  string,
  string | undefined,
  { status: number; code?: string; user?: string | null },
][] = [
  ['/mine', 'alice', ok('alice')],
  ['/mine', undefined, no(401, 'token_missing')],
  ['/mine', 'expired', no(401, 'token_expired')],
  ['/mine', 'nonsense', no(401, 'token_malformed')],
  ['/mine', 'down', no(503, 'auth_unavailable')],
  ['/open', undefined, ok(null)],
  ['/open', 'expired', ok(null)],
  ['/open', 'down', ok(null)],
  ['/open', 'alice', ok(null)],
  ['/perhaps', undefined, ok(null)],
  ['/perhaps', 'expired', ok(null)],
  ['/perhaps', 'alice', ok('alice')],
  ['/perhaps', 'down', no(503, 'auth_unavailable')],
  ['/edit', 'ed', ok('ed')],
  ['/edit', 'root', ok('root')],
  ['/edit', 'alice', no(403, 'insufficient_role')],
  ['/edit', undefined, no(401, 'token_missing')],
  ['/edit', 'expired', no(401, 'token_expired')],
  ['/edit', 'down', no(503, 'auth_unavailable')],
  ['/both', 'ed', ok('ed')],
  ['/both', 'alice', no(403, 'insufficient_role')],
  ['/delete', 'root', ok('root')],
  ['/delete', 'ed', no(403, 'insufficient_role')],
];

const CHALLENGES: Record<string, RegExp> = {
  token_missing: /^Bearer$/,
  token_expired: /^Bearer error="invalid_token", error_description="[^"]+"$/,
  token_malformed: /^Bearer error="invalid_token", error_description="[^"]+"$/,
  insufficient_role: /^Bearer error="insufficient_scope", error_description="[^"]+"$/,
};

for (const adapter of ADAPTERS) {
  for (const pace of ['at once', 'later'] as const) {
    describe.each(Object.entries(WAYS))(`%s on ${adapter}, decided ${pace}`, (_, way) => {
      let served: Served;
      beforeAll(async () => {
        served = await serve({ ...way, adapter, book: new TokenBook(pace) });
      });
      afterAll(() => served.close());

      it.each(ROWS)('%s with token %s: %o', async (path, token, expected) => {
        const { status, headers, body } = await served.get(path, token);
        const { code, user } = expected;
        if (code === undefined) {
          expect({ status, body }).toEqual({ status: 200, body: { user } });
          expect(headers.get('www-authenticate')).toBeNull();
          return;
        }
        expect(body).toEqual({
          statusCode: expected.status,
          error: expect.stringMatching(/^[A-Z][A-Za-z ]+$/),
          code,
          message: expect.stringMatching(/\.$/),
        });
        expect(status).toBe(expected.status);
        const challenge = CHALLENGES[code];
        if (challenge) expect(headers.get('www-authenticate')).toMatch(challenge);
        expect(headers.get('retry-after')).toBe(code === 'auth_unavailable' ? '1' : null);
      });
    });
  }
}
