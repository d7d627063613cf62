import { applyDecorators } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import type { AccessDecorator } from '../../lib/decorators/access-declaration.js';
import {
  AllRoles,
  Freshness,
  Permissions,
  Public,
  Roles,
} from '../../lib/decorators/access.decorators.js';
import { accessRuleOf } from '../../lib/guards/access-rule.js';

const LISTS: Record<string, (...names: string[]) => AccessDecorator> = {
  '@Roles': Roles,
  '@AllRoles': AllRoles,
  '@Permissions': Permissions,
};

/** Calls as JavaScript would, or TypeScript through a JSON file or a misspelt constant. */
const untyped = (decorator: (...names: string[]) => AccessDecorator, names: readonly unknown[]) =>
  Reflect.apply(decorator, undefined, names);

describe.each(Object.entries(LISTS))('%s', (label, decorator) => {
  it.each([
    [[], /has no names\. Name at least one, or use @Public\(\)/],
    [[''], /blank/],
    [['admin', ' \t'], /blank/],
    [[undefined], /undefined \(a misspelt constant, or a circular import\?\)/],
    [[null], /null/],
    [[7], /number/],
    [[['admin']], /Spread it/],
  ])('refuses %j, and says what to do', (names, message) => {
    expect(() => untyped(decorator, names)).toThrow(TypeError);
    expect(() => untyped(decorator, names)).toThrow(message);
    expect(() => untyped(decorator, names)).toThrow(label);
  });

  it('cannot be on one element twice, because the second would replace the first', () => {
    expect(() => {
      class Twice {
        @decorator('a')
        @decorator('b')
        handle() {}
      }
      return Twice;
    }).toThrow(/is on "handle" twice/);
    expect(() => {
      @decorator('a')
      @decorator('b')
      class Twice {}
      return Twice;
    }).toThrow(/is on one class twice/);
  });

  it('may be on a method and on its override', () => {
    class Base {
      @decorator('a')
      handle() {}
    }
    class Sub extends Base {
      @decorator('b')
      override handle() {}
    }
    expect(JSON.stringify(accessRuleOf(Sub, Sub.prototype.handle))).toContain('["b"]');
    expect(JSON.stringify(accessRuleOf(Base, Base.prototype.handle))).toContain('["a"]');
  });
});

it.each([undefined, null, 'tracked', 'Strict', '', true, { mode: 'strict' }])(
  '@Freshness(%j) is refused when the class is defined',
  (freshness) => {
    const decorate = (): unknown => Reflect.apply(Freshness, undefined, [freshness]);
    expect(decorate).toThrow(TypeError);
    expect(decorate).toThrow("@Freshness() takes only 'strict'.");
  },
);

it('keeps names as they are: exact, and hostile ones are names like any other', () => {
  class Site {
    @Roles('Admin', '__proto__', ' spaced ')
    handle() {}
  }
  expect(accessRuleOf(Site, Site.prototype.handle).anyRole).toEqual([
    'Admin',
    '__proto__',
    ' spaced ',
  ]);
});

/** Decorates where TypeScript would not let it. */
const decorating = (target: object, name: string, value: unknown) => () =>
  Reflect.decorate([Public()], target, name, { value });

it('cannot be on an element that it would not protect', () => {
  class Site {
    static all() {}
  }
  expect(decorating(Site.prototype, 'title', 'text')).toThrow(/on "title" protects nothing/);
  expect(decorating(Site, 'all', Site.all)).toThrow(/on "all" protects nothing/);
  expect(() => Roles('a')(Site.prototype, 'field', {})).toThrow(/protects nothing/);
});

const EditorsWho = (permission: string) =>
  applyDecorators(Roles('editor'), Permissions(permission));

it('can be put together into a decorator of the application', () => {
  class Site {
    @EditorsWho('publish')
    handle() {}
  }
  expect(accessRuleOf(Site, Site.prototype.handle)).toEqual({
    mode: 'authenticated',
    anyRole: ['editor'],
    allRoles: [],
    permissions: ['publish'],
  });
});
