import type { Type } from '@nestjs/common';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { AccessRule } from '../../lib/decision/access.js';
import type { AccessDecorator } from '../../lib/decorators/access-declaration.js';
import {
  AllRoles,
  Freshness,
  OptionalAuth,
  Permissions,
  Public,
  Roles,
} from '../../lib/decorators/access.decorators.js';
import { accessRuleOf } from '../../lib/guards/access-rule.js';

/** What an element can say; the requirements name the element that they stand on. */
const SAYINGS = ['-', 'public', 'optional', 'any', 'all', 'perm'] as const;
type Saying = (typeof SAYINGS)[number];

function say(saying: Saying, element: string): AccessDecorator {
  const decorators: Record<Saying, () => AccessDecorator> = {
    '-': () => () => undefined,
    public: Public,
    optional: OptionalAuth,
    any: () => Roles(element),
    all: () => AllRoles(element),
    perm: () => Permissions(element),
  };
  return decorators[saying]();
}

/** A rule in one line: `auth any=method perm=class`. */
function line(rule: AccessRule): string {
  const kinds = { any: rule.anyRole, all: rule.allRoles, perm: rule.permissions };
  const asked = Object.entries(kinds).filter(([, names]) => names.length > 0);
  const mode = rule.mode === 'authenticated' ? 'auth' : rule.mode;
  return [mode, ...asked.map(([kind, names]) => `${kind}=${names.join()}`)].join(' ');
}

const ruleOf = (target: Type, name = 'handle') =>
  line(accessRuleOf(target, target.prototype[name]));

interface Elements {
  readonly method?: Saying;
  readonly class?: Saying;
  readonly baseMethod?: Saying;
  readonly baseClass?: Saying;
}

/** A controller that has its method itself. */
function alone(elements: Elements): Type {
  @say(elements.class ?? '-', 'class')
  class Alone {
    @say(elements.method ?? '-', 'method')
    handle() {}
  }
  return Alone;
}

/** A controller that overrides the method of its base. */
function overriding(elements: Elements): Type {
  @say(elements.baseClass ?? '-', 'baseClass')
  abstract class Base {
    @say(elements.baseMethod ?? '-', 'baseMethod')
    handle() {}
  }
  @say(elements.class ?? '-', 'class')
  class Overriding extends Base {
    @say(elements.method ?? '-', 'method')
    override handle() {}
  }
  return Overriding;
}

/** A controller that inherits its method. */
function inheriting(elements: Elements): Type {
  @say(elements.baseClass ?? '-', 'baseClass')
  abstract class Base {
    @say(elements.baseMethod ?? '-', 'baseMethod')
    handle() {}
  }
  @say(elements.class ?? '-', 'class')
  class Inheriting extends Base {}
  return Inheriting;
}

/** What the documentation promises, row by row: the method, and for each class the rule. */
const WRITTEN: Record<Saying, string> = {
  '-': 'nothing',
  public: '`@Public`',
  optional: '`@OptionalAuth`',
  any: '`@Roles`',
  all: '`@AllRoles`',
  perm: '`@Permissions`',
};
const page = readFileSync(new URL('../../docs/access-rules.md', import.meta.url), 'utf8');
const rows = page
  .slice(page.indexOf('| method, class →'))
  .split('\n')
  .map((row) => row.split('|').map((cell) => cell.trim()));

function documented(method: Saying, ofClass: Saying): string {
  const row = rows.find((cells) => cells[1] === WRITTEN[method]);
  const cell = row?.[rows[0]?.indexOf(WRITTEN[ofClass]) ?? -1];
  if (cell === undefined || cell === '') throw new Error(`no cell for ${method}, ${ofClass}`);
  return cell.replaceAll('`', '');
}

describe('method over class, as the documentation has it', () => {
  const cells = SAYINGS.flatMap((method) =>
    SAYINGS.map((ofClass) => [method, ofClass, documented(method, ofClass)] as const),
  );
  it.each(cells)('method %s, class %s: %s', (method, ofClass, expected) => {
    expect(ruleOf(alone({ method, class: ofClass }))).toBe(expected);
  });

  // The same function in a subclass keeps what it declared, and the subclass takes the class's part.
  it.each(cells)('inherited method %s, subclass %s: %s', (baseMethod, ofClass, expected) => {
    const expectation = expected.replaceAll('method', 'baseMethod');
    expect(ruleOf(inheriting({ baseMethod, class: ofClass }))).toBe(expectation);
  });
});

