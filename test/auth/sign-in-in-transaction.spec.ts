/** Signing in with a manager, in every isolation: nobody gets a token for what others have taken away. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EntityManager } from 'typeorm';
import { Column, Entity, JoinTable, ManyToMany, PrimaryGeneratedColumn } from 'typeorm';
import type { IssuedToken } from 'nestjs-revocable-jwt';
import { type AuthApp, startAuthApp } from '../support/auth-app.js';
import { codeOf } from '../sessions/support/session-app.js';
import { claimsOf } from '../support/tokens.js';
import { describeOnDatabases } from '../support/databases.js';

@Entity('team_role')
class TeamRole {
  @PrimaryGeneratedColumn({ type: 'integer' })
  id!: number;

  @Column({ type: 'varchar', length: 50 })
  name!: string;
}

@Entity('mate')
class Mate {
  @PrimaryGeneratedColumn({ type: 'integer' })
  id!: number;

  @Column({ type: 'varchar', length: 20, default: 'active' })
  status!: string;

  @Column({ name: 'token_version', type: 'integer', default: 0 })
  tokenVersion!: number;

  @ManyToMany(() => TeamRole)
  @JoinTable({ name: 'mate_roles' })
  teamRoles!: TeamRole[];
}

async function withRoles(manager: EntityManager, ...names: readonly string[]): Promise<Mate> {
  const roles = await manager.save(names.map((name) => manager.create(TeamRole, { name })));
  return manager.save(manager.create(Mate, { teamRoles: roles }));
}

const rolesOf = ({ accessToken }: IssuedToken) => claimsOf(accessToken)['roles'];

describeOnDatabases(
  (kind) => {
    let app: AuthApp;
    beforeAll(async () => {
      app = await startAuthApp({
        kind,
        entities: [Mate, TeamRole],
        user: {
          entity: Mate,
          status: 'status',
          tokenVersion: 'tokenVersion',
          createdAt: false,
          suspendedUntil: undefined,
          suspendedStatuses: undefined,
          validUntil: undefined,
          roles: { relation: 'teamRoles', name: 'name' },
        },
        auth: { sessions: {} },
      });
    });
    afterAll(() => app.close());

    const sql = (statement: string) => app.dataSource.query(statement);

    describe.each(['READ COMMITTED', 'REPEATABLE READ', 'SERIALIZABLE'] as const)(
      '%s',
      (isolation) => {
        /** As an application does: it has looked at the account, at the deployment and at the roles before. */
        const signIn = (mate: Mate, meanwhile: (manager: EntityManager) => Promise<unknown>) =>
          app.dataSource.transaction(isolation, async (manager) => {
            const seen = await manager.findOneOrFail(Mate, {
              where: { id: mate.id },
              relations: { teamRoles: true },
            });
            await meanwhile(manager);
            return app.auth.signIn(seen, { manager });
          });
        it('nothing happened meanwhile: signed in, with the roles', async () => {
          const mate = await withRoles(app.dataSource.manager, 'admin');
          const token = await signIn(mate, () => Promise.resolve());
          expect(rolesOf(token)).toEqual(['admin']);
          expect((await app.whoami(token.accessToken)).status).toBe(200);
        });

        it('registered in it: with the roles from that transaction', async () => {
          const token = await app.dataSource.transaction(isolation, async (manager) =>
            app.auth.signIn(await withRoles(manager, 'admin'), { manager }),
          );
          expect(rolesOf(token)).toEqual(['admin']);
          expect((await app.whoami(token.accessToken)).body).toMatchObject({ roles: ['admin'] });
        });

        // A locking read of the transaction's own would wait for them there.
        const others = kind === 'mariadb' && isolation === 'SERIALIZABLE' ? it.skip : it;
        others.each<[string, (id: number) => Promise<unknown>]>([
          [
            'the account is disabled',
            (id) => sql(`UPDATE mate SET status = 'disabled' WHERE id = ${id}`),
          ],
          ['its version is raised', (id) => app.revocation.revokeUser(id)],
          [
            'it is deleted',
            async (id) => {
              await sql(`DELETE FROM mate_roles`);
              await sql(`DELETE FROM mate WHERE id = ${id}`);
            },
          ],
        ])('%s meanwhile: not signed in', async (_, change) => {
          const mate = await withRoles(app.dataSource.manager, 'admin');
          const code = await codeOf(signIn(mate, () => change(mate.id)));
          expect(code).toMatch(
            // PostgreSQL refuses to lock a row that its snapshot shows older.
            kind === 'postgres' && isolation !== 'READ COMMITTED'
              ? /^auth_unavailable$/
              : /^(account_disabled|credentials_changed|account_deleted)$/,
          );
        });

        others('a role is taken away meanwhile: not in the token', async () => {
          const mate = await withRoles(app.dataSource.manager, 'admin', 'user');
          const [admin] = mate.teamRoles;
          const token = await signIn(mate, () =>
            sql(
              `DELETE FROM mate_roles WHERE ${kind === 'postgres' ? '"teamRoleId"' : 'teamRoleId'} = ${admin?.id}`,
            ),
          );
          expect(rolesOf(token)).toEqual(['user']);
        });

        it('a role that the transaction grants acts after the commit', async () => {
          const mate = await withRoles(app.dataSource.manager, 'user');
          const token = await signIn(mate, async (manager) => {
            const admin = await manager.save(manager.create(TeamRole, { name: 'admin' }));
            await manager
              .createQueryBuilder()
              .relation(Mate, 'teamRoles')
              .of(mate.id)
              .add(admin.id);
          });
          const { roles } = (await app.whoami(token.accessToken)).body;
          expect([...roles].sort()).toEqual(['admin', 'user']);
        });
      },
    );
  },
  ['postgres', 'mariadb'],
);
