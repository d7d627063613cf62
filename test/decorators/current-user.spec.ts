import { Controller, Get, Injectable, type PipeTransform, UseGuards } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from 'vitest';
import type { Principal } from '../../lib/decision/principal.js';
import { CurrentUser } from '../../lib/decorators/current-user.decorator.js';
import { OptionalAuth, Public } from '../../lib/decorators/access.decorators.js';
import { JwtAuthGuard } from '../../lib/guards/jwt-auth.guard.js';
import { serve, type Served } from '../guards/support/application.js';
import { ADAPTERS } from '../support/http.js';

@Injectable()
class ShoutPipe implements PipeTransform<unknown, string> {
  transform(value: unknown) {
    return typeof value === 'string' ? value.toUpperCase() : 'NOBODY';
  }
}

const shown = (value: unknown) => ({ value: value ?? null });

@Controller()
@UseGuards(JwtAuthGuard)
class Site {
  @Get('whole')
  whole(@CurrentUser() user: Principal) {
    return shown(user);
  }

  @Get('roles')
  roles(@CurrentUser('roles') roles: readonly string[]) {
    return shown(roles);
  }

  @Get('piped')
  piped(@CurrentUser('subject', ShoutPipe) subject: string) {
    return shown(subject);
  }

  @Get('piped-whole')
  pipedWhole(@CurrentUser(new ShoutPipe()) user: string) {
    return shown(user);
  }

  @Get('public')
  @Public()
  public(@CurrentUser() user?: Principal) {
    return shown(user);
  }

  @Get('public-part')
  @Public()
  publicPart(@CurrentUser('subject') subject?: string) {
    return shown(subject);
  }

  @Get('optional')
  @OptionalAuth()
  optional(@CurrentUser('subject') subject?: string) {
    return shown(subject);
  }
}

describe.each(ADAPTERS)('@CurrentUser on %s', (adapter) => {
  let site: Served;
  beforeAll(async () => {
    site = await serve({ controllers: [Site], adapter });
  });
  afterAll(() => site.close());

  it('is the whole principal', async () => {
    expect((await site.get('/whole', 'alice')).body).toEqual({
      value: {
        subject: 'alice',
        userId: 'alice',
        roles: ['user'],
        permissions: [],
        sessionId: 'alice-session',
        tokenId: 'alice-token',
        claims: expect.objectContaining({ sub: 'alice' }),
      },
    });
  });

  it.each([
    ['/roles', 'ed', ['editor']],
    ['/piped', 'alice', 'ALICE'],
    ['/piped-whole', 'alice', 'NOBODY'],
    ['/public', 'alice', null],
    ['/public-part', 'alice', null],
    ['/optional', 'alice', 'alice'],
    ['/optional', 'expired', null],
    ['/optional', undefined, null],
  ])('%s with token %s: %j', async (path, token, value) => {
    expect((await site.get(path, token)).body).toEqual({ value });
  });
});

it('takes the name of a property and pipes, and nothing else', () => {
  type Argument = Parameters<typeof CurrentUser>[number];
  expectTypeOf<'subject'>().toExtend<Argument>();
  expectTypeOf<typeof ShoutPipe>().toExtend<Argument>();
  expectTypeOf<ShoutPipe>().toExtend<Argument>();
  expectTypeOf<'e-mail'>().not.toExtend<Argument>();
  expectTypeOf<number>().not.toExtend<Argument>();
});