describe('the class that it extends', () => {
  it.each([
    ['-', '-', 'auth'],
    ['-', 'public', 'auth'],
    ['-', 'optional', 'auth'],
    ['-', 'any', 'auth any=baseClass'],
    ['-', 'perm', 'auth perm=baseClass'],
    ['any', 'any', 'auth any=class'],
    ['any', 'perm', 'auth any=class perm=baseClass'],
    ['any', 'public', 'auth any=class'],
    ['public', 'any', 'public'],
    ['optional', 'all', 'optional'],
  ] as const)('class %s, base %s: %s', (ofClass, baseClass, expected) => {
    const elements = { class: ofClass, baseClass };
    expect(ruleOf(inheriting(elements))).toBe(expected);
    expect(ruleOf(overriding(elements))).toBe(expected);
  });
});

const isOpening = (saying: Saying) => saying === 'public' || saying === 'optional';
const isRequirement = (saying: Saying) => saying !== '-' && !isOpening(saying);

describe('every combination of an overriding method, its class, the overridden method and its class', () => {
  const combinations = SAYINGS.flatMap((method) =>
    SAYINGS.flatMap((ofClass) =>
      SAYINGS.flatMap((baseMethod) =>
        SAYINGS.map((baseClass) => ({ method, class: ofClass, baseMethod, baseClass })),
      ),
    ),
  );

  it('is open only if the method or its class declares it itself, and nothing closes the method', () => {
    for (const elements of combinations) {
      const { method, class: ofClass, baseMethod } = elements;
      const closed = isRequirement(method) || isRequirement(baseMethod);
      let mode = isOpening(ofClass) && !closed ? ofClass : 'auth';
      if (isOpening(method)) mode = method;
      expect(ruleOf(overriding(elements)).split(' ')[0], JSON.stringify(elements)).toBe(mode);
    }
  });

  it('is the same whether or not what it inherits from is open', () => {
    for (const elements of combinations) {
      const shut = {
        ...elements,
        baseMethod: isOpening(elements.baseMethod) ? '-' : elements.baseMethod,
        baseClass: isOpening(elements.baseClass) ? '-' : elements.baseClass,
      } as const;
      expect(ruleOf(overriding(elements)), JSON.stringify(elements)).toBe(ruleOf(overriding(shut)));
    }
  });

  it('asks for every kind that anything names, by the nearest that names it', () => {
    for (const elements of combinations.filter(
      ({ method, class: ofClass }) => !isOpening(method) && !isOpening(ofClass),
    )) {
      const nearestFirst = ['method', 'baseMethod', 'class', 'baseClass'] as const;
      const asked = (['any', 'all', 'perm'] as const).flatMap((kind) => {
        const nearest = nearestFirst.find((element) => elements[element] === kind);
        return nearest === undefined ? [] : [`${kind}=${nearest}`];
      });
      const expected = ['auth', ...asked].join(' ');
      expect(ruleOf(overriding(elements)), JSON.stringify(elements)).toBe(expected);
    }
  });
});

describe('longer chains of inheritance', () => {
  it('keeps a restriction over an opening between', () => {
    class First {
      @Roles('admin')
      handle() {}
    }
    class Second extends First {
      @Public()
      override handle() {}
    }
    class Third extends Second {
      override handle() {}
    }
    expect(ruleOf(First)).toBe('auth any=admin');
    expect(ruleOf(Second)).toBe('public');
    expect(ruleOf(Third)).toBe('auth any=admin');
  });

  it('reaches through abstract bases and mixins, and through methods that only some of them have', () => {
    abstract class Crud {
      @Permissions('crud')
      handle() {}
    }
    @Roles('staff')
    abstract class Middle extends Crud {}
    const audited = (Base: typeof Middle) => {
      @AllRoles('audited')
      abstract class Audited extends Base {}
      return Audited;
    };
    class Leaf extends audited(Middle) {
      override handle() {}
    }
    expect(ruleOf(Leaf)).toBe('auth any=staff all=audited perm=crud');
  });

  it('inherits nothing from a sibling', () => {
    class Base {
      handle() {}
    }
    @Public()
    class Open extends Base {}
    class Closed extends Base {}
    expect(ruleOf(Open)).toBe('public');
    expect(ruleOf(Closed)).toBe('auth');
  });
});

