/**
 * Classes that share a table: the module is configured so that bosses sign in. A user who is not a boss, or no
 * longer, has no account here, as TypeORM's own repository of bosses would say.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  ChildEntity,
  Column,
  CreateDateColumn,
  Entity,
  PrimaryGeneratedColumn,
  TableInheritance,
} from 'typeorm';
import { type AuthApp, startAuthApp } from '../support/auth-app.js';
import { describeOnDatabases } from '../support/databases.js';

@Entity('member')
@TableInheritance({ column: { type: 'varchar', name: 'kind' } })
class Member {
  @PrimaryGeneratedColumn({ type: 'integer' })
  id!: number;

  @Column({ type: 'varchar', length: 20, default: 'active' })
  status!: string;

  @Column({ type: 'integer', default: 0 })
  tokenVersion!: number;

  @CreateDateColumn()
  createdAt!: Date;
}

@ChildEntity('boss')
class Boss extends Member {}

@ChildEntity('owner')
class Owner extends Boss {}

@ChildEntity('guest')
class Guest extends Member {}

describeOnDatabases((kind) => {
  let app: AuthApp;
  beforeAll(async () => {
    const user = {
      entity: Boss,
      suspendedUntil: undefined,
      suspendedStatuses: undefined,
      validUntil: undefined,
      roles: undefined,
    };
    app = await startAuthApp({ kind, user, entities: [Member, Boss, Owner, Guest] });
  });
  afterAll(() => app.close());

  async function member(type: typeof Boss | typeof Owner | typeof Guest): Promise<Member> {
    const members = app.dataSource.getRepository<Member>(type);
    const { id } = await members.save(members.create());
    return members.findOneByOrFail({ id });
  }

  it('refuses a boss who was made a guest, with the token of a boss', async () => {
    const boss = await member(Boss);
    const { accessToken } = await app.auth.signIn(boss);
    expect((await app.whoami(accessToken)).status).toBe(200);

    await app.dataSource.query(`UPDATE member SET kind = 'guest' WHERE id = ${boss.id}`);
    expect(await app.whoami(accessToken)).toMatchObject({
      status: 401,
      body: { code: 'account_deleted' },
    });
  });

  it('accepts users of a class that extends the mapped one', async () => {
    const { accessToken } = await app.auth.signIn(await member(Owner));
    expect((await app.whoami(accessToken)).status).toBe(200);
  });

  it('signs in no guest, and revokes none', async () => {
    const guest = await member(Guest);
    await expect(app.auth.signIn(guest)).rejects.toMatchObject({ code: 'account_deleted' });
    await expect(app.revocation.revokeUser(guest.id)).rejects.toMatchObject({
      code: 'unknown_user',
    });
  });
});
