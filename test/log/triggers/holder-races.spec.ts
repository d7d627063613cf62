/** A user gets another subject while a transaction takes a role away from that user. */
import {
  Column,
  type DataSource,
  Entity,
  ManyToOne,
  OneToMany,
  PrimaryColumn,
  type Relation,
} from 'typeorm';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { AUTH_ENTITIES } from '../../../lib/database/tables.js';
import { createAuthMigration } from '../../../lib/migration/migration.js';
import {
  createTestDatabase,
  describeOnDatabases,
  type TestDatabase,
} from '../../support/databases.js';
import { hasLockWait } from '../../support/lock-waits.js';
import { told } from './support/world.js';

@Entity('member')
class Member {
  @PrimaryColumn({ type: 'integer' })
  id!: number;

  @Column({ type: 'varchar', length: 64, unique: true })
  subject!: string;

  @Column({ name: 'seen_at', type: 'integer', default: 0 })
  seenAt!: number;

  @OneToMany(() => Seat, (seat) => seat.member)
  seats!: Relation<Seat>[];
}

@Entity('club')
class Club {
  @PrimaryColumn({ type: 'integer' })
  id!: number;
}

@Entity('seat')
class Seat {
  @PrimaryColumn({ type: 'integer' })
  id!: number;

  @Column({ type: 'varchar', length: 20 })
  role!: string;

  @ManyToOne(() => Member, (member) => member.seats, { onDelete: 'CASCADE' })
  member!: Relation<Member>;

  @ManyToOne(() => Club, { onDelete: 'CASCADE' })
  club!: Relation<Club>;
}

class Watch1764000000000 extends createAuthMigration({
  tables: false,
  watch: {
    options: {
      user: {
        entity: Member,
        subject: 'subject',
        createdAt: false,
        roles: { relation: 'seats', name: 'role' },
      },
      jwt: {},
    },
  },
}) {}

const TAKEN = [
  ['by DELETE', 'DELETE FROM seat WHERE id = 1'],
  ['by UPDATE', "UPDATE seat SET role = 'guest' WHERE id = 1"],
  ['with what it belongs to', 'DELETE FROM club WHERE id = 1'],
] as const;

describeOnDatabases(
  (kind) => {
    let database: TestDatabase;
    let dataSource: DataSource;

    beforeAll(async () => {
      database = await createTestDatabase(kind);
      dataSource = await database.connect({
        entities: [Member, Club, Seat, ...AUTH_ENTITIES],
        migrations: [Watch1764000000000],
        synchronize: true,
      });
      await dataSource.runMigrations();
    });
    beforeEach(async () => {
      await dataSource.query('DELETE FROM club');
      await dataSource.query('DELETE FROM member');
      await dataSource.query("INSERT INTO member (id, subject) VALUES (1, 'old')");
      await dataSource.query('INSERT INTO club (id) VALUES (1)');
      await dataSource.manager.insert(Seat, {
        id: 1,
        role: 'admin',
        member: { id: 1 },
        club: { id: 1 },
      });
      await told(dataSource);
    });
    afterAll(() => database?.drop());

    const begin = async () => {
      const runner = dataSource.createQueryRunner();
      await runner.startTransaction('READ COMMITTED');
      return runner;
    };
    const subject = async (): Promise<unknown> => {
      const rows: { subject: string }[] = await dataSource.query('SELECT subject FROM member');
      return rows[0]?.subject;
    };

    /** Until the statement is carried out, or waits for the lock of another transaction. */
    const endedOrWaiting = async (statement: Promise<unknown>): Promise<void> => {
      let isEnded = false;
      void statement.then(() => (isEnded = true));
      const server = kind === 'postgres' ? kind : 'mariadb';
      await expect.poll(async () => isEnded || hasLockWait(dataSource, server)).toBe(true);
    };

    const logged = (): Promise<{ id: string; ref: string }[]> =>
      dataSource.query('SELECT id, ref FROM auth_revocation');

    it.each(TAKEN)(
      'removed %s: the log names the subject that signed in before',
      async (_, sql) => {
        const taking = await begin();
        await taking.query(sql);
        const replacing = dataSource.query("UPDATE member SET subject = 'new' WHERE id = 1");
        await endedOrWaiting(replacing);
        // A sign-in now gives a token of this subject, with the role.
        const signedIn = await subject();
        const before = await logged();
        await taking.commitTransaction();
        await taking.release();
        await replacing;
        const after = (await logged()).filter(({ id }) => !before.some((row) => row.id === id));
        expect(after.map(({ ref }) => ref)).toContain(signedIn);
      },
    );

    it('other changes of the user wait on PostgreSQL for nobody', async () => {
      if (kind !== 'postgres') return;
      const taking = await begin();
      await taking.query('DELETE FROM seat WHERE id = 1');
      await dataSource.query('UPDATE member SET seen_at = 1 WHERE id = 1');
      await taking.commitTransaction();
      await taking.release();
      expect(await told(dataSource)).toEqual(['subject old']);
    });

    it('a subject that is just being replaced is waited for, or everybody is read again', async () => {
      const replacing = await begin();
      await replacing.query("UPDATE member SET subject = 'new' WHERE id = 1");
      const taking = dataSource.query('DELETE FROM seat WHERE id = 1');
      await endedOrWaiting(taking);
      await replacing.commitTransaction();
      await replacing.release();
      await taking;
      const refs = (await logged()).map(({ ref }) => ref);
      expect(refs).toHaveLength(3);
      expect(refs).toEqual(expect.arrayContaining(['old', 'new']));
      // The third is of the role.
      expect(refs.filter((ref) => ref !== 'old')).toContain(kind === 'postgres' ? '*' : 'new');
    });
  },
  ['postgres', 'mariadb'],
);
