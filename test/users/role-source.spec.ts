/** Wherever the roles are: what is taken away is 403 at once, what is granted acts at once, nobody is logged out. */
import { Controller, Get, type Type, UseGuards } from '@nestjs/common';
import {
  AuthModule,
  AuthService,
  authToken,
  JwtRolesGuard,
  Permissions,
  type RoleSource,
  Roles,
} from 'nestjs-revocable-jwt';
import {
  Column,
  CreateDateColumn,
  DeleteDateColumn,
  Entity,
  EntitySchema,
  JoinColumn,
  JoinTable,
  ManyToMany,
  ManyToOne,
  OneToMany,
  PrimaryGeneratedColumn,
} from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type AuthApp, authOptions, startAuthApp } from '../support/auth-app.js';
import { type DatabaseKind, describeOnDatabases } from '../support/databases.js';
import { forge } from '../support/tokens.js';

@Entity('role')
class Role {
  @PrimaryGeneratedColumn({ type: 'integer' })
  id!: number;

  @Column({ name: 'role_name', type: 'varchar', length: 50 })
  name!: string;

  @DeleteDateColumn({ name: 'gone_at' })
  goneAt!: Date | null;
}

@Entity('membership')
class Membership {
  @PrimaryGeneratedColumn({ type: 'integer' })
  id!: number;

  @ManyToOne(() => Member, 'memberships')
  @JoinColumn({ name: 'member_id' })
  member!: object;

  @ManyToOne(() => Role)
  @JoinColumn({ name: 'role_id' })
  role!: Role;

  @Column({ type: 'varchar', length: 50 })
  title!: string;

  @DeleteDateColumn()
  endedAt!: Date | null;
}

@Entity('member')
class Member {
  @PrimaryGeneratedColumn({ type: 'integer' })
  id!: number;

  @Column({ name: 'json_roles', type: 'simple-json' })
  json!: unknown;

  @Column({ name: 'array_roles', type: 'simple-array' })
  array!: string[];

  @Column({ name: 'one_role', type: 'varchar', length: 50, default: '' })
  one!: string;

  @Column({ type: 'simple-array', default: '' })
  permissions!: string[];

  @ManyToMany(() => Role)
  @JoinTable({ name: 'member_role' })
  roles!: Role[];

  @OneToMany(() => Membership, 'member')
  memberships!: Membership[];

  @ManyToOne(() => Role, { nullable: true })
  @JoinColumn({ name: 'main_role_id' })
  main!: Role | null;

  @CreateDateColumn()
  createdAt!: Date;
}

/** A table that no relation of the application knows; as an entity only so that it is made. */
const Grants = new EntitySchema({
  name: 'Grants',
  tableName: 'role grants',
  columns: {
    id: { type: 'integer', primary: true, generated: 'increment' },
    holder: { type: 'integer', name: 'held by' },
    grant: { type: 'varchar', length: 50, name: 'role' },
  },
});

/** One place for roles: the option that names it, and how roles get there. */
interface Place {
  readonly what: string;
  readonly source: RoleSource;
  set(app: AuthApp, memberId: number, names: readonly string[]): Promise<unknown>;
  readonly single?: boolean;
  /** What can be deleted softly on the way. */
  readonly perishable?: readonly (typeof Role | typeof Membership)[];
}

const members = (app: AuthApp) => app.dataSource.getRepository(Member);
const roleRows = (app: AuthApp, names: readonly string[]) =>
  app.dataSource.getRepository(Role).save(names.map((name) => ({ name })));
const column =
  (property: 'json' | 'array') => (app: AuthApp, id: number, names: readonly string[]) =>
    members(app).save({ id, [property]: names });

async function throughMemberships(app: AuthApp, id: number, names: readonly string[]) {
  const memberships = app.dataSource.getRepository(Membership);
  await memberships.delete({ member: { id } });
  const roles = await roleRows(app, names);
  await memberships.save(roles.map((role) => ({ member: { id }, role, title: role.name })));
}

