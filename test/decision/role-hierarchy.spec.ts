import { describe, expect, it } from 'vitest';
import { RoleHierarchy } from '../../lib/decision/role-hierarchy.js';

const HOSTILE = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'valueOf'];

const holding = (roles: readonly string[], permissions: readonly string[] = []) => ({
  roles,
  permissions,
});
const roles = new RoleHierarchy({
  hierarchy: { owner: ['admin'], admin: ['editor', 'auditor'], editor: ['user'] },
  permissions: {
    user: ['articles:read'],
    editor: ['articles:write'],
    auditor: ['log:read'],
    guest: ['lobby:enter'],
  },
});

const can = (role: string) =>
  ['articles:read', 'articles:write', 'log:read', 'lobby:enter'].map((permission) =>
    roles.can(holding([role]), permission),
  );

describe('RoleHierarchy', () => {
  it('makes an admin an editor and a user, and not the other way round', () => {
    expect([...roles.rolesOf(holding(['admin']))].sort()).toEqual([
      'admin',
      'auditor',
      'editor',
      'user',
    ]);
    for (const role of ['admin', 'editor', 'auditor', 'user']) {
      expect(roles.holds(holding(['admin']), role)).toBe(true);
      expect(roles.holds(holding(['owner']), role)).toBe(true);
    }
    expect(roles.holds(holding(['editor']), 'admin')).toBe(false);
    expect(roles.holds(holding(['user']), 'editor')).toBe(false);
    expect(roles.holds(holding(['editor']), 'auditor')).toBe(false);
  });

  it('gives the permissions of all roles that a role includes', () => {
    expect(can('owner')).toEqual([true, true, true, false]);
    expect(can('editor')).toEqual([true, true, false, false]);
    expect(can('user')).toEqual([true, false, false, false]);
    expect(can('guest')).toEqual([false, false, false, true]);
    expect(can('nobody')).toEqual([false, false, false, false]);
  });

  it('adds up the permissions of several roles and those of the account', () => {
    const both = holding(['guest', 'user'], ['log:read']);
    expect(roles.can(both, 'lobby:enter')).toBe(true);
    expect(roles.can(both, 'articles:read')).toBe(true);
    expect(roles.can(both, 'log:read')).toBe(true);
    expect(roles.can(both, 'articles:write')).toBe(false);
    expect(roles.can(holding([], ['x']), 'x')).toBe(true);
  });

  it.each(['Admin', 'ADMIN', ' admin', 'admin ', 'adm', 'admin,editor', 'ádmin', ''])(
    'matches exactly: %j is not admin',
    (role) => {
      expect(roles.holds(holding([role]), 'admin')).toBe(false);
      expect(roles.holds(holding([role]), 'user')).toBe(false);
      expect(roles.holds(holding(['admin']), role)).toBe(false);
    },
  );

  it('does not take a role for a permission, nor a permission for a role', () => {
    expect(roles.can(holding(['admin']), 'admin')).toBe(false);
    expect(roles.holds(holding([], ['admin']), 'admin')).toBe(false);
  });

  it('knows roles that no option mentions', () => {
    expect(roles.holds(holding(['stranger']), 'stranger')).toBe(true);
    expect([...new RoleHierarchy().rolesOf(holding(['a', 'b', 'a']))]).toEqual(['a', 'b']);
    expect(new RoleHierarchy().holds(holding(['a']), 'b')).toBe(false);
    expect(new RoleHierarchy().rolesOf(holding([])).size).toBe(0);
  });

  it.each(HOSTILE)('treats the role %s as a plain name', (name) => {
    for (const some of [roles, new RoleHierarchy()]) {
      expect(some.holds(holding([name]), 'admin')).toBe(false);
      expect(some.holds(holding(['admin']), name)).toBe(false);
      expect(some.holds(holding([name]), name)).toBe(true);
      expect(some.can(holding([name]), name)).toBe(false);
      expect([...some.rolesOf(holding([name]))]).toEqual([name]);
    }
    // As it comes out of a configuration file: an own property, also when it is called __proto__.
    const options: unknown = JSON.parse(`{ "${name}": ["user"] }`);
    const own = new RoleHierarchy({ hierarchy: asLists(options), permissions: asLists(options) });
    expect(own.holds(holding([name]), 'user')).toBe(true);
    expect(own.can(holding([name]), 'user')).toBe(true);
    expect(own.holds(holding(['other']), 'user')).toBe(false);
    expect(RoleHierarchy.problems({ hierarchy: asLists(options) })).toEqual([]);
  });

  it('cannot be changed by who was given a set of roles, nor by the options afterwards', () => {
    const hierarchy: Record<string, string[]> = { user: ['guest'] };
    const kept = new RoleHierarchy({ hierarchy });
    const given = kept.rolesOf(holding(['user']));
    if (given instanceof Set) given.add('admin');
    hierarchy['user']?.push('admin');
    hierarchy['guest'] = ['admin'];
    expect(kept.holds(holding(['user']), 'admin')).toBe(false);
  });

  it.each([
    ['itself', { a: ['a'] }, ['a']],
    ['two', { a: ['b'], b: ['a'] }, ['a', 'b']],
    [
      'three, and who leads there',
      { x: ['a'], a: ['b'], b: ['c'], c: ['a', 'd'] },
      ['a', 'b', 'c'],
    ],
    ['a hostile name', JSON.parse('{"__proto__":["a"],"a":["__proto__"]}'), ['__proto__', 'a']],
  ])('reports a circle of %s, and can still compute', (_, hierarchy, roles) => {
    const problems = RoleHierarchy.problems({ hierarchy });
    expect(problems).toHaveLength(roles.length);
    for (const role of roles) {
      expect(problems.join('\n')).toContain(`the role "${role}" includes itself`);
    }
    expect(new RoleHierarchy({ hierarchy }).holds(holding(['a']), 'a')).toBe(true);
  });

  it('finds nothing wrong with a diamond', () => {
    expect(RoleHierarchy.problems({ hierarchy: { a: ['b', 'c'], b: ['d'], c: ['d'] } })).toEqual(
      [],
    );
    expect(RoleHierarchy.problems()).toEqual([]);
  });

  it.each([
    ['a text', 'admin'],
    ['an array', ['admin']],
    ['null', null],
    ['a text for a list', { admin: 'editor' }],
    ['a blank name', { admin: [' '] }],
    ['a blank role', { '': ['editor'] }],
    ['a number for a name', { admin: [1] }],
  ])('reports %s, as it may come out of a configuration file', (_, given) => {
    for (const option of ['hierarchy', 'permissions']) {
      const options = JSON.parse(JSON.stringify({ [option]: given }));
      expect(RoleHierarchy.problems(options)).toEqual([expect.stringContaining(`roles.${option}`)]);
    }
  });
});

function asLists(value: unknown): Record<string, string[]> {
  return Object.assign(Object.create(null), value);
}
