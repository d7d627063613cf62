/** The mapping of the application's own user entity. */
import { DataSource, EntitySchema } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tokenVersion } from 'nestjs-revocable-jwt';
import { Person } from '../support/person.entity.js';
import { type Loose, problemsOf, withJwt, withOptions, withUser } from '../support/problems-of.js';

interface Odd {
  id: number;
}

/** No creation time, no unique subject, and columns of all the wrong types. */
const Odd = new EntitySchema<Odd & Record<string, unknown>>({
  name: 'Odd',
  columns: {
    id: { type: 'integer', primary: true },
    email: { type: 'varchar' },
    uuid: { type: 'varchar', unique: true, generated: 'uuid' },
    version: { type: 'varchar' },
    real: { type: 'real' },
    unset: { type: 'integer', nullable: true },
    flag: { type: 'boolean' },
    blob: { type: 'blob', unique: true },
    moved: { type: 'datetime', updateDate: true },
    seen: { type: 'integer' },
    statusId: { type: 'integer' },
    roleName: { type: 'varchar' },
    roles: { type: 'simple-json' },
  },
  relations: {
    friends: { type: 'many-to-many', target: 'Odd', joinTable: true },
    boss: { type: 'many-to-one', target: 'Odd', joinColumn: true },
    state: { type: 'many-to-one', target: 'Odd', joinColumn: { name: 'statusId' } },
    role: { type: 'many-to-one', target: 'Odd', joinColumn: { name: 'roleName' } },
  },
});
const Pair = new EntitySchema({
  name: 'Pair',
  columns: { left: { type: 'integer', primary: true }, right: { type: 'integer', primary: true } },
});
const Unknown = new EntitySchema({
  name: 'Unknown',
  columns: { id: { type: 'integer', primary: true } },
});

const odd = (changes: Loose) =>
  withOptions({ user: { entity: Odd, createdAt: false, ...changes } });

