/**
 * An entity that was loaded before a revocation and saved after it. TypeORM writes every column in
 * which it differs from the row, so that the old version comes back, and the tokens with it.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Column, CreateDateColumn, Entity, PrimaryGeneratedColumn, type Repository } from 'typeorm';
import { type AuthApp, startAuthApp } from '../support/auth-app.js';
import { describeOnDatabases } from '../support/databases.js';
import { Person } from '../support/person.entity.js';

@Entity('reader')
class Reader {
  @PrimaryGeneratedColumn({ type: 'integer' })
  id!: number;

  @Column({ type: 'varchar', length: 200, default: 'old@example.com' })
  email!: string;

  /** Loaded only when asked for, also when TypeORM compares an entity with its row. */
  @Column({ type: 'integer', default: 0, select: false })
  tokenVersion!: number;

  @CreateDateColumn()
  createdAt!: Date;
}

describeOnDatabases((kind) => {
  let app: AuthApp;
  let people: Repository<Person>;
  beforeAll(async () => {
    app = await startAuthApp({ kind, user: { latestSignIn: 'latestSignIn' } });
    people = app.dataSource.getRepository(Person);
  });
  afterAll(() => app.close());

  it('alice is logged out everywhere while her profile is being edited', async () => {
    const alice = await app.addPerson();
    const { accessToken } = await app.auth.signIn(alice);
    const editing = await people.findOneByOrFail({ id: alice.id });

    await app.revocation.revokeUser(alice.id);
    editing.email = 'new@example.com';
    await people.save(editing);

    expect(await people.findOneBy({ id: alice.id })).toMatchObject({
      email: 'new@example.com',
      tokenVersion: 1,
    });
    expect((await app.whoami(accessToken)).status).toBe(401);
  });

  it('alice signs in elsewhere while the old device saves her profile', async () => {
    const alice = await app.addPerson();
    const phone = await app.auth.signIn(alice);
    const editing = await people.findOneByOrFail({ id: alice.id });
    const laptop = await app.auth.signIn(alice);

    editing.email = 'new@example.com';
    await people.save(editing);

    expect((await app.whoami(phone.accessToken)).status).toBe(401);
    expect((await app.whoami(laptop.accessToken)).status).toBe(200);
  });

  it("an account's subject is replaced while its profile is being edited", async () => {
    const replaceable = await startAuthApp({
      database: app.database,
      user: { subject: 'subject' },
      synchronize: false,
    });
    try {
      const alice = await app.addPerson();
      const { accessToken } = await replaceable.auth.signIn(alice);
      const repository = replaceable.dataSource.getRepository(Person);
      const editing = await repository.findOneByOrFail({ id: alice.id });
      const subject = await replaceable.revocation.replaceSubject(alice.id);
      editing.email = 'new@example.com';
      await repository.save(editing);
      expect(await repository.findOneBy({ id: alice.id })).toMatchObject({ subject });
      expect((await replaceable.whoami(accessToken)).status).toBe(401);
    } finally {
      await replaceable.close();
    }
  });

  it('a save in a transaction does not undo what the transaction revoked', async () => {
    const alice = await app.addPerson();
    const { accessToken } = await app.auth.signIn(alice);
    await app.dataSource.transaction(async (manager) => {
      await app.revocation.revokeUser(alice.id, { manager });
      await manager.save(Person, { ...alice, email: 'new@example.com' });
    });
    expect((await app.whoami(accessToken)).status).toBe(401);
  });

  it('a save that raises the version ends the tokens', async () => {
    const alice = await app.addPerson();
    const { accessToken } = await app.auth.signIn(alice);
    await people.save({ ...alice, tokenVersion: alice.tokenVersion + 1 });
    expect((await app.whoami(accessToken)).status).toBe(401);
  });

  it('nor does one if the version is not selected by default', async () => {
    const user = {
      entity: Reader,
      status: undefined,
      suspendedUntil: undefined,
      suspendedStatuses: undefined,
      validUntil: undefined,
      roles: undefined,
    };
    const readers = await startAuthApp({ kind, entities: [Reader], user });
    const repository = readers.dataSource.getRepository(Reader);
    const { id } = await repository.save(repository.create());
    const whole = () =>
      repository
        .createQueryBuilder('reader')
        .addSelect('reader.tokenVersion')
        .where({ id })
        .getOneOrFail();

    const editing = await whole();
    const { accessToken } = await readers.auth.signIn(editing);
    await readers.revocation.revokeUser(id);
    await repository.save({ ...editing, email: 'new@example.com' });
    expect((await readers.whoami(accessToken)).status).toBe(401);
    expect(await whole()).toMatchObject({ email: 'new@example.com', tokenVersion: 1 });

    const raised = await whole();
    await repository.save({ ...raised, tokenVersion: raised.tokenVersion + 1 });
    expect(await whole()).toMatchObject({ tokenVersion: 2 });
    await readers.close();
  });
});
