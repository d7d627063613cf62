import {
  type CanActivate,
  Controller,
  type ExecutionContext,
  Get,
  Injectable,
  Scope,
  type Type,
  UseGuards,
} from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { MessagePattern } from '@nestjs/microservices';
import { AuthGuard } from '@nestjs/passport';
import { describe, expect, it } from 'vitest';
import { EnforcesRoles } from '../../lib/decorators/enforces-roles.decorator.js';
import {
  AllRoles,
  Freshness,
  OptionalAuth,
  Permissions,
  Public,
  Roles,
} from '../../lib/decorators/access.decorators.js';
import { AuthConfigurationError } from '../../lib/errors/auth.errors.js';
import { JwtAuthGuard } from '../../lib/guards/jwt-auth.guard.js';
import { JwtRolesGuard } from '../../lib/guards/jwt-roles.guard.js';
import { RolesGuard } from '../../lib/guards/roles.guard.js';
import { serve, type Setup, start } from './support/application.js';
import { TokenBook } from './support/token-book.js';

/** The problems that stop the start; none when it starts. */
async function problemsOf(setup: Setup): Promise<readonly string[]> {
  try {
    const app = await start(setup);
    await app.close();
    return [];
  } catch (error) {
    if (error instanceof AuthConfigurationError) return error.problems;
    throw error;
  }
}

@EnforcesRoles()
@Injectable()
class OwnGuard implements CanActivate {
  canActivate(_context: ExecutionContext) {
    return false;
  }
}
@Injectable()
class Scoped extends JwtRolesGuard {}
Injectable({ scope: Scope.REQUEST })(Scoped);

const wanting = (...guards: (Type | CanActivate)[]): Type => {
  @Controller()
  class Wanting {
    @Get('edit')
    @Roles('editor')
    @UseGuards(...guards)
    edit() {}

    @Get('open')
    @Public()
    open() {}

    @Get('plain')
    plain() {}
  }
  return Wanting;
};

