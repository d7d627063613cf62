import { describe, expect, it } from 'vitest';
import { type AccessRule, hasRequirements, permits } from '../../lib/decision/access.js';
import { decide } from '../../lib/decision/decide.js';
import type { Principal } from '../../lib/decision/principal.js';
import { Refusal } from '../../lib/decision/refusal.js';
import { RoleHierarchy } from '../../lib/decision/role-hierarchy.js';
import { stateWith, tokenOn } from './fixtures.js';

const hierarchy = new RoleHierarchy({
  hierarchy: { admin: ['editor'], editor: ['user'] },
  permissions: { editor: ['articles:write'], admin: ['users:write'] },
});
const rule = (given: Partial<AccessRule> = {}): AccessRule => ({
  mode: 'authenticated',
  anyRole: [],
  allRoles: [],
  permissions: [],
  ...given,
});

describe('permits', () => {
  it('lets an editor write articles until the role is removed', () => {
    const write = rule({ anyRole: ['editor'], permissions: ['articles:write'] });
    expect(permits(write, principal(['editor']), hierarchy)).toBe(true);
    expect(permits(write, principal(['user']), hierarchy)).toBe(false);
  });

  it.each([
    ['no requirement', {}, [], true],
    ['any: one of two', { anyRole: ['editor', 'auditor'] }, ['auditor'], true],
    ['any: none of two', { anyRole: ['editor', 'auditor'] }, ['user'], false],
    ['any: by hierarchy', { anyRole: ['user'] }, ['admin'], true],
    ['any: upwards', { anyRole: ['admin'] }, ['editor'], false],
    ['all: both', { allRoles: ['editor', 'auditor'] }, ['auditor', 'editor'], true],
    [
      'all: one, and the other by hierarchy',
      { allRoles: ['user', 'auditor'] },
      ['auditor', 'admin'],
      true,
    ],
    ['all: one of two', { allRoles: ['editor', 'auditor'] }, ['editor'], false],
    ['permissions: both', { permissions: ['articles:write', 'users:write'] }, ['admin'], true],
    [
      'permissions: one of two',
      { permissions: ['articles:write', 'users:write'] },
      ['editor'],
      false,
    ],
    [
      'a role and a permission',
      { anyRole: ['user'], permissions: ['users:write'] },
      ['admin'],
      true,
    ],
    [
      'a role without the permission',
      { anyRole: ['user'], permissions: ['users:write'] },
      ['user'],
      false,
    ],
    [
      'a permission without the role',
      { anyRole: ['auditor'], permissions: ['users:write'] },
      ['admin'],
      false,
    ],
    ['any without all', { anyRole: ['user'], allRoles: ['auditor'] }, ['user'], false],
    ['all without any', { anyRole: ['auditor'], allRoles: ['user'] }, ['user'], false],
    ['no roles at all', { anyRole: ['user'] }, [], false],
    ['a hostile name', { anyRole: ['constructor'] }, ['user'], false],
    ['a hostile name held', { anyRole: ['user'] }, ['__proto__', 'constructor'], false],
    ['a hostile permission', { permissions: ['toString'] }, ['admin'], false],
  ] as const)('%s', (_, given, roles, outcome) => {
    expect(permits(rule(given), principal(roles), hierarchy)).toBe(outcome);
  });

  it('does not read the roles of the token', () => {
    const demoted = principal(['user'], { roles: ['admin'] });
    expect(permits(rule({ anyRole: ['admin'] }), demoted, hierarchy)).toBe(false);
  });

  it.each([
    ['authenticated', false],
    ['optional', true],
    ['public', true],
  ] as const)('without a principal, a route that is %s: %s', (mode, outcome) => {
    expect(permits(rule({ mode }), undefined, hierarchy)).toBe(outcome);
    expect(permits(rule({ mode }), principal([]), hierarchy)).toBe(true);
    for (const requirement of [
      { anyRole: ['user'] },
      { allRoles: ['user'] },
      { permissions: ['x'] },
    ]) {
      const contradictory = rule({ mode, ...requirement });
      expect(hasRequirements(contradictory)).toBe(true);
      expect(permits(contradictory, undefined, hierarchy)).toBe(false);
      expect(permits(contradictory, principal([]), hierarchy)).toBe(false);
    }
    expect(hasRequirements(rule({ mode }))).toBe(false);
  });
});

function principal(
  roles: readonly string[],
  claims: { roles?: readonly string[] } = {},
): Principal {
  const state = stateWith();
  const outcome = decide(
    [],
    { ...tokenOn(state), ...claims },
    {
      ...state,
      subject: { ...state.subject, roles },
    },
  );
  if (outcome instanceof Refusal) throw new Error(outcome.message);
  return outcome;
}