const PLACES: readonly Place[] = [
  { what: 'a simple-json column', source: 'json', set: column('json') },
  { what: 'a simple-array column', source: 'array', set: column('array') },
  {
    what: 'a text column with one role',
    source: 'one',
    single: true,
    set: (app, id, [name = '']) => members(app).update({ id }, { one: name }),
  },
  {
    what: 'a many-to-many relation',
    source: { relation: 'roles' },
    perishable: [Role],
    set: async (app, id, names) => members(app).save({ id, roles: await roleRows(app, names) }),
  },
  {
    what: 'a one-to-many relation to rows with a name of their own',
    source: { relation: 'memberships', name: 'title' },
    perishable: [Membership],
    set: throughMemberships,
  },
  {
    what: 'a path of relations',
    source: { relation: 'memberships.role' },
    perishable: [Membership, Role],
    set: throughMemberships,
  },
  {
    what: 'a many-to-one relation',
    source: { relation: 'main' },
    single: true,
    perishable: [Role],
    set: async (app, id, names) =>
      members(app).save({ id, main: (await roleRows(app, names))[0] ?? null }),
  },
  {
    what: 'a table without an entity',
    source: { joinTable: 'role grants', userColumn: 'held by', roleColumn: 'role' },
    set: async (app, holder, names) => {
      await app.dataSource.getRepository(Grants).delete({ holder });
      await app.dataSource.getRepository(Grants).insert(names.map((grant) => ({ holder, grant })));
    },
  },
];

/** The routes of one instance of the module. */
function controllerOf(name: string): Type {
  @Controller(name)
  @UseGuards(JwtRolesGuard.for(name))
  class MemberController {
    @Get('any')
    any() {
      return { ok: true };
    }

    @Get('admin')
    @Roles('admin')
    admin() {
      return { ok: true };
    }

    @Get('write')
    @Permissions('articles:write')
    write() {
      return { ok: true };
    }
  }
  return MemberController;
}

const nameOf = (place: number) => `place-${place}`;
const authOf = (app: AuthApp, name: string) =>
  app.app.get<AuthService>(authToken(AuthService, name));

/** An application in which members have roles in all places, and an instance for each. */
async function start(kind: DatabaseKind): Promise<AuthApp> {
  const { jwt } = authOptions();
  return startAuthApp({
    kind,
    entities: [Member, Role, Membership, Object(Grants)],
    controllers: PLACES.map((_, place) => controllerOf(nameOf(place))),
    imports: PLACES.map(({ source }, place) =>
      AuthModule.forRoot({
        realm: nameOf(place),
        jwt: { ...jwt, secret: SECRET },
        user: { entity: Member, roles: source, permissions: 'permissions' },
        roles: { permissions: { editor: ['articles:write'] } },
      }),
    ),
  });
}
const SECRET = 'Jq3v9xT6Wm1Zr8Lk5Np2Bs7Hd4Gf0YcQ';