const freshnessOf = (target: Type, name = 'handle') =>
  accessRuleOf(target, target.prototype[name]).freshness;

describe('strict freshness', () => {
  it('is required by a method, and not for another one', () => {
    class Site {
      @Freshness('strict')
      handle() {}

      other() {}
    }
    expect(freshnessOf(Site)).toBe('strict');
    expect(freshnessOf(Site, 'other')).toBeUndefined();
  });

  it('is required by a class, a base and an overridden method, on open and closed routes', () => {
    @Freshness('strict')
    @Public()
    class Site {
      handle() {}

      @Roles('admin')
      closed() {}
    }
    class Sub extends Site {
      @OptionalAuth()
      override handle() {}
    }
    class Base {
      @Freshness('strict')
      handle() {}
    }
    class Overriding extends Base {
      @Public()
      override handle() {}
    }
    expect(freshnessOf(Site)).toBe('strict');
    expect(freshnessOf(Site, 'closed')).toBe('strict');
    expect(freshnessOf(Sub)).toBe('strict');
    expect(freshnessOf(Overriding)).toBe('strict');
  });

  it('does not change who may use the route', () => {
    class Site {
      @Freshness('strict')
      handle() {}

      @Freshness('strict')
      @Public()
      open() {}
    }
    expect(ruleOf(Site)).toBe('auth');
    expect(ruleOf(Site, 'open')).toBe('public');
  });
});

/** As caching, tracing and transaction decorators do, those that forget the metadata. */
const wrap: MethodDecorator = (_target, _name, descriptor) => {
  const wrapped: typeof descriptor = { ...descriptor };
  Object.assign(wrapped, { value: () => undefined });
  return wrapped;
};

function shared() {}

describe('a function with which another decorator or the instance replaced the method', () => {
  it('keeps what was declared below it', () => {
    class Wrapped {
      @wrap
      @Roles('admin')
      handle() {}

      @wrap
      @Public()
      open() {}
    }
    expect(ruleOf(Wrapped)).toBe('auth any=admin');
    expect(ruleOf(Wrapped, 'open')).toBe('public');
  });

  it('keeps requirements when bound, and is not opened', () => {
    class Bound {
      @Roles('admin')
      handle() {}

      @Public()
      open() {}
    }
    const bound = new Bound();
    expect(line(accessRuleOf(Bound, bound.handle.bind(bound)))).toBe('auth any=admin');
    expect(line(accessRuleOf(Bound, bound.open.bind(bound)))).toBe('auth');
  });

  it('is found under the name of the route, not under its own', () => {
    class First {
      @Roles('admin')
      handle() {}
    }
    class Second extends First {}
    Object.defineProperty(Second.prototype, 'handle', { value: shared });
    expect(ruleOf(Second)).toBe('auth any=admin');
  });
});

describe('elements that contradict themselves, without the check at boot', () => {
  it('are not opened', () => {
    @Public()
    @Roles('class')
    class Both {
      handle() {}

      @OptionalAuth()
      @Permissions('method')
      other() {}

      @Public()
      @OptionalAuth()
      third() {}
    }
    expect(ruleOf(Both)).toBe('auth any=class');
    expect(ruleOf(Both, 'other')).toBe('auth any=class perm=method');
    expect(ruleOf(Both, 'third')).toBe('auth any=class');
  });
});

it('works out each route once', () => {
  const target = alone({ method: 'any' });
  expect(accessRuleOf(target, target.prototype.handle)).toBe(
    accessRuleOf(target, target.prototype.handle),
  );
});