describe('a route that asks for roles', () => {
  it('stops the start when nothing before it enforces them, and says what to do', async () => {
    const problems = await problemsOf({ controllers: [wanting(JwtAuthGuard)] });
    expect(problems).toEqual([
      expect.stringMatching(
        /^Wanting\.edit requires roles or permissions, but no guard enforces them\. Add @UseGuards\(JwtRolesGuard\)/,
      ),
    ]);
  });

  it('lists every one of them, with any kind of requirement', async () => {
    @Controller('b')
    @AllRoles('editor')
    class ByClass {
      @Get()
      first() {}

      @Get('open')
      @OptionalAuth()
      open() {}
    }
    @Permissions('p')
    abstract class Base {
      @Get('inherited')
      inherited() {}
    }
    @Controller('c')
    class ByBase extends Base {}
    class Overridden {
      @Get('handle')
      @UseGuards(RolesGuard)
      @Roles('admin')
      handle() {}
    }
    // Nest gives an override nothing of the guards on what it overrides.
    @Controller('d')
    class ByOverride extends Overridden {
      @Get('handle')
      override handle() {}
    }
    const controllers = [wanting(), ByClass, ByBase, ByOverride];
    const names = (await problemsOf({ controllers })).map((problem) => problem.split(' ')[0]);
    expect(names).toEqual([
      'Wanting.edit',
      'ByClass.first',
      'ByBase.inherited',
      'ByOverride.handle',
    ]);
  });

  it.each<[string, Pick<Setup, 'controllers' | 'providers' | 'prepare' | 'named'>]>([
    ['RolesGuard on the method', { controllers: [wanting(JwtAuthGuard, RolesGuard)] }],
    ['an instance of it', { controllers: [wanting(new RolesGuard())] }],
    ['JwtRolesGuard', { controllers: [wanting(JwtRolesGuard)] }],
    ['a subclass of it', { controllers: [wanting(class Sub extends JwtRolesGuard {})] }],
    [
      'that of another realm',
      {
        controllers: [wanting(JwtRolesGuard.for('admin-jwt'))],
        named: [new TokenBook('at once', 'admin-jwt')],
      },
    ],
    ['a guard marked with @EnforcesRoles', { controllers: [wanting(OwnGuard)] }],
    [
      'APP_GUARD with useClass',
      { controllers: [wanting()], providers: [{ provide: APP_GUARD, useClass: RolesGuard }] },
    ],
    [
      'APP_GUARD with useExisting',
      {
        controllers: [wanting()],
        providers: [{ provide: APP_GUARD, useExisting: JwtRolesGuard }],
      },
    ],
    [
      'APP_GUARD with useFactory',
      {
        controllers: [wanting()],
        providers: [{ provide: APP_GUARD, useFactory: () => new RolesGuard() }],
      },
    ],
    [
      'a request-scoped APP_GUARD',
      { controllers: [wanting()], providers: [{ provide: APP_GUARD, useClass: Scoped }] },
    ],
    [
      'useGlobalGuards',
      { controllers: [wanting()], prepare: (app) => app.useGlobalGuards(new RolesGuard()) },
    ],
  ])('starts with %s', async (_, setup) => {
    expect(await problemsOf(setup)).toEqual([]);
  });

  it('starts with a guard on a base class', async () => {
    @UseGuards(JwtRolesGuard)
    abstract class Base {}
    @Controller()
    class Site extends Base {
      @Get()
      @Roles('admin')
      handle() {}
    }
    expect(await problemsOf({ controllers: [Site] })).toEqual([]);
  });

  it('is not satisfied by authentication alone, not even everywhere', async () => {
    const providers = [{ provide: APP_GUARD, useExisting: JwtAuthGuard }];
    expect(await problemsOf({ controllers: [wanting()], providers })).toHaveLength(1);
  });

  it('is not satisfied by a provider that is not a guard of the application', async () => {
    const providers = [{ provide: 'spare guard', useExisting: RolesGuard }];
    expect(await problemsOf({ controllers: [wanting()], providers })).toHaveLength(1);
  });

  it('needs no guard on a method that is not a route', async () => {
    @Controller()
    class Site {
      @Roles('admin')
      helper() {}
    }
    expect(await problemsOf({ controllers: [Site] })).toEqual([]);
  });

  it('is checked in request-scoped controllers too', async () => {
    @Controller({ scope: Scope.REQUEST })
    class PerRequest {
      @Get()
      @Roles('admin')
      handle() {}
    }
    expect(await problemsOf({ controllers: [PerRequest] })).toHaveLength(1);
  });

  it('as a message handler is not protected by a global guard of a hybrid application', async () => {
    @Controller()
    class Messages {
      @MessagePattern('edit')
      @Roles('editor')
      edit() {}
    }
    const providers = [{ provide: APP_GUARD, useExisting: JwtRolesGuard }];
    const [problem] = await problemsOf({ controllers: [Messages], providers });
    expect(problem).toMatch(/^Messages\.edit .* handles messages, .* Add @UseGuards/);
  });
});

const strict = (...guards: (Type | CanActivate)[]): Type => {
  @Controller()
  class Strict {
    @Get('pay')
    @Freshness('strict')
    @UseGuards(...guards)
    pay() {}

    @Get('plain')
    plain() {}
  }
  return Strict;
};