describeOnDatabases((kind) => {
  let app: AuthApp;
  beforeAll(async () => {
    app = await start(kind);
  });
  afterAll(() => app.close());

  describe.each(PLACES.map((place, index) => ({ ...place, name: nameOf(index) })))(
    '$what',
    (place) => {
      const { name, set, single, perishable = [] } = place;
      let id: number;
      let token: string;
      const status = async (path: string, of = token) =>
        (await app.get(`${name}/${path}`, of)).status;
      const rolesNow = async () =>
        [...(await authOf(app, name).authenticate(token)).roles].toSorted();
      beforeEach(async () => {
        ({ id } = await members(app).save({ json: [], array: [] }));
        const auth = authOf(app, name);
        token = (await auth.signIn(await members(app).findOneByOrFail({ id }))).accessToken;
      });

      it('added acts at once, removed is 403 at once, and nobody is logged out', async () => {
        expect(await status('admin')).toBe(403);
        await set(app, id, ['admin']);
        expect([await status('admin'), await status('write'), await status('any')]).toEqual([
          200, 403, 200,
        ]);
        await set(app, id, ['editor']);
        expect([await status('admin'), await status('write'), await status('any')]).toEqual([
          403, 200, 200,
        ]);
        await set(app, id, []);
        expect([await status('admin'), await status('write'), await status('any')]).toEqual([
          403, 403, 200,
        ]);
      });

      it.runIf(!single)('several, each separately', async () => {
        await set(app, id, ['editor', 'admin']);
        expect(await rolesNow()).toEqual(['admin', 'editor']);
        expect([await status('admin'), await status('write')]).toEqual([200, 200]);
      });

      it.each(['Admin', 'ADMIN', ' admin', 'admin ', 'administrator', 'adm', 'аdmin'])(
        'exactly as written: %j is not admin',
        async (name) => {
          await set(app, id, [name]);
          expect(await status('admin')).toBe(403);
          expect(await status('any')).toBe(200);
        },
      );

      it.runIf(perishable.length > 0)('deleted softly it does not count', async () => {
        for (const gone of perishable) {
          await set(app, id, ['admin']);
          expect(await status('admin')).toBe(200);
          const rows = app.dataSource.getRepository<{ id: number }>(gone).createQueryBuilder();
          await rows.softDelete().execute();
          expect(await status('admin')).toBe(403);
          await rows.restore().execute();
          expect(await status('admin')).toBe(200);
        }
      });

      it('roles of another user do not count', async () => {
        const other = await members(app).save({ json: [], array: [] });
        await set(app, other.id, ['admin']);
        expect(await status('admin')).toBe(403);
      });

      it('those in the token are never used', async () => {
        const forged = forge(
          token,
          { jwt: { ...authOptions().jwt, secret: SECRET } },
          {
            claims: { roles: ['admin', 'editor'] },
          },
        );
        expect([
          await status('any', forged),
          await status('admin', forged),
          await status('write', forged),
        ]).toEqual([200, 403, 403]);
      });
    },
  );

  const signIn = async () => {
    const { id } = await members(app).save({ json: ['admin'], array: [] });
    const auth = authOf(app, nameOf(0));
    return {
      id,
      token: (await auth.signIn(await members(app).findOneByOrFail({ id }))).accessToken,
    };
  };

  describe('a JSON column that holds something else', () => {
    it.each(['{broken', '["admin"', 'admin', ' '])(
      'broken JSON (%j) is 503 for that account and for no other',
      async (text) => {
        const [broken, sound] = [await signIn(), await signIn()];
        await app.dataSource
          .createQueryBuilder()
          .update(Member)
          .set({ json: () => `'${text}'` })
          .where({ id: broken.id })
          .execute();
        const [first, second] = await Promise.all([
          app.get('place-0/admin', broken.token),
          app.get('place-0/admin', sound.token),
        ]);
        expect([first.status, second.status]).toEqual([503, 200]);
        expect(first.body).toMatchObject({ code: 'auth_unavailable' });
      },
    );

    it.each([
      ['an object', { admin: true }],
      ['a nested list', [['admin']]],
      ['objects', [{ name: 'admin' }]],
      ['null', [null]],
      ['a number', 7],
      ['several in one text', 'admin,editor'],
    ])('%s gives no such role', async (_, json) => {
      const { id, token } = await signIn();
      await members(app).save({ id, json });
      expect(await app.get('place-0/admin', token)).toMatchObject({ status: 403 });
      expect(await app.get('place-0/any', token)).toMatchObject({ status: 200 });
    });

    it('permissions of the account itself act and end at once, like those of its roles', async () => {
      const { id, token } = await signIn();
      await members(app).save({ id, json: [] });
      const write = async () => (await app.get('place-0/write', token)).status;
      expect(await write()).toBe(403);
      await members(app).save({ id, permissions: ['articles:write'] });
      expect(await write()).toBe(200);
      await members(app).save({ id, permissions: ['articles:read', 'articles'] });
      expect(await write()).toBe(403);
      await members(app).save({ id, json: ['editor'] });
      expect(await write()).toBe(200);
    });
  });
});

describeOnDatabases(
  (kind) => {
    it('an array column of PostgreSQL', async () => {
      const Team = new EntitySchema<{ id: number; roles: string[]; kinds: string[] }>({
        name: 'Team',
        columns: {
          id: { type: 'integer', primary: true, generated: 'increment' },
          roles: { type: 'text', array: true },
          kinds: { type: 'enum', enum: ['admin', 'clerk'], array: true, default: '{}' },
        },
      });
      for (const [name, roles] of [
        ['text', 'roles'],
        ['enum', 'kinds'],
      ] as const) {
        const app = await startAuthApp({
          kind,
          entities: [Object(Team)],
          imports: [
            AuthModule.forRoot({
              ...authOptions(),
              realm: name,
              user: { entity: Team, roles, createdAt: false },
            }),
          ],
        });
        const teams = app.dataSource.getRepository(Team);
        const auth = app.app.get<AuthService>(authToken(AuthService, name));
        const { id } = await teams.save({ roles: [] });
        const { accessToken } = await auth.signIn(await teams.findOneByOrFail({ id }));
        const now = async () => (await auth.authenticate(accessToken)).roles;
        expect(await now()).toEqual([]);
        await teams.update({ id }, { [roles]: ['admin', 'clerk'] });
        expect(await now()).toEqual(['admin', 'clerk']);
        await teams.update({ id }, { [roles]: [] });
        expect(await now()).toEqual([]);
        await app.close();
      }
    });
  },
  ['postgres'],
);