describe('the user mapping', () => {
  let dataSource: DataSource;
  beforeAll(async () => {
    dataSource = await new DataSource({
      type: 'better-sqlite3',
      database: ':memory:',
      entities: [Person, Odd, Pair],
    }).initialize();
  });
  afterAll(() => dataSource.destroy());

  it('that is complete has no problem', () => {
    expect(
      problemsOf(withUser({ subject: 'subject', latestSignIn: 'latestSignIn' }), dataSource),
    ).toEqual([]);
    expect(problemsOf(odd({ subject: 'uuid' }), dataSource)).toEqual([]);
    // Columns that are a foreign key too.
    expect(problemsOf(odd({ status: 'statusId', roles: 'roleName' }), dataSource)).toEqual([]);
  });

  it.each([
    'id',
    'subject',
    'status',
    'suspendedUntil',
    'validUntil',
    'deletedAt',
    'tokenVersion',
    'latestSignIn',
    'createdAt',
    'permissions',
    'roles',
  ])('names a column that the entity lacks: %s', (name) => {
    const problems = problemsOf(withUser({ [name]: 'nowhere' }), dataSource);
    expect(problems).toContainEqual(
      expect.stringMatching(new RegExp(`^user\\.${name}: Person has no column "nowhere"\\. Give `)),
    );
  });

  it.each([
    [
      'the database name in place of the property',
      withUser({ tokenVersion: 'token_version' }),
      /no column "token_version"\. Give the property name/,
    ],
    ['a column that is no text', withUser({ status: 7 }), /user\.status: Person has no column 7/],
    [
      'a version that is text',
      odd({ tokenVersion: 'version' }),
      /user\.tokenVersion: "version" is not an integer/,
    ],
    [
      'a version with fractions',
      odd({ tokenVersion: 'real' }),
      /user\.tokenVersion: "real" is not an integer/,
    ],
    [
      'a version that may be NULL',
      odd({ tokenVersion: 'unset' }),
      /user\.tokenVersion: "unset" may be NULL/,
    ],
    [
      'sign-in times in 32 bits',
      odd({ latestSignIn: 'seen' }),
      /user\.latestSignIn: "seen" is not a bigint/,
    ],
    [
      'a subject that two may share',
      odd({ subject: 'email' }),
      /user\.subject: "email" is not unique/,
    ],
    [
      'a subject that is no text',
      odd({ subject: 'blob' }),
      /user\.subject: a column of type blob cannot be looked up/,
    ],
    ['an id that two may share', odd({ id: 'seen' }), /user\.id: "seen" is not unique/],
    [
      'an end of suspension that is a flag',
      odd({ suspendedUntil: 'flag' }),
      /user\.suspendedUntil: "flag" does not hold times/,
    ],
    [
      'an end of validity that is a fraction',
      odd({ validUntil: 'real' }),
      /user\.validUntil: "real" does not hold times/,
    ],
    [
      'a creation time that moves',
      odd({ createdAt: 'moved' }),
      /user\.createdAt: "moved" changes with every update/,
    ],
    [
      'no creation time',
      odd({ createdAt: undefined }),
      /user\.createdAt: .*@CreateDateColumn.*createdAt: false/,
    ],
    ['a relation for a column', odd({ status: 'boss' }), /user\.status: Odd has no column "boss"/],
    [
      'a relation with a column of its own for a column',
      odd({ status: 'state' }),
      /user\.status: Odd has no column "state"/,
    ],
    ['a relation for roles', odd({ roles: 'friends' }), /user\.roles: .*\{ relation: '…' \}/],
    [
      'a relation that is none',
      odd({ roles: { relation: 'groups' } }),
      /user\.roles\.relation: Odd has no relation "groups"/,
    ],
    [
      'a path that breaks off',
      odd({ roles: { relation: 'friends.groups' } }),
      /has no relation "groups"/,
    ],
    [
      'a name that the role lacks',
      odd({ roles: { relation: 'friends' } }),
      /user\.roles\.name: Odd has no column "name"/,
    ],
    [
      'a misspelt name',
      odd({ roles: { relation: 'friends', nmae: 'email' } }),
      /user\.roles\.nmae: there is no such option/,
    ],
    [
      'half a join table',
      odd({ roles: { joinTable: 'user_roles', userColumn: 'user_id' } }),
      /user\.roles\.roleColumn: give a text/,
    ],
    ['roles as a list', odd({ roles: ['admin'] }), /user\.roles\.relation: give a text/],
    ['roles as null', odd({ roles: null }), /user\.roles\.relation: give a text/],
    ['no entity', withUser({ entity: undefined }), /user\.entity: .*list it in `entities`/],
    [
      'an entity of another DataSource',
      withUser({ entity: Unknown }),
      /user\.entity: .*list it in `entities`/,
    ],
    [
      'two primary columns',
      withUser({ entity: Pair }),
      /user\.id: Pair has 2 primary columns\. Name the one/,
    ],
    [
      'no active status',
      withUser({ activeStatuses: [] }),
      /user\.activeStatuses: .*Give a list with at least one/,
    ],
    [
      'a status in place of a list',
      withUser({ activeStatuses: 'active' }),
      /user\.activeStatuses: .*Give a list with at least one/,
    ],
    [
      'a suspended status in place of a list',
      withUser({ suspendedStatuses: 'suspended' }),
      /user\.suspendedStatuses: it is not a list/,
    ],
    [
      'suspension without an end',
      withUser({ suspendedUntil: undefined }),
      /suspendedStatuses.*Map user\.status and user\.suspendedUntil/,
    ],
    [
      'a version that nobody mapped',
      withOptions({ policies: [tokenVersion()], user: { entity: Person } }),
      /policies: .*tokenVersion/,
    ],
    [
      'a key derived from what is not there',
      withJwt({ deriveKeyFrom: ['password'] }),
      /jwt\.deriveKeyFrom needs a column "password"/,
    ],
    [
      'a misspelt option',
      withUser({ tokenversion: 'tokenVersion' }),
      /user\.tokenversion: there is no such option. The options are entity, id,/,
    ],
  ])('%s', (_, options, message) => {
    expect(problemsOf(options, dataSource)).toContainEqual(expect.stringMatching(message));
  });

  it('is looked at as a whole, though the id is wrong', () => {
    const problems = problemsOf(
      withUser({ id: 'nowhere', status: 'nor', tokenVersion: 'here' }),
      dataSource,
    );
    expect(problems.map((problem) => problem.split(':')[0])).toEqual([
      'user.id',
      'user.status',
      'user.tokenVersion',
    ]);
  });
});
