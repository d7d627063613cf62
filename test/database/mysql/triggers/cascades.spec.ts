import { describe, expect, it } from 'vitest';
import { cascades, type ForeignKey } from '../../../../lib/database/mysql/triggers/cascades.js';
import type { WatchPlan } from '../../../../lib/database/triggers/watched-tables.js';

const PLAN: WatchPlan = {
  realm: 'jwt',
  log: ['auth_revocation'],
  state: ['auth_state'],
  channel: undefined,
  sessions: undefined,
  tables: [
    {
      path: ['user'],
      columns: ['id', 'plan_id'],
      mark: { kind: 'subject', ref: 'id' },
      insert: 'known',
    },
    {
      path: ['user_role'],
      columns: ['role_id', 'user_id'],
      mark: { kind: 'subject', ref: 'user_id' },
      insert: 'always',
    },
    { path: ['role'], columns: ['id', 'name'], mark: { kind: 'resync' }, insert: 'never' },
  ],
};

/** `child.column -> parent.column`, and what it does. */
function key(text: string, onDelete = 'CASCADE', onUpdate = 'RESTRICT'): ForeignKey {
  const [, child = '', column = '', parent = '', referred = ''] =
    /^(\w+)\.(\w+) -> (\w+)\.(\w+)$/.exec(text) ?? [];
  return { child: [child], parent: [parent], links: [{ column, referred }], onDelete, onUpdate };
}

/** "event parent: what is logged". */
function found(...keys: ForeignKey[]): string[] {
  return cascades(PLAN, keys).map(
    ({ event, parent, mark, watched }) =>
      `${event} ${parent.join('.')}: ${mark.kind === 'resync' ? 'resync' : watched.join('.')}`,
  );
}

const ORG = key('user.org_id -> org.id');

describe('what is watched on the parents of watched tables', () => {
  it.each<[string, ForeignKey[], string[]]>([
    ['rows of a parent', [ORG], ['delete org: user']],
    [
      'rows of a grandparent',
      [ORG, key('org.land_id -> land.id')],
      ['delete org: user', 'delete land: user'],
    ],
    ['nothing where the parent cannot go', [key('user.org_id -> org.id', 'RESTRICT')], []],
    [
      'nothing above a parent that cannot go',
      [ORG, key('org.l -> land.id', 'NO ACTION')],
      ['delete org: user'],
    ],
    [
      'nothing of the user whose roles go: he tells it',
      [key('user_role.user_id -> user.id', 'CASCADE', 'CASCADE')],
      [],
    ],
    [
      'nothing of the role: it tells it',
      [key('user_role.role_id -> role.id', 'CASCADE', 'CASCADE')],
      [],
    ],
    [
      'another user whose going takes roles away',
      [key('user_role.giver -> user.id')],
      ['delete user: user_role'],
    ],
    ['a circle, without its rows', [key('user.boss -> user.id')], ['delete user: resync']],
    [
      'rows of a parent, and no rows of those beneath it in a circle',
      [ORG, key('org.above -> org.id')],
      ['delete org: user', 'delete org: resync'],
    ],
    [
      'a watched column set to NULL',
      [key('user.plan_id -> plan.id', 'SET NULL')],
      ['delete plan: resync'],
    ],
    [
      'the same by a cascade from above',
      [key('user.plan_id -> plan.id', 'SET NULL'), key('plan.p -> product.id')],
      ['delete plan: resync', 'delete product: resync'],
    ],
    ['no other column', [key('user.city -> city.id', 'SET NULL', 'CASCADE')], []],
    [
      'a watched key that follows',
      [key('user.plan_id -> plan.id', 'RESTRICT', 'CASCADE')],
      ['update plan: resync'],
    ],
    [
      'a watched key that follows from further up',
      [
        key('user.plan_id -> plan.id', 'RESTRICT', 'CASCADE'),
        key('plan.id -> base.id', 'RESTRICT', 'CASCADE'),
      ],
      ['update plan: resync', 'update base: resync'],
    ],
  ])('%s', (_, keys, expected) => {
    expect(found(...keys)).toEqual(expected);
  });
});