describe('a route that asks for strict freshness', () => {
  it.each<[string, Type[]]>([
    ['nothing', []],
    ["AuthGuard('jwt')", [AuthGuard('jwt')]],
    ["RolesGuard after AuthGuard('jwt')", [AuthGuard('jwt'), RolesGuard]],
    ['a guard of its own that enforces roles', [OwnGuard]],
  ])('stops the start with %s before it, and says what to do', async (_, guards) => {
    expect(await problemsOf({ controllers: [strict(...guards)] })).toEqual([
      expect.stringMatching(
        /^Strict\.pay requires strict freshness, .* AuthGuard\('jwt'\) does not\. Add @UseGuards\(JwtAuthGuard\)/,
      ),
    ]);
  });

  it('stops it for every route of a class that requires it itself or by its base', async () => {
    @Controller('a')
    @Freshness('strict')
    class ByClass {
      @Get('first')
      first() {}

      @Get('second')
      @UseGuards(JwtAuthGuard)
      second() {}

      helper() {}
    }
    @Controller('b')
    class ByBase extends ByClass {
      @Get('third')
      third() {}
    }
    const problems = await problemsOf({ controllers: [ByClass, ByBase] });
    expect(problems.map((problem) => problem.split(' ')[0]).sort()).toEqual([
      'ByBase.first',
      'ByBase.third',
      'ByClass.first',
    ]);
  });

  it('is not satisfied by an AuthGuard everywhere', async () => {
    const providers = [{ provide: APP_GUARD, useClass: AuthGuard('jwt') }];
    expect(await problemsOf({ controllers: [strict()], providers })).toHaveLength(1);
  });

  it.each<[string, Pick<Setup, 'controllers' | 'providers' | 'named'>]>([
    ['JwtAuthGuard', { controllers: [strict(JwtAuthGuard)] }],
    ['JwtRolesGuard', { controllers: [strict(JwtRolesGuard)] }],
    ['a subclass of it', { controllers: [strict(class Sub extends JwtAuthGuard {})] }],
    [
      'that of another realm',
      {
        controllers: [strict(JwtAuthGuard.for('admin-jwt'))],
        named: [new TokenBook('at once', 'admin-jwt')],
      },
    ],
    ["it after AuthGuard('jwt')", { controllers: [strict(AuthGuard('jwt'), JwtAuthGuard)] }],
    [
      'it everywhere',
      { controllers: [strict()], providers: [{ provide: APP_GUARD, useExisting: JwtAuthGuard }] },
    ],
  ])('starts with %s', async (_, setup) => {
    expect(await problemsOf(setup)).toEqual([]);
  });
});

describe('an element that contradicts itself', () => {
  it('stops the start once, on every kind of element', async () => {
    @Public()
    @Roles('admin')
    abstract class Base {
      @Public()
      @OptionalAuth()
      twice() {}
    }
    @Controller('one')
    @UseGuards(JwtRolesGuard)
    class One extends Base {
      @Get('x')
      @OptionalAuth()
      @Permissions('p')
      handle() {}

      @Get('y')
      @Public()
      fine() {}
    }
    @Controller('two')
    @UseGuards(JwtRolesGuard)
    class Two extends Base {}
    const problems = await problemsOf({ controllers: [One, Two] });
    expect(problems.map((problem) => problem.split(' ')[0])).toEqual([
      'Base',
      'One.handle',
      'Base.twice',
    ]);
    for (const problem of problems) expect(problem).toContain('contradicts itself');
  });

  it('is not one if an opening overrides the requirement of a class or a base', async () => {
    @Roles('admin')
    abstract class Base {}
    @Controller()
    @Public()
    @UseGuards(JwtRolesGuard)
    class Site extends Base {
      @Get('x')
      @Roles('editor')
      closed() {}
    }
    expect(await problemsOf({ controllers: [Site] })).toEqual([]);
  });
});

describe('a route that guards would not see as it is declared', () => {
  it('stops the start when a mixin copied the constructor', async () => {
    class Countable {
      count() {}
    }
    @Controller()
    @Roles('admin')
    @UseGuards(JwtRolesGuard)
    class Site {
      @Get()
      handle() {}
    }
    for (const name of Object.getOwnPropertyNames(Countable.prototype)) {
      const descriptor = Object.getOwnPropertyDescriptor(Countable.prototype, name);
      if (descriptor) Object.defineProperty(Site.prototype, name, descriptor);
    }
    const problems = await problemsOf({ controllers: [Site] });
    expect(problems.some((problem) => problem.startsWith('Site.handle looks different'))).toBe(
      true,
    );
  });

  it('stops the start when the instance binds a public method', async () => {
    @Controller()
    @UseGuards(JwtRolesGuard)
    class Site {
      constructor() {
        this.handle = this.handle.bind(this);
      }

      @Get()
      @Public()
      handle() {}
    }
    expect(await problemsOf({ controllers: [Site] })).toEqual([
      expect.stringMatching(/^Site\.handle looks different to a guard/),
    ]);
  });
});

it('an application that passes it works as declared', async () => {
  const site = await serve({ controllers: [wanting(JwtRolesGuard)] });
  expect((await site.get('/open')).status).toBe(200);
  expect((await site.get('/plain')).status).toBe(200);
  expect((await site.get('/edit')).status).toBe(401);
  await site.close();
});
